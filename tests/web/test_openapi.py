"""The OpenAPI document: a snapshot, examples, and only documented answers.

``python -m tests.web.test_openapi`` writes the snapshot anew.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import pytest

from bareface.web.app import make_app
from bareface.web.state import Service
from tests.web.support import Served

SNAPSHOT = Path(__file__).parents[2] / "docs" / "openapi.json"


def document() -> dict[str, Any]:
    """Return the document; no service is needed for it."""
    return make_app(cast(Service, None)).openapi()


def text() -> str:
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


def test_the_snapshot_is_the_document_of_today() -> None:
    assert text() == SNAPSHOT.read_text(encoding="utf-8"), "run `python -m tests.web.test_openapi`"


def test_it_is_openapi_3_1_with_examples_and_one_shape_of_errors() -> None:
    whole = document()
    assert whole["openapi"].startswith("3.1")
    assert "examples" in json.dumps(whole)
    for path, entry in whole["paths"].items():
        for method, operation in entry.items():
            assert operation["description"], (method, path)
            for status, answer in operation["responses"].items():
                if int(status) >= 400:
                    assert list(answer["content"]) == ["application/problem+json"], (method, path, status)


def test_what_is_sent_as_text_is_never_null() -> None:
    whole = document()
    for path, entry in whole["paths"].items():
        for method, operation in entry.items():
            said = json.dumps([one["schema"] for one in operation.get("parameters", ())])
            assert '"null"' not in said, (method, path)
    forms = [name for name in whole["components"]["schemas"] if name.startswith("Body_")]
    assert forms
    assert '"null"' not in json.dumps([whole["components"]["schemas"][name] for name in forms])


def test_it_names_no_other_host() -> None:
    assert "http" not in text().replace("HTTP", "").replace('"http"', "")


@pytest.mark.parametrize("path", ["/api/v1/openapi.json"])
def test_it_is_served_to_whoever_has_the_token(served: Served, path: str) -> None:
    assert served.call("GET", "/openapi.json") == document()


if __name__ == "__main__":
    SNAPSHOT.write_text(text(), encoding="utf-8")
