"""The words shared by terminal and reports."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareface.reports.rarity import stranger_rate
from bareface.reports.wording import what_shows
from bareface.values.words import percent, plural, printable


@pytest.mark.parametrize(
    ("fpir", "words"),
    [
        (None, "not calibrated"),
        (1.0, "nearly all searches by strangers"),
        (0.95, "nearly all searches by strangers"),
        (0.94, "9 in 10 searches by strangers"),
        (0.5, "5 in 10 searches by strangers"),
        (0.15, "2 in 10 searches by strangers"),
        (0.149, "1 in 7 searches by strangers"),
        (0.1, "1 in 10 searches by strangers"),
        (1 / 340, "1 in 340 searches by strangers"),
        (1 / 344, "1 in 340 searches by strangers"),
        (1 / 34_567, "1 in 35,000 searches by strangers"),
        (1e-6, "1 in 1,000,000 searches by strangers"),
        (9e-7, "fewer than 1 in 1,000,000 searches by strangers"),
        (0.0, "fewer than 1 in 1,000,000 searches by strangers"),
    ],
)
def test_stranger_rate(fpir: float | None, words: str) -> None:
    assert stranger_rate(fpir) == words


def test_an_extrapolated_rate_says_so() -> None:
    assert stranger_rate(1e-5, extrapolated=True) == "1 in 100,000 searches by strangers (extrapolated)"
    assert stranger_rate(None, extrapolated=True) == "not calibrated"


@given(st.floats(min_value=1e-6, max_value=0.149))
def test_one_in_n_is_true_to_two_digits(fpir: float) -> None:
    words = stranger_rate(fpir)
    searches = int(words.removeprefix("1 in ").split()[0].replace(",", ""))
    assert searches == pytest.approx(1 / fpir, rel=0.051, abs=0.51)


@given(st.text(st.characters(categories=None), max_size=30))
def test_printable_text_acts_on_nothing(text: str) -> None:
    shown = printable(text)
    shown.encode("utf-8")
    assert all(unicodedata.category(c)[0] != "C" and unicodedata.category(c) not in ("Zl", "Zp") for c in shown)


def test_ordinary_names_stay_as_they_are() -> None:
    assert printable("Zoë Müller 山田/été.jpg") == "Zoë Müller 山田/été.jpg"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[2Jb", "a\\x1b[2Jb"),
        ("photo\u202egpj.exe", "photo\\u202egpj.exe"),
        ("bad\udcff", "bad\\udcff"),
        ("two\nlines", "two\\nlines"),
    ],
)
def test_what_could_drive_a_terminal_is_written_out(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_plural() -> None:
    assert (plural(1, "match", "matches"), plural(2000, "match", "matches")) == ("1 match", "2,000 matches")


def test_a_share_below_a_limit_never_reads_as_if_it_reached_it() -> None:
    assert [percent(share) for share in (0.0, 0.29, 0.1999, 0.2, 0.999, 1.0)] == [
        "0 %", "29 %", "19 %", "20 %", "99 %", "100 %",
    ]  # fmt: skip


def test_what_shows_says_no_more_than_is_known() -> None:
    assert what_shows("none", 0.98) == "no mask, 98 % visible"
    assert what_shows("partial", 0.314) == "partial mask, 31 % visible"
    assert what_shows("full", None) == "full mask"
    assert what_shows("none", None) == "no mask known"
