"""Manuals and sources are written in plain English: one name for one thing, and no phrase of a list of bad ones."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.parsed import parsed

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")] + sorted(
    (ROOT / "docs").rglob("*.md")
)
PHRASES = re.compile(
    r"those of these|at most so (many|often)|held against|gone on with|for want of|needs not|a rest of|brought up"
    r"|nobody looked|(?<![Tt]here )\bis no (valid|picture|file|gallery|face|mask|model)\b|\bbeside\b|looked for"
    r"|\bsaid to be\b|\blearnt\b|\bspoilt\b|\bguesses of\b"
)
ALLOWED = {"glossary.md"}  # it lists words that are not used
_GENERATED = re.compile(r"<!-- (\w+) -->.*?<!-- /\1 -->", re.DOTALL)
_CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


def prose(text: str) -> str:
    """Return the text without code and generated tables, of as many lines."""
    for pattern in (_GENERATED, _CODE):
        text = pattern.sub(lambda found: "\n" * found[0].count("\n"), text)
    return text


# Packages of src/bareface whose docstrings, help texts and messages are checked.
PACKAGES = [
    "audit",
    "calibration",
    "cli",
    "evaluation",
    "faces",
    "gallery",
    "imaging",
    "matching",
    "messages",
    "models",
    "reports",
    "restoration",
    "scores",
    "services",
    "storage",
    "synthesis",
    "system",
    "values",
    "web",
]
SOURCES = sorted((ROOT / "src" / "bareface").glob("*.py")) + [
    path for package in PACKAGES for path in sorted((ROOT / "src" / "bareface" / package).rglob("*.py"))
]
NO_VERB = re.compile(
    r"(What|How|Where|Which|Whether|Who|Whose|When|Those|The|These|This|That|All|Every|Each|Any|An?|If|For)"
    r"\b"
)
QUESTION = re.compile(r"(What|How|Where|Which|Who|Whoever|Whatever|Those)\b")
DESCRIBED = re.compile(
    r"^( *)[\w*, ]+\n\1    (\S.*)", re.MULTILINE
)  # a parameter's or an attribute's name and first line
PROSE = re.compile(rf"{PHRASES.pattern}|\bwithout being asked\b|\bso often\b|\bput right\b|\band leave\b")


def docstrings(tree: ast.Module) -> Iterator[tuple[ast.AST, str]]:
    """Yield each module, class and function with its docstring."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node)
            if text is not None:
                yield node, text


def is_action(node: ast.AST) -> bool:
    """Return whether a docstring of the node says what a call does: that of a function, but not of a property."""
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not any(
        "property" in ast.unparse(decorator) for decorator in node.decorator_list
    )


def texts(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield each line of a source's strings that are prose: two words or more."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            for line in prose(re.sub(r"``[^`]*``", "", node.value)).splitlines():
                if " " in line.strip():
                    yield node.lineno, line.strip()


TEMPLATES = sorted((ROOT / "src" / "bareface" / "reports" / "templates").glob("*.html"))


def name_of(path: Path) -> str:
    """Return the path below the package."""
    return str(path.relative_to(ROOT / "src" / "bareface"))


def sources() -> Iterator[tuple[str, ast.Module]]:
    """Yield every module with its name."""
    for path in SOURCES:
        yield name_of(path), parsed(path)


def test_a_docstring_begins_with_a_verb_or_a_name() -> None:
    faults = [
        (name, text.splitlines()[0])
        for name, tree in sources()
        for node, text in docstrings(tree)
        if (NO_VERB if is_action(node) else QUESTION).match(text)
    ]
    assert faults == []


def test_an_attribute_or_a_parameter_is_described_by_a_noun() -> None:
    strings = [
        (name, node.value.value)
        for name, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    ]
    assert [(name, text) for name, text in strings if QUESTION.match(text)] == []
    described = [(name, entry) for name, text in strings for entry in DESCRIBED.finditer(text)]
    assert [(name, entry[0]) for name, entry in described if QUESTION.match(entry[2])] == []


def test_no_bad_phrase_is_in_a_source() -> None:
    lines = [(name, number, line) for name, tree in sources() for number, line in texts(tree)]
    assert [one for one in lines if PROSE.search(one[-1])] == []


@pytest.mark.parametrize("template", TEMPLATES, ids=name_of)
def test_no_bad_phrase_is_in_a_template(template: Path) -> None:
    lines = template.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if PROSE.search(line)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_phrase_of_the_dialect_is_left(page: Path) -> None:
    lines = prose(page.read_text(encoding="utf-8")).splitlines()
    found = [f"{number}: {line}" for number, line in enumerate(lines, 1) if PHRASES.search(line)]
    assert page.name in ALLOWED or found == []


def test_the_glossary_defines_the_words_of_the_layers() -> None:
    terms = set(
        re.findall(r"^\| ([^|]+?) \|", (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8"), re.MULTILINE)
    )
    for term in (
        "subject",
        "reference",
        "probe",
        "template",
        "candidate",
        "completion",
        "drift",
        "gallery",
        "stranger",
    ):
        assert term in terms
