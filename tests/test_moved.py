"""Modules under the names that they had in version 0.1."""

from __future__ import annotations

import json
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


CODES = (
    "from bareface.images import decode",
    "from bareface import images; images.decode",
    "import bareface.gallery.searching as s; s.probes_of",
    "from bareface.types import Face, Candidate, EnrolOutcome",
    "from bareface.detection.yunet import YunetDetector",
    "from bareface.engine import Engine; import bareface; assert Engine is bareface.Engine",
    "from bareface.service import Gallery; import bareface; assert Gallery is bareface.Gallery",
    "from bareface.matching.comparison import compare, distance",
    "from bareface.restoration.beside import Beside, Lead, beside, union_calibration",
    "from bareface.gallery.searching import Hit",
    "from bareface.embedding.onnx import OnnxEmbedder",
    "from bareface.occlusion.state import mask_state",
    "from bareface.types import *; Face, Candidate, EnrolOutcome",
    "from bareface.gallery.searching import *; Hit",
)
_EACH = """
import json, sys, warnings
from bareface.moved import MOVED
for code in json.load(sys.stdin):
    for name in MOVED:  # as in a new process
        sys.modules.pop(f"bareface.{name}", None)
    sys.modules["bareface"].__dict__.pop("images", None)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        exec(code, {})
    told = [str(one.message) for one in caught if one.category is DeprecationWarning]
    assert any(text.startswith("bareface.") for text in told), (code, told)
"""


def test_what_was_imported_from_a_former_place_is_found_with_a_warning() -> None:
    """In one process: starting ten takes longer than all other tests here."""
    done = subprocess.run([sys.executable, "-c", _EACH], input=json.dumps(CODES), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_an_unknown_module_stays_unknown() -> None:
    with pytest.raises(ModuleNotFoundError):
        import_module("bareface.nosuch")


def test_names_of_version_0_1_are_kept() -> None:
    import numpy as np

    from bareface import Engine, Gallery, Template
    from bareface.faces.embedding.base import Cover, CoveringEmbedder, MaskInfo, UpperFaceEmbedder
    from bareface.gallery.restored_candidates import RestoredSearch
    from bareface.values.search import CandidateList

    template = Template(np.ones(2, np.float32), "m", "s", upper_face=np.zeros(2, np.float32))
    with pytest.warns(DeprecationWarning, match="Template.covered is upper_face"):
        assert template.covered is template.upper_face
    assert (Cover, CoveringEmbedder) == (MaskInfo, UpperFaceEmbedder)
    assert Engine.cover_chips is Engine.embed_upper_faces
    assert Gallery.search_beside is Gallery.search_restored
    beside = RestoredSearch(CandidateList((), (), 0, 0), None)
    assert (beside.leads, beside.brought_up) == (beside.candidates, beside.added)
