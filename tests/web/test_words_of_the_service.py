"""The service speaks to whoever uses it: no command line in its advice, and numbers as the language writes them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bareface import messages
from bareface.errors import GalleryError
from bareface.messages import Note
from bareface.web.pages.render import Words
from tests.web.support import Served, png

MET = (
    "face.hidden",
    "image.too-many-bytes",
    "image.too-many-pixels/limit",
    "note.one-template",
    "note.same-photo",
    "note.same-photo/unnamed",
    "note.uncalibrated",
    "usage.ambiguous-subject",
    "usage.subject-exists",
    "usage.unknown-reference/number",
    "usage.unknown-subject/none",
    "web.too-large",
)
"""Messages that people meet who use the service, and that advise a command on the command line."""


@pytest.mark.parametrize("language", messages.LANGUAGES)
@pytest.mark.parametrize("code", MET)
def test_advice_on_a_page_names_no_command(code: str, language: str) -> None:
    entry = messages.entries(language)[code]
    assert "bareface " not in str(entry.service or entry.remedy or entry.message)


def test_an_outcome_advises_whoever_sent_the_photo(served: Served) -> None:
    photo = {"photo": ("a.png", png(served.colours[1], tick=0))}
    with messages.speaking("service"):
        served.call("POST", "/references", files=photo)
        said = served.call("POST", "/references", files=photo, data={"subject": "Ada"})["message"]
    assert "bareface" not in said
    assert "Gallery." not in said


def test_serve_speaks_as_the_service() -> None:
    code = (Path(__file__).parents[2] / "src/bareface/cli/serve.py").read_text()
    assert re.search(r'with speaking\("service"\):[^\n]*\n\s+run\(', code)


def test_numbers_are_written_as_the_language_writes_them() -> None:
    english, german = Words("en"), Words("de")
    assert (english.rate(0.0312), german.rate(0.0312)) == ("3.1 %", "3,1 %")
    assert (english.decimal(0.5, 3), german.decimal(0.5, 3)) == ("0.500", "0,500")
    assert german("page.similarity", value=0.25) == "Ähnlichkeit 0,250"
    assert german.number(12_345) == "12\u202f345"
    assert messages.translated(Note("note.poor-quality", score=31.6, why=()), "de").startswith(
        "schlechte Qualität, 32 "
    )


def test_a_page_names_a_file_without_its_folder_and_advises_no_command() -> None:
    said = Words("en").error(GalleryError("gallery.locked/writing", source="/srv/faces/people.bareface"))
    assert said == "people.bareface: another process is writing to the gallery. Try again in a moment."
