"""Check, build and tag a release: ``python -m scripts.release 0.2.0``; ``docs/release.md`` describes the steps.

Nothing is uploaded. Without ``--tag`` nothing is changed but ``dist/``.
"""

from __future__ import annotations

import argparse
import re
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from scripts import wheel

ROOT = wheel.ROOT
PACKAGE = ROOT / "src" / "bareface" / "__init__.py"
CHANGELOG = ROOT / "CHANGELOG.md"
_VERSION = re.compile(r'^__version__ = "(.+)"$', re.MULTILINE)


def stated_version(package: str) -> str:
    """Read the version from the text of the package's ``__init__.py``."""
    found = _VERSION.search(package)
    if found is None:
        raise SystemExit(f"{PACKAGE.name} states no version.")
    return found[1]


def prepared(version: str, date: str, package: str, changelog: str) -> tuple[str, str]:
    """State a version: the text of the package's ``__init__.py`` and the changelog as they are to be released.

    Parameters
    ----------
    version
        For example ``0.2.0``.
    date
        The day of the release, ``YYYY-MM-DD``.
    package, changelog
        Both texts as they are now. The changelog has a section ``## Unreleased`` with at least one entry.

    Raises
    ------
    SystemExit
        If the version is malformed or not a later one, or the changelog has nothing to release.
    """
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        raise SystemExit(f"{version} is not a version such as 0.2.0.")
    if _key(version) <= _key(stated_version(package)):
        raise SystemExit(f"{version} is not later than {stated_version(package)}.")
    section = re.search(r"^## Unreleased\n(.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL)
    if section is None or "\n- " not in section[1]:
        raise SystemExit("CHANGELOG.md has no entries below '## Unreleased'.")
    return (
        _VERSION.sub(f'__version__ = "{version}"', package),
        changelog.replace("## Unreleased\n", f"## {version} ({date})\n", 1),
    )


def _key(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def main() -> None:
    """Check the tree, state the version, build and try out the wheel, commit and tag."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("version")
    parser.add_argument("--date", required=True, help="the day of the release, YYYY-MM-DD")
    parser.add_argument("--tag", action="store_true", help="commit the version and tag it")
    parser.add_argument("--skip-tests", action="store_true", help="the full tests have passed on this commit already")
    given = parser.parse_args()

    if _git("status", "--porcelain"):
        raise SystemExit("The working tree has changes: commit or remove them first.")
    tag = f"v{given.version}"
    if _git("tag", "--list", tag):
        raise SystemExit(f"The tag {tag} exists already.")
    before = [file.read_text(encoding="utf-8") for file in (PACKAGE, CHANGELOG)]
    after = prepared(given.version, given.date, *before)
    if not given.skip_tests:
        subprocess.run(["make", "test", "docs", "test-slow"], cwd=ROOT, check=True)

    released = False
    try:
        _write(after)
        built = wheel.build(ROOT / "dist" / given.version)
        with TemporaryDirectory(prefix="bareface-wheel-") as folder:
            size = wheel.try_out(built, Path(folder))
        print(f"{built.name}: installed and used; the core takes {size} MiB.")
        if given.tag:
            _git("add", str(PACKAGE), str(CHANGELOG))
            _git("commit", "--message", f"Release {given.version}")
            _git("tag", "--annotate", tag, "--message", f"bareface {given.version}")
            released = True
            print(f"Tagged {tag}. Nothing was uploaded.")
    finally:
        if not released:
            _write((before[0], before[1]))


def _write(texts: tuple[str, str]) -> None:
    for file, text in zip((PACKAGE, CHANGELOG), texts, strict=True):
        file.write_text(text, encoding="utf-8")


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True)
    return done.stdout.strip()


if __name__ == "__main__":
    main()
