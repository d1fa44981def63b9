"""Add photos: files or a whole folder become one background job."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, File, Form, UploadFile
from fastapi.responses import RedirectResponse, Response

from bareface.services.uploads import SYSTEM_FOLDERS
from bareface.web.pages.jobs import begin, end, send
from bareface.web.pages.visitors import Visiting

router = APIRouter(include_in_schema=False)
_AROUND = 4096
"""Bytes of a request around one photo."""


@router.get("/add")
def add_page(visitor: Visiting, name: str = "") -> Response:
    """Show where to drop photos."""
    most = visitor.service.max_upload - _AROUND
    return visitor.page("add.html", name=name, left_out=SYSTEM_FOLDERS, most=most)


@router.post("/add")
async def add(
    visitor: Visiting,
    photo: Annotated[list[UploadFile], File()],
    name: Annotated[str, Form(max_length=2000)] = "",
    basis: Annotated[str, Form(max_length=2000)] = "",
    largest: Annotated[bool, Form()] = False,
) -> Response:
    """Take all photos at once, as a browser without scripts sends them."""
    job = await begin(visitor, basis, largest=largest)
    await send(visitor, job.id, photo, name)
    await end(visitor, job.id)
    return RedirectResponse(f"/jobs/{job.id}", 303)
