"""The report of a case as a PDF: A4 pages, text that can be selected, fonts and pictures inside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from bareface.reports.cases import Aided, CaseReport, Listed, Probed
from bareface.reports.fonts import FAMILY, composed, font_file, further_fonts
from bareface.system.extras import optional

if TYPE_CHECKING:
    from fpdf import FPDF

_MARGIN: Final = 18.0
_WIDTH: Final = 210.0 - 2 * _MARGIN
_FOOT: Final = 22.0
_INK, _SOFT, _LINE = (27, 29, 33), (82, 87, 95), (208, 204, 196)
_COLOURS = {"match": (10, 107, 69), "possible": (122, 72, 0), "no match": _SOFT}
_MARKS = {"match": "●", "possible": "◐", "no match": "○"}
_LEADING: Final = 1.36
_MM: Final = 25.4 / 72
"""Millimetres in a point."""


def case_pdf(report: CaseReport) -> bytes:
    """Lay a report out as PDF; the same report gives the same bytes.

    Raises
    ------
    UsageError
        ``usage.extra``: the packages that write PDF are not installed.
    """
    pages = _Pages(report)
    pages.begin()
    for face in report.faces:
        pages.face(face)
    if not report.faces:
        pages.text(report.say("case.no-search"), 11, space=4)
    pages.end()
    return pages.content()


class _Pages:
    """Writes a report from top to bottom."""

    def __init__(self, report: CaseReport) -> None:
        fpdf = optional("fpdf")
        optional("uharfbuzz")  # joins and orders letters: without it, Arabic and Indic names are wrong
        say, title, pages = report.say, report.title, self

        class Paper(fpdf.FPDF):  # type: ignore[misc, name-defined]
            """Numbers its pages."""

            def footer(self) -> None:
                self.set_y(-_FOOT + 6)
                self.set_font(FAMILY, "", 8)
                self.set_text_color(*_SOFT)
                self.cell(_WIDTH * 0.7, 5, pages.shown(f"bareface · {title} · {report.when}"[:90]))
                self.cell(_WIDTH * 0.3, 5, say("case.page", page=self.page_no(), pages="{nb}"), align="R")

        self.report = report
        self.pdf: FPDF = Paper(format="A4")
        pdf = self.pdf
        pdf.set_margin(_MARGIN)
        pdf.c_margin = 0
        pdf.set_auto_page_break(True, _FOOT)
        pdf.set_creation_date(report.made)
        pdf.set_title(title)
        pdf.set_lang(report.language)
        pdf.set_creator("bareface")
        pdf.set_producer("bareface")
        pdf.add_font(FAMILY, "", font_file(FAMILY))
        pdf.add_font(FAMILY, "B", font_file(f"{FAMILY}-Bold"))
        further = further_fonts("".join(_texts(report)))
        for name in further:
            pdf.add_font(name, "", font_file(name))
        pdf.set_fallback_fonts(further, exact_match=False)
        pdf.set_text_shaping(True, direction="ltr")
        self._known = {code for font in pdf.fonts.values() for code in font.cmap}

    def begin(self) -> None:
        """Write what the case is."""
        pdf, report = self.pdf, self.report
        pdf.add_page()
        self.text("bareface", 9, colour=_SOFT)
        self.text(report.title, 20, bold=True, space=3)
        self.text(report.leads, 10, space=2)
        pdf.ln(3)
        for label, value in report.facts:
            self.fact(label, value)

    def fact(self, label: str, value: str) -> None:
        """Write a label and its value side by side."""
        pdf = self.pdf
        self.need(10)
        top = pdf.get_y()
        self.text(label, 9, colour=_SOFT, width=42)
        pdf.set_y(top)
        self.text(value, 9.5, left=44)
        pdf.ln(0.8)

    def face(self, face: Probed) -> None:
        """Write a probe face and its candidates."""
        pdf, say = self.pdf, self.report.say
        self.need(62)
        self.rule()
        self.text(say("case.probe"), 13, bold=True)
        pdf.ln(1)
        top = pdf.get_y()
        if face.crop:
            self.picture(face.crop, 0, top, 34, say("case.probe-picture", name=face.photo))
        left = 38.0
        if face.map:
            self.picture(face.map, 37, top, 34, say("case.map"))
            left = 75.0
        self.text(face.verdict, 12, bold=True, left=left, colour=_COLOURS[face.outcome])
        self.text(face.shows, 9.5, left=left, space=1.5)
        self.text(face.photo, 9, left=left, space=1)
        self.text(face.searched, 8.5, left=left, colour=_SOFT, space=1)
        pdf.set_y(max(pdf.get_y(), top + 34) + 2)
        for remark in face.remarks:
            self.text(remark, 9, colour=_SOFT, space=1)
        for one in face.candidates:
            self.candidate(one)
        for aided in face.restored:
            self.aided(aided)

    def candidate(self, one: Listed) -> None:
        """Write a candidate with its picture, and the answers to it."""
        pdf, say, left = self.pdf, self.report.say, 30.0
        self.need(32)
        pdf.ln(3)
        page, top = pdf.page_no(), pdf.get_y()
        if one.picture:
            self.picture(one.picture, 0, top, 26, say("case.picture-of", name=one.name))
        else:
            pdf.set_draw_color(*_LINE)
            pdf.rect(_MARGIN, top, 26, 26)
            pdf.set_y(top + 10)
            self.text(say("case.no-picture"), 7, colour=_SOFT, left=1, width=24, align="C")
            pdf.set_y(top)
        self.text(f"{one.rank}. {one.name}", 10.5, bold=True, left=left)
        colour = _COLOURS[one.outcome]
        self.text(f"{_MARKS[one.outcome]} {one.decision} · {one.rate}", 9.5, left=left, colour=colour, space=0.6)
        self.text(f"{one.shows} · {one.similarity}", 8.5, left=left, colour=_SOFT, space=0.6)
        if one.excluded:
            self.text(one.excluded, 9.5, bold=True, left=left, space=1)
        for answer in one.answers:
            self.text(answer.text, 9.5, left=left, space=1.6)
            if answer.note:
                self.text(answer.note, 9.5, left=left + 4)
            for line in answer.features:
                self.text(line, 8.5, left=left + 4)
            self.text(answer.seen, 7.5, left=left + 4, colour=_SOFT)
        if pdf.page_no() == page:
            pdf.set_y(max(pdf.get_y(), top + 26))

    def aided(self, one: Aided) -> None:
        """Write a search with restored pictures; the heading stays with the picture."""
        say = self.report.say
        self.need(30 + (70 if one.picture else 0))
        self.pdf.ln(5)
        self.text(say("case.restored"), 11, bold=True, colour=_COLOURS["possible"])
        self.text(one.made, 9, space=0.6)
        if one.picture:
            self.pdf.ln(2)
            width, height = _fit(one.picture, _WIDTH, 120)
            self.need(height)
            top = self.pdf.get_y()
            self.picture(one.picture, 0, top, width, say("case.restored-picture"))
            self.pdf.set_y(top + height + 1)
        for note in one.notes:
            self.text(note, 8.5, colour=_SOFT, space=0.6)
        for lead in one.leads:
            self.text(f"– {lead}", 8.5, space=0.8)

    def end(self) -> None:
        """Write how to read the report, and the models."""
        self.need(50)
        self.rule()
        self.text(self.report.say("case.how"), 13, bold=True)
        for paragraph in self.report.how:
            self.text(paragraph, 9.5, space=1.8)
        if self.report.models:
            self.pdf.ln(4)
            self.need(30)
            self.text(self.report.say("case.models"), 13, bold=True)
        for name, lines in self.report.models:
            self.need(20)
            self.text(name, 10, bold=True, space=2)
            for line in lines:
                self.text(line, 9, space=0.8)

    def text(
        self,
        text: str,
        size: float,
        *,
        bold: bool = False,
        colour: tuple[int, int, int] = _INK,
        left: float = 0,
        width: float | None = None,
        space: float = 0,
        align: str = "L",
    ) -> None:
        """Write a paragraph below the last one."""
        pdf = self.pdf
        pdf.ln(space)
        pdf.set_font(FAMILY, "B" if bold else "", size)
        pdf.set_text_color(*colour)
        pdf.set_left_margin(_MARGIN + left)
        pdf.set_x(_MARGIN + left)
        pdf.multi_cell(
            (_WIDTH - left) if width is None else width,
            size * _MM * _LEADING,
            self.shown(text),
            align=align,
            new_x="LMARGIN",
            new_y="NEXT",
        )
        pdf.set_left_margin(_MARGIN)

    def shown(self, text: str) -> str:
        """Return a text in which a letter that no font has is named by its code point: nothing vanishes from a name."""
        return "".join(one if ord(one) in self._known else f"U+{ord(one):04X}" for one in composed(text))

    def picture(self, content: bytes, left: float, top: float, width: float, alt: str) -> None:
        """Place a picture; the text goes on where it was."""
        x, y = self.pdf.get_x(), self.pdf.get_y()
        self.pdf.image(BytesIO(content), x=_MARGIN + left, y=top, w=width, alt_text=alt)
        self.pdf.set_xy(x, y)

    def need(self, height: float) -> None:
        """Go to a new page unless this one has room for so many millimetres."""
        if self.pdf.get_y() + height > self.pdf.h - _FOOT:
            self.pdf.add_page()

    def rule(self) -> None:
        """Draw a line across, with room around it."""
        pdf = self.pdf
        pdf.ln(5)
        pdf.set_draw_color(*_LINE)
        pdf.line(_MARGIN, pdf.get_y(), _MARGIN + _WIDTH, pdf.get_y())
        pdf.ln(4)

    def content(self) -> bytes:
        """Return the file."""
        return bytes(self.pdf.output())


def _fit(picture: bytes, width: float, height: float) -> tuple[float, float]:
    """Return the size in which a picture fits into a space."""
    from PIL import Image

    with Image.open(BytesIO(picture)) as opened:
        ratio = min(width / opened.width, height / opened.height)
        return opened.width * ratio, opened.height * ratio


def _texts(value: Any) -> Iterator[str]:
    """Yield all text in a value."""
    if isinstance(value, str):
        yield composed(value)
    elif isinstance(value, tuple):
        for one in value:
            yield from _texts(one)
    elif is_dataclass(value):
        for field in fields(value):
            yield from _texts(getattr(value, field.name))
