"""Bodies about probe faces that are searched again; see :mod:`bareface.web.schemas`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from bareface.web.schemas import LARGEST, Answer, Body

FaceId = Annotated[int, Field(description="Number of a kept probe face.", ge=1, le=LARGEST)]


class NewWatch(Body):
    """A probe face to search again whenever references are enrolled."""

    face: FaceId


class Watch(Answer):
    """A probe face that can be searched again."""

    face_id: FaceId
    begun: datetime | None = Field(description="Since when it is; null while nobody has asked for it.")
    begun_by: str | None
    searched: datetime | None = Field(description="When it was last searched again.")
    searches: int = Field(description="How many times.")
    trouble: str | None = Field(description="Code of the error that ended it.")


class WatchList(Answer):
    """The probe faces of a case that can be searched again."""

    watches: list[Watch]
