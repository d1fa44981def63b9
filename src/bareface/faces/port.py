"""What finds faces and makes templates, as galleries need it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Protocol

from bareface.values.face import Source

if TYPE_CHECKING:
    from bareface.faces.analyser import Analysis


class FaceEngine(Protocol):
    """What finds faces and makes templates; :class:`bareface.Engine` is one."""

    @property
    def model(self) -> str:
        """Identifier of the embedder."""

    @property
    def space(self) -> str:
        """The space of its templates."""

    @property
    def precision(self) -> str:
        """The arithmetic that it runs in."""

    @property
    def makes_upper_face(self) -> bool:
        """Whether references of bare faces come with an upper-face template."""

    @property
    def sees_masks(self) -> bool:
        """Whether it looks what of a face is visible."""

    def stream(self, sources: Iterable[Source], batch: int = 32, *, covered: bool = False) -> Iterator[Analysis]:
        """Yield one analysis a source, in order; errors are values. ``covered``: with ``Face.enrolment_template``."""
