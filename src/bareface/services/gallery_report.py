"""The page that shows the candidate lists of searches with the faces side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bareface.reports.search_answer import SearchAnswer as SearchAnswer
from bareface.services.opened import OpenGallery
from bareface.storage.sqlite import queries as catalogue
from bareface.system.files import absolute, write_atomically
from bareface.system.files import check_page as check_page
from bareface.values import arguments
from bareface.values.context import Context


@dataclass(frozen=True, slots=True)
class Reports:
    """Writes pages about an open gallery."""

    opened: OpenGallery

    def write_report(
        self,
        path: str | Path,
        answers: Sequence[SearchAnswer],
        *,
        title: str | None = None,
        context: Context | None = None,
    ) -> None:
        """Write one self-contained page of candidate lists, with the faces side by side.

        Parameters
        ----------
        path
            The page; a page that is there is replaced.
        answers
            The searches to show.
        title
            Name of the gallery in the page; by default its path.
        context
            The caller and the purpose.

        Raises
        ------
        UsageError
            ``usage.output``: another file is there, or the place cannot be written to.
        """
        from bareface.reports.candidates import candidate_report

        with self.opened.recorder.call("Gallery.write_report", context) as facts:
            check_page(Path(arguments.path("path", path)))
            arguments.items("answers", answers, SearchAnswer, "SearchAnswer")
            lists = [entry for answer in answers for entry in answer.lists]
            notes = [remark for answer in answers if answer.result for remark in answer.result.notes]
            notes += [str(answer.error) for answer in answers if answer.error]
            facts.add(
                subjects=(candidate.subject_id for entry in lists for candidate in entry.candidates),
                faces=len(lists),
            )
            page = candidate_report(
                lists,
                gallery=title or str(self.opened.store.path),
                crop=lambda candidate: self._crop(candidate.reference_id),
                notes=notes,
                base=Path(absolute(".")),
                restored=[one for answer in answers for one in answer.restored],
            )
            write_atomically(Path(path), page)

    def _crop(self, reference_id: int) -> bytes | None:
        with self.opened.store.read() as connection:
            return catalogue.crop(connection, reference_id)
