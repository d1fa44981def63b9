"""Modules under the names that they had in version 0.1."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import pytest

from bareface.moved import MOVED


@pytest.mark.parametrize("former", sorted(MOVED))
def test_former_names_lead_to_modules_that_exist(former: str) -> None:
    for place in MOVED[former].split():
        if "migrations" not in place and place != "faces.trial_run":
            import_module(f"bareface.{place}")


@pytest.mark.parametrize(
    "code",
    [
        "from bareface.images import decode",
        "from bareface import images; images.decode",
        "import bareface.gallery.searching as s; s.probes_of",
        "from bareface.types import Face, Candidate, EnrolOutcome",
        "from bareface.detection.yunet import YunetDetector",
        "from bareface.engine import Engine; import bareface; assert Engine is bareface.Engine",
        "from bareface.service import Gallery; import bareface; assert Gallery is bareface.Gallery",
        "from bareface.matching.comparison import compare, distance",
    ],
)
def test_what_was_imported_from_a_former_place_is_found_with_a_warning(code: str) -> None:
    done = subprocess.run([sys.executable, "-W", "always", "-c", code], capture_output=True, text=True, check=True)
    assert "DeprecationWarning: bareface." in done.stderr


def test_an_unknown_module_stays_unknown() -> None:
    with pytest.raises(ModuleNotFoundError):
        import_module("bareface.nosuch")
