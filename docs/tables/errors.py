"""Write the table of kinds, exit codes and HTTP statuses into ``docs/errors.md``: ``python docs/tables/errors.py``."""

from __future__ import annotations

import re
from pathlib import Path

from bareface.errors import KINDS, exit_code_of, http_status_of

PAGE = Path(__file__).parents[1] / "errors.md"
_BLOCK = re.compile(r"(<!-- kinds -->\n).*(<!-- /kinds -->)", re.DOTALL)


def table() -> str:
    """Return one Markdown row a code, in alphabetical order."""
    rows = sorted((code, kind) for kind, codes in KINDS.items() for code in codes)
    lines = [f"| `{code}` | {kind} | {exit_code_of(code)} | {http_status_of(code)} |" for code, kind in rows]
    return "\n".join(["| code | kind | exit code | HTTP status |", "|---|---|---|---|", *lines, ""])


def filled(page: str) -> str:
    """Return the page with the table of today between its two marks."""
    return _BLOCK.sub(lambda found: found[1] + table() + found[2], page)


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
