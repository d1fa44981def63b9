"""A gallery with cases, and a clock that tests move."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pypdfium2
import pytest

from bareface.audit.memory import MemoryAuditLog
from bareface.errors import UsageError
from bareface.services.cases import Cases
from bareface.services.gallery import Gallery
from bareface.values.cases import KeptSearch, Review
from bareface.values.context import Context
from tests.gallery.pictures import people
from tests.web.support import FaceTiles, png

ADA, BO, CY = (Context(name) for name in ("ada", "bo", "cy"))


class Desk:
    """A gallery with its cases, and a clock that tests move."""

    def __init__(self, folder: Path) -> None:
        self.colours = people(folder / "photos", 4)
        self.gallery = Gallery.open(folder / "g.bareface", FaceTiles({}))
        self.gallery.enrol(folder / "photos")
        self.now = datetime.now(UTC)
        self.log = MemoryAuditLog()
        self.cases = Cases(self.gallery, self.log, lambda: self.now)
        self.file = folder / "g.bareface-cases"

    def kept(self, who: Context = ADA) -> KeptSearch:
        """Open a case and keep a search in it."""
        photo = png(self.colours[0], tick=50)
        case = self.cases.open("Visitors", "identify visitors", "consent", context=who)
        return self.cases.keep(case.id, self.gallery.search(photo), photo, "probe.png", context=who)

    def asked(self, *, two_person: bool = True, length: int = 3) -> Review:
        return self.cases.ask(self.kept().faces[0].id, length=length, two_person=two_person, context=ADA)

    def answer_all(self, review: Review, who: Context, verdict: str = "same") -> None:
        while (pair := self.cases.next(review.id, context=who)) is not None:
            self.cases.answer(review.id, pair[0], verdict, "high", "ears", context=who)  # type: ignore[arg-type]


def pdf_text(content: bytes) -> str:
    """Return the text that a reader can select on the pages of a PDF, without line breaks."""
    with pypdfium2.PdfDocument(content) as document:
        return " ".join(" ".join(page.get_textpage().get_text_range().split()) for page in document)


def code(call: object, *args: object, **kwargs: object) -> str:
    with pytest.raises(UsageError) as caught:
        call(*args, **kwargs)  # type: ignore[operator]
    return caught.value.code
