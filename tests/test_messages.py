"""The sentences of errors and notes are in the catalogue, and nowhere else in the core."""

from __future__ import annotations

import ast
import copy
import json
import pickle
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from bareface import errors, messages
from bareface.errors import BarefaceError, ImageError, UsageError
from bareface.messages import Entry, Note
from tests.parsed import parsed

PACKAGE = Path(errors.__file__).parent
ABOVE = ("messages", "moved.py")
"""Places where sentences may be."""

ID = re.compile(r"[a-z]+\.[a-z0-9-]+(/[a-z0-9-]+)?")
ERRORS = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, BarefaceError)}
OWN = {"source", "remedy"}


def sources(without: tuple[str, ...]) -> Iterator[tuple[str, ast.Module]]:
    """Yield the modules outside some packages, by name."""
    for path in sorted(PACKAGE.rglob("*.py")):
        place = path.relative_to(PACKAGE)
        if place.parts[0] not in (*without, "errors.py"):
            yield str(place), parsed(path)


def made(tree: ast.Module) -> Iterator[ast.Call]:
    """Yield the calls that make an error or a note."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in ERRORS or name == "Note":
                yield node


def texts(node: ast.AST) -> Iterator[str]:
    """Yield the texts within an expression that read as words, or are put together."""
    for part in ast.walk(node):
        if isinstance(part, ast.JoinedStr):
            yield ast.unparse(part)
        elif isinstance(part, ast.Constant) and isinstance(part.value, str) and re.search(r"\w \w", part.value):
            yield part.value


def templates(entry: Entry) -> list[str]:
    """Return all templates of an entry."""
    return [one for one in entry if one is not None]


def fields(entry: Entry) -> dict[str, str]:
    """Return the parameters of an entry, each with its format."""
    parsed = (field for one in templates(entry) for field in string.Formatter().parse(one))
    return {name: spec or "" for _, name, spec, _ in parsed if name is not None}


def sample(spec: str) -> object:
    """Return a value that a format takes."""
    if spec.partition(" ")[0] in ("after", "brackets", "list", "or", "phrases", "sentences", "shape", "some"):
        return ("one", "two")
    if spec == "tensor":
        return ("float", (1, 2))
    return "some text" if not spec else 0.5 if spec == "percent" or spec.endswith("%") else 3


def test_no_sentence_is_left_in_the_core() -> None:
    left = [
        f"{place}:{call.lineno}: {text}"
        for place, tree in sources(ABOVE)
        for call in made(tree)
        for text in (*texts(call), *("remedy" for keyword in call.keywords if keyword.arg == "remedy"))
    ]
    assert left == []


def test_calls_pass_the_parameters_of_their_message() -> None:
    for place, tree in sources(("messages",)):
        for call in made(tree):
            first = call.args[0] if call.args else None
            if len(call.args) != 1 or not isinstance(first, ast.Constant) or None in [k.arg for k in call.keywords]:
                continue
            entry = messages.entries().get(first.value)
            assert entry is not None, f"{place}:{call.lineno}: {first.value} is not in the catalogue"
            passed = {str(keyword.arg) for keyword in call.keywords} - OWN
            assert passed == set(fields(entry)), f"{place}:{call.lineno}: {first.value}"


def test_every_message_is_used() -> None:
    trees = [tree for _, tree in sources(("messages",))]
    constants = {node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    on_pages = " ".join(path.read_text(encoding="utf-8") for path in templates_of_pages())
    families = {code for code in constants if isinstance(code, str) and code.endswith("/")}  # completed by a value

    def used(code: str) -> bool:
        family = f"{code.partition('/')[0]}/"
        in_template = re.search(rf"['\"](?:{code}['\"]|{family}['\"])", on_pages)
        return code in constants or family in families or in_template is not None

    assert {code for code in messages.entries() if not used(code)} == set()


def templates_of_pages() -> list[Path]:
    return [path for part in ("web", "reports") for path in (PACKAGE / part / "templates").glob("*.html")]


def test_pages_use_no_message_that_is_not_there() -> None:
    for path in templates_of_pages():
        for code in re.findall(r"['\"]((?:page|case)\.(?!html)[a-z-]+)['\"]", path.read_text(encoding="utf-8")):
            assert code in messages.entries(), f"{path.name}: {code}"


def test_every_word_of_the_pages_is_translated() -> None:
    english = messages.entries()
    for language in set(messages.LANGUAGES) - {"en"}:
        other = messages.entries(language)
        assert set(other) - set(english) == set()
        needed = {code for code in english if code.partition(".")[0] in ("case", "page", "report")}
        assert needed - set(other) == set()
        for code, entry in other.items():
            assert set(fields(entry)) <= set(fields(english[code])), code
            params = {name: sample(spec) for name, spec in fields(english[code]).items()}
            assert messages.message(code, params, language)


def test_a_note_within_a_note_is_translated_with_it() -> None:
    note = Note("report.rate", odds=Note("report.odds", searches=35_000))
    assert note == "1 in 35,000 searches by strangers"
    assert messages.translated(note, "de") == "1 von 35\u202f000 Suchen nach Fremden"
    assert messages.translated("plain text", "de") == "plain text"
    assert messages.translated(note, "xx") == note


def test_every_template_renders() -> None:
    for code, entry in messages.entries().items():
        assert ID.fullmatch(code)
        params = {name: sample(spec) for name, spec in fields(entry).items()}
        assert messages.message(code, params), code
        for interface, own in (("command line", entry.cli), ("python", entry.python)):
            said = messages.remedy(code, params, interface)
            assert (said is None) == (own is None and entry.remedy is None), code


def test_what_all_interfaces_share_names_the_options_of_none() -> None:
    for code, entry in messages.entries().items():
        for text in (entry.message, entry.remedy):
            own = code.startswith(("usage.input/", "page.wrong-token"))
            assert text is None or own or not re.search(r"`bareface |(?<!\w)--\w", text), code


def test_a_message_speaks_to_the_reader_of_its_interface() -> None:
    error = ImageError("image.too-many-bytes", bytes=1200, limit=1000, source="a.jpg")
    assert error.message == "its 1,200 bytes are more than the limit of 1,000."
    assert "Limits(max_bytes=...)" in str(error)
    with messages.speaking("command line"):
        assert "--max-bytes" in str(error)
        assert "Limits" not in str(error)


def test_a_note_is_its_sentence_and_keeps_its_code() -> None:
    note = Note("note.reduced", width=4, height=3, full_width=8, full_height=6)
    assert note == "decoded at 4 x 3 of 8 x 6 pixels"
    assert json.dumps([note]) == '["decoded at 4 x 3 of 8 x 6 pixels"]'
    for again in (pickle.loads(pickle.dumps(note)), copy.deepcopy(note)):
        assert (again, again.code, again.params) == (note, note.code, note.params)
    with pytest.raises(AttributeError):
        note.code = "note.other"


def test_an_error_survives_pickling_and_gets_its_file_later() -> None:
    error = pickle.loads(pickle.dumps(ImageError("image.empty", source="a.jpg")))
    assert str(error) == str(ImageError("image.empty", source="a.jpg"))
    assert str(error.at("b.jpg")) == str(error).replace("a.jpg", "b.jpg")


def test_an_error_may_bring_its_own_sentence() -> None:
    error = UsageError("usage.mine", "It is mine.", remedy="Leave it.")
    assert str(error) == "It is mine. Leave it. [usage.mine]"
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_a_page_gives_advice_that_a_page_can_follow() -> None:
    for code in ("image.no-face/any", "image.no-face/least"):
        error = {"min_face": 40.0}
        assert "--min-face" in str(messages.remedy(code, error, "command line"))
        assert messages.remedy(code, error, "service") == "Try another photo, or a larger cut of this one."
        assert "--" not in str(messages.remedy(code, error, "service", "de"))
    shared = messages.remedy("image.empty", {}, "service")
    assert shared == "Copy it again."


def test_remarks_in_another_language_are_in_it_wholly() -> None:
    thin = Note("note.thin-evidence", share=0.49, name=Note("reason.probe"))
    assert messages.translated(thin, "de") == "wenig Beweiskraft: 49 % des Gesichts sichtbar (gesuchtes Gesicht)"
