"""Hooks of Schemathesis, which runs in a process of its own.

Of what it invents, some becomes a photo or a number that exists: without this, few requests would get beyond the first
check.
"""

from __future__ import annotations

import os
from io import BytesIO
from typing import Any
from zlib import crc32

import schemathesis
from PIL import Image

from tests.gallery.pictures import colours
from tests.portraits import astronaut
from tests.web.support import png

NUMBERS = 6
"""Numbers that a served gallery has: of references, subjects, cases, faces and reviews."""
SEARCHES = os.environ["BAREFACE_TEST_SEARCHES"].split()
"""Ids of searches that were made."""


def _portrait() -> bytes:
    file = BytesIO()
    Image.open(astronaut()).convert("RGB").crop((150, 0, 310, 200)).save(file, "JPEG")
    return file.getvalue()


PICTURES = [_portrait(), png(), *(png(*colours(count, seed=seed)) for seed, count in enumerate((1, 1, 1, 2, 3)))]


def known(name: str, value: Any) -> Any:
    """Return a value that means something, for three of four."""
    if isinstance(value, dict):
        return {key: known(key, one) for key, one in value.items()}
    if isinstance(value, list):
        return [known(name, one) for one in value]
    if isinstance(value, bytes):
        choice = crc32(value)
        return PICTURES[choice // 4 % len(PICTURES)] if choice % 4 else value
    if name in ("id", "search") and isinstance(value, str):
        choice = crc32(value.encode("utf-8", "replace"))
        return SEARCHES[choice // 4 % len(SEARCHES)] if choice % 4 else value
    if type(value) is int and value > NUMBERS and value % 4 and name not in ("top", "days", "length", "limit"):
        return 1 + value // 4 % NUMBERS
    return value


def mapped(context: schemathesis.HookContext, values: Any) -> Any:
    """Return values of which some mean something; of what deletes, few, or soon nothing would be left."""
    operation = context.operation
    deletes = operation is not None and (operation.method.upper() == "DELETE" or operation.path.endswith("/reject"))
    return values if deletes and crc32(repr(values).encode("utf-8", "replace")) % 16 else known("", values)


@schemathesis.hook
def map_path_parameters(context: schemathesis.HookContext, path_parameters: Any) -> Any:
    return mapped(context, path_parameters)


@schemathesis.hook
def map_body(context: schemathesis.HookContext, body: Any) -> Any:
    return mapped(context, body)


@schemathesis.check
def valid_shape_is_accepted(
    ctx: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case
) -> None:
    """Refuse that a request as documented is called one that is not.

    Schemathesis' own check allows no 422, which also says what no schema can: that a photo is empty, say.
    """
    if case.meta is None or not case.meta.generation.mode.is_positive or response.status_code != 422:
        return
    assert response.json()["code"] != "web.request", response.json()["detail"]
