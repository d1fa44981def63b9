"""The answer to one search, as interfaces show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from bareface.errors import BarefaceError
    from bareface.gallery.restored_candidates import RestoredSearch
    from bareface.values.search import CandidateList, SearchResult


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """The answer to one search.

    Attributes
    ----------
    probes
        The photos searched with.
    result
        The candidate lists; None if an error stopped the search.
    error
        The error; None if there is a result.
    restored
        Searches with restored faces, one for each candidate list; empty if none were asked for.
    """

    probes: tuple[Path, ...]
    result: SearchResult | None = None
    error: BarefaceError | None = None
    restored: tuple[RestoredSearch, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether the probe could not be used; False for a photo without a face."""
        return self.error is not None and self.error.code != "image.no-face"

    @property
    def lists(self) -> tuple[CandidateList, ...]:
        """The candidate lists; none if the search failed."""
        return self.result.lists if self.result else ()
