"""Uploaded files: read into memory one by one, each within the limit."""

from __future__ import annotations

from fastapi import UploadFile

from bareface.values.words import printable

_LONGEST_NAME = 120


def name_of(upload: UploadFile) -> str:
    """Return a photo's name as its uploader's machine calls it, without folders and safe to show."""
    last = (upload.filename or "").replace("\\", "/").rsplit("/", 1)[-1]
    return printable(last)[:_LONGEST_NAME] or "photo"


async def content_of(upload: UploadFile) -> bytes:
    """Return the bytes of a file; the request's body is bounded, so they are."""
    try:
        return await upload.read()
    finally:
        await upload.close()
