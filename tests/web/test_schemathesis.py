"""Schemathesis against the OpenAPI document: whatever is sent, each answer is documented, and none is a 5xx."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bareface.services.engine import Engine
from bareface.services.faces import Faces
from tests.web.browsing import serving
from tests.web.support import Served

pytest.importorskip("schemathesis")

ROOT = Path(__file__).parents[2]
EXCLUDED = "positive_data_acceptance,negative_data_rejection"
"""`answerable.valid_shape_is_accepted` takes the place of the first. The second minds headers that nobody reads, and
that a form says yes in several ways."""


@pytest.fixture
def run(served: Served, tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Serve a gallery of tiles, with searches, a case and reviews; the real engine compares."""
    searches = [served.search(*served.colours[:count])["id"] for count in (1, 2, 2)]
    served.call("POST", "/cases", 201, json={"name": "2026-7", "purpose": "identify visitors"})
    served.call("POST", "/cases/1/searches", 201, json={"search": searches[0]})
    for two_person in (False, True):
        served.call("POST", "/reviews", 201, json={"face": 1, "two_person": two_person})
    served.call("POST", "/reviews/2/next")
    engine = Engine(threads=1)
    service = replace(served.service, faces=Faces(lambda: engine), hosts=frozenset())
    environment = {
        **os.environ,
        "SCHEMATHESIS_HOOKS": "tests.web.answerable",
        "BAREFACE_TEST_SEARCHES": " ".join(searches),
        "PYTHONPATH": str(ROOT),
    }
    with serving(service) as address:
        command = [sys.executable, "-m", "schemathesis.cli", "run", f"{address}api/v1/openapi.json"]
        command += [
            "--header",
            f"Authorization: Bearer {served.token}",
            "--exclude-checks",
            EXCLUDED,
            "--suppress-health-check",
            "too_slow",
        ]

        def schemathesis(*options: str) -> str:
            done = subprocess.run([*command, *options], cwd=tmp_path, env=environment, capture_output=True, text=True)
            assert done.returncode == 0, done.stdout + done.stderr
            return done.stdout

        yield schemathesis


def cases(said: str) -> int:
    """Return how many requests were generated, from the summary."""
    (count,) = re.findall(r"(\d+) generated", said.replace(",", ""))
    return int(count)


def test_200_cases(run: Callable[..., str]) -> None:
    assert cases(run("--phases", "examples,fuzzing", "--max-examples", "5")) >= 200


@pytest.mark.slow
def test_5_minutes(run: Callable[..., str]) -> None:
    assert cases(run("--max-time", "300")) >= 1000
