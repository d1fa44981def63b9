"""Self-hosted face search that stays useful on bad photos and never lets a guess pass for evidence.

>>> import bareface
>>> engine = bareface.Engine()
>>> gallery = bareface.Gallery.open("people.bareface", engine)  # doctest: +SKIP
>>> gallery.enrol(["photos/"], basis="consent")  # doctest: +SKIP
>>> result = gallery.search("probe.jpg", top=20)  # doctest: +SKIP
"""

from __future__ import annotations

from bareface.errors import BarefaceError
from bareface.moved import install as install_former_names
from bareface.system.dependencies import forbid_telemetry

TYPE_CHECKING = False  # as in typing, whose import takes longer than all the rest
if TYPE_CHECKING:
    from bareface.services.comparing import compare
    from bareface.services.engine import Engine
    from bareface.services.gallery import Gallery
    from bareface.values.enrolment import EnrolOutcome, EnrolReport
    from bareface.values.face import Box, Face, Landmarks, Template
    from bareface.values.search import Candidate, CandidateList, Comparison, SearchResult

forbid_telemetry()
install_former_names()

__version__ = "0.2.0"

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

_WHERE = {
    "Engine": "services.engine",
    "Gallery": "services.gallery",
    "compare": "services.comparing",
    "EnrolOutcome": "values.enrolment",
    "EnrolReport": "values.enrolment",
    "Box": "values.face",
    "Face": "values.face",
    "Landmarks": "values.face",
    "Template": "values.face",
    "Candidate": "values.search",
    "CandidateList": "values.search",
    "Comparison": "values.search",
    "SearchResult": "values.search",
}


def __getattr__(name: str) -> object:
    # The engine brings ONNX Runtime and OpenCV, the types bring numpy: imported when used, so that
    # `bareface --help` answers at once.
    if name in _WHERE:
        from importlib import import_module

        return getattr(import_module(f"bareface.{_WHERE[name]}"), name)
    raise AttributeError(f"module 'bareface' has no attribute {name!r}")
