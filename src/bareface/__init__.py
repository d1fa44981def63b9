"""Self-hosted face search that stays useful on bad photos and never lets a guess pass for evidence.

>>> import bareface
>>> engine = bareface.Engine()
>>> gallery = bareface.Gallery.open("people.bareface", engine)  # doctest: +SKIP
>>> gallery.enrol(["photos/"], basis="consent")  # doctest: +SKIP
>>> result = gallery.search("probe.jpg", top=20)  # doctest: +SKIP
"""

from __future__ import annotations

from bareface.dependencies import forbid_telemetry
from bareface.errors import BarefaceError

TYPE_CHECKING = False  # as in typing, whose import takes longer than all the rest
if TYPE_CHECKING:
    from bareface.engine import Engine
    from bareface.matching.comparison import compare
    from bareface.service import Gallery
    from bareface.types import (
        Box,
        Candidate,
        CandidateList,
        Comparison,
        EnrolOutcome,
        EnrolReport,
        Face,
        Landmarks,
        SearchResult,
        Template,
    )

forbid_telemetry()

__version__ = "0.1.0"

__all__ = [
    "BarefaceError",
    "Box",
    "Candidate",
    "CandidateList",
    "Comparison",
    "Engine",
    "EnrolOutcome",
    "EnrolReport",
    "Face",
    "Gallery",
    "Landmarks",
    "SearchResult",
    "Template",
    "compare",
]

_ELSEWHERE = {
    "Engine": "bareface.engine",
    "Gallery": "bareface.service",
    "compare": "bareface.matching.comparison",
}


def __getattr__(name: str) -> object:
    # The engine brings ONNX Runtime and OpenCV, the types bring numpy: imported when used, so that
    # `bareface --help` answers at once.
    if name in __all__:
        from importlib import import_module

        return getattr(import_module(_ELSEWHERE.get(name, "bareface.types")), name)
    raise AttributeError(f"module 'bareface' has no attribute {name!r}")
