"""Bodies of answers about the audit log and about restorations."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from bareface.values.audit import EventKind
from bareface.web.schemas import Answer


class AuditEvent(Answer):
    """A call of a service, or the sum of several looks within a minute."""

    id: int = Field(examples=[4711])
    time: datetime = Field(description="When it ended; of a sum, the first of them.")
    last: datetime = Field(description="When the last call of a sum ended.")
    times: int = Field(description="Number of calls: above 1 for a sum.", examples=[48])
    actor: str = Field(examples=["ada"])
    purpose: str | None = Field(examples=["find a missing person"])
    case: str | None = Field(description="Number of the case.", examples=["7"])
    kind: EventKind
    action: str = Field(description="The service and its method.", examples=["Gallery.search"])
    outcome: str = Field(description="`done`, or the code of an error.", examples=["done"])
    subjects: list[int] = Field(description="Numbers of people who were named, shown or changed.")
    references: list[int] = Field(description="Numbers of references, likewise.")
    counts: dict[str, int] = Field(examples=[{"photos": 1, "faces": 2}])


class AuditPage(Answer):
    """Some events, latest first."""

    events: list[AuditEvent]
    next: str | None = Field(description="Cursor of the next page; null on the last one.")


class Restoration(Answer):
    """A restoration that was made through this gallery; its pictures are viewing aids, not evidence."""

    id: int
    references: list[int] = Field(description="References from the same photo; of a probe's there are none.")
    kind: Literal["unmask", "enhance"]
    method: str = Field(examples=["eigenface"])
    model: str | None = Field(examples=["bareface-eigenface"])
    model_sha256: str | None
    seed: int | None
    source_sha256: str = Field(description="Digest of the photo's file.")
    synthetic: float = Field(description="Share of the face that was made up, 0 to 1.")
    settings: list[tuple[str, str]]
    version: str
    created: str


class RestorationPage(Answer):
    """Some restorations, latest first."""

    restorations: list[Restoration]
    next: str | None = Field(description="Cursor of the next page; null on the last one.")
