"""The engine as galleries need it: something that finds faces and makes templates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from bareface.values.analysis import Analysis
from bareface.values.face import EVERYTHING, Face, Source, Want


class FaceEngine(Protocol):
    """Finds faces and makes templates; :class:`bareface.Engine` is one."""

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
        """Whether templates to enrol have ``upper_face``, for faces without a mask."""

    @property
    def sees_masks(self) -> bool:
        """Whether it measures how much of a face is visible."""

    def complete(self, faces: Sequence[Face], want: Iterable[Want]) -> list[Face]:
        """Return faces with what is asked for; what they have is not computed again."""

    def stream(
        self, sources: Iterable[Source], batch: int = 32, want: Iterable[Want] = EVERYTHING
    ) -> Iterator[Analysis]:
        """Yield one analysis a source, in order, with faces that have what is asked for; errors are values."""
