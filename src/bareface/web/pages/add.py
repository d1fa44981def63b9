"""Add photos: files or a whole folder, one request a photo, with progress."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, File, Form, UploadFile
from fastapi.responses import Response

from bareface.errors import BarefaceError
from bareface.values.enrolment import EnrolOutcome
from bareface.web.pages.visitors import Visiting
from bareface.web.turns import ENROL
from bareface.web.uploads import content_of, name_of

router = APIRouter(include_in_schema=False)


@router.get("/add")
def add_page(visitor: Visiting, name: str = "") -> Response:
    """Show where to drop photos."""
    return visitor.page("add.html", name=name, outcomes=None)


@router.post("/add")
async def add(
    visitor: Visiting,
    photo: Annotated[list[UploadFile], File()],
    name: Annotated[str, Form(max_length=2000)] = "",
    basis: Annotated[str, Form(max_length=2000)] = "",
    largest: Annotated[bool, Form()] = False,
) -> Response:
    """Enrol photos; answer with a row for each, alone if a script asks for one."""
    outcomes: list[EnrolOutcome] = []
    for upload in photo:
        source = name_of(upload)
        try:
            outcome = await visitor.service.turns.run(
                ENROL,
                visitor.service.gallery.enrol_upload,
                await content_of(upload),
                name.strip() or None,
                basis.strip() or None,
                name=source,
                keep=visitor.service.originals,
                largest=largest,
                context=visitor.context,
            )
        except BarefaceError as error:
            outcome = EnrolOutcome(source, "failed", code=error.code, message=visitor.words.error(error))
        outcomes.append(outcome)
    if visitor.request.headers.get("x-part"):
        return visitor.part("outcomes.html", outcomes=outcomes)
    return visitor.page("add.html", name=name, outcomes=outcomes)
