"""The report of a case as PDF: names of all scripts, text that can be selected, pages that hold together."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from importlib import import_module
from io import BytesIO

import pypdfium2
import pytest
from PIL import Image

from bareface.errors import UsageError
from bareface.reports.case_pdf import case_pdf
from bareface.reports.cases import CaseReport, Listed, Probed, Told
from bareface.reports.fonts import FURTHER, font_file

NAMES = {
    "latin": "Łukasz Żółć-Ångström, Nguyễn Thị Hằng",
    "greek": "Ελένη Παπαδοπούλου",
    "cyrillic": "Юлия Семёнова",
    "armenian": "Գրիգոր Ծովակ",
    "georgian": "გიორგი",
    "hebrew": "יעל בן־דוד",
    "arabic": "محمد",
    "chinese": "李小龙",
    "japanese": "山田 花子",
    "korean": "김민준",
    "hindi": "नेहा",
    "thai": "สมชาย",
    "amharic": "አበበ ቢቂላ",
    "tamil": "தமிழ்",
}


def picture() -> bytes:
    file = BytesIO()
    Image.new("RGB", (160, 160), (120, 140, 160)).save(file, "JPEG")
    return file.getvalue()


def report(*names: str, note: str = "") -> CaseReport:
    told = (Told("bo: same person, confidence high", note, "shown 12:00, answered 12:01"),) if note else ()
    listed = tuple(
        Listed(picture(), rank, name, "possible", "possible", "1 in 340", "no mask", "similarity 0.5", told)
        for rank, name in enumerate(names, 1)
    )
    face = Probed(1, picture(), None, "a.jpg", "no mask", "face 1", "possible", "1 possible match", (), listed, ())
    made = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
    return CaseReport("en", "Case 7", "Candidates are leads.", (), made, "2026-11-29 12:00 UTC", (face,), (), ("x",))


def texts(content: bytes) -> list[str]:
    with pypdfium2.PdfDocument(content) as document:
        return [page.get_textpage().get_text_range() for page in document]


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_name_is_shown_and_can_be_selected(name: str) -> None:
    (page,) = texts(case_pdf(report(name)))
    assert name in page


def test_a_letter_that_no_font_has_is_named_not_dropped() -> None:
    (page,) = texts(case_pdf(report("A\U00012000B")))
    assert "AU+12000B" in page


def test_a_report_embeds_what_it_needs_and_no_more() -> None:
    plain = case_pdf(report("Ada"))
    assert len(plain) < 60_000
    assert b"Noto" not in plain
    assert b"NotoSansDevanagari" in case_pdf(report(NAMES["hindi"]))
    assert all(font_file(name).is_file() for name in FURTHER)


@pytest.mark.slow
def test_a_long_note_runs_over_pages_and_nothing_is_lost() -> None:
    note = " ".join(f"word{number}" for number in range(3000))
    pages = texts(case_pdf(report("Ada", "Bo", note=note)))
    assert len(pages) > 3
    whole = " ".join(" ".join(pages).split())
    assert "word0 " in whole
    assert "word2999" in whole
    assert f"Page 1 of {len(pages)}" in whole


def test_the_same_report_gives_the_same_bytes_and_says_what_it_is() -> None:
    made = report("Ada")
    content = case_pdf(made)
    assert content == case_pdf(made)
    assert content != case_pdf(replace(made, made=datetime(2026, 11, 30, tzinfo=UTC)))
    with pypdfium2.PdfDocument(content) as document:
        facts = document.get_metadata_dict()
    assert (facts["Title"], facts["Producer"]) == ("Case 7", "bareface")


def test_without_the_packages_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(module: str) -> object:
        if module == "uharfbuzz":
            raise ModuleNotFoundError(name="uharfbuzz")
        return import_module(module)

    monkeypatch.setattr("bareface.system.extras.import_module", absent)
    with pytest.raises(UsageError) as caught:
        case_pdf(report("Ada"))
    assert caught.value.code == "usage.extra"
    assert "web" in str(caught.value)
