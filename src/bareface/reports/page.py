"""Shared parts of every page: strict templates, embedded pictures, a policy that lets nothing in or out."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from bareface.reports.rarity import stranger_rate
from bareface.reports.wording import what_shows
from bareface.values.words import plural, printable

_SIGNATURES = {b"\xff\xd8\xff": "jpeg", b"\x89PNG": "png", b"RIFF": "webp", b"GIF8": "gif", b"<?xml": "svg+xml"}


def render(template: str, *, sheets: Sequence[str] = ("report.css",), **values: Any) -> bytes:
    """Render a page as UTF-8 bytes.

    Parameters
    ----------
    template
        File name in ``bareface/reports/templates``; it places ``policy`` in its head and ``style`` in its one
        ``<style>`` element.
    sheets
        Style sheets in the same folder, later ones overriding earlier ones.
    values
        Values for the template. All text is escaped; pass it as it is.
    """
    folder = resources.files("bareface.reports").joinpath("templates")
    style = "".join(folder.joinpath(sheet).read_text("utf-8") for sheet in sheets)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    page = _environment().get_template(template).render(policy=policy, style=Markup(style), **values)
    return page.encode("utf-8")


def data_uri(picture: bytes) -> str:
    """Encode a picture (JPEG, PNG, WebP, GIF or SVG) as a ``data:`` address.

    Raises
    ------
    ValueError
        The bytes are none of these formats: a programming error, since all pictures here are our own.
    """
    for signature, kind in _SIGNATURES.items():
        if picture.startswith(signature):
            return f"data:image/{kind};base64,{base64.b64encode(picture).decode('ascii')}"
    raise ValueError("not an encoded picture")


def strict(package: str) -> Environment:
    """Return an environment for a package's templates: text is escaped, and a name that is not given is an error."""
    return Environment(
        loader=PackageLoader(package),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _environment() -> Environment:
    environment = strict("bareface.reports")
    environment.filters.update(printable=printable, plural=plural, stranger_rate=stranger_rate)
    environment.filters.update(what_shows=what_shows, data_uri=data_uri)
    return environment
