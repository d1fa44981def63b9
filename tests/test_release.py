"""Changes of a release; the wheel itself is built and used by `make wheel`."""

from __future__ import annotations

import re

import pytest

from scripts import release

PACKAGE = '"""A package."""\n\n__version__ = "0.1.0"\n'
CHANGELOG = "# Changelog\n\n## Unreleased\n\n- A change.\n\n## 0.1.0\n\n- The first.\n"


def test_a_release_states_version_and_date() -> None:
    package, changelog = release.prepared("0.2.0", "2026-12-01", PACKAGE, CHANGELOG)
    assert release.stated_version(package) == "0.2.0"
    assert changelog == CHANGELOG.replace("## Unreleased", "## 0.2.0 (2026-12-01)")


@pytest.mark.parametrize(
    ("version", "changelog", "message"),
    [
        ("0.1.0", CHANGELOG, "not later than 0.1.0"),
        ("0.0.9", CHANGELOG, "not later than 0.1.0"),
        ("0.2", CHANGELOG, "not a version"),
        ("0.2.0", CHANGELOG.replace("- A change.\n", ""), "no entries"),
        ("0.2.0", "# Changelog\n", "no entries"),
    ],
)
def test_what_cannot_be_released(version: str, changelog: str, message: str) -> None:
    with pytest.raises(SystemExit, match=message):
        release.prepared(version, "2026-12-01", PACKAGE, changelog)


def test_ten_is_later_than_nine() -> None:
    package, _ = release.prepared("0.10.0", "2026-12-01", PACKAGE.replace("0.1.0", "0.9.0"), CHANGELOG)
    assert release.stated_version(package) == "0.10.0"


def test_this_tree_states_its_version_and_dates_what_is_released() -> None:
    version = release.stated_version(release.PACKAGE.read_text(encoding="utf-8"))
    headings = re.findall(r"^## (.+)$", release.CHANGELOG.read_text(encoding="utf-8"), re.MULTILINE)
    assert headings[0] == "Unreleased" or headings[0].startswith(f"{version} (")


def test_hooks_before_a_commit_are_those_of_the_lint_step_and_none_is_fetched() -> None:
    text = (release.ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    assert re.findall(r"repo: (.+)", text) == ["local"]
    lint = re.search(
        r"^lint:.*?\n\n", (release.ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    assert lint is not None
    commands = re.findall(r"\$\(BIN\)/([a-z-]+)", lint[0])
    assert re.findall(r"entry: \.venv/bin/([a-z-]+)", text) == commands == ["ruff", "ruff", "mypy", "lint-imports"]
