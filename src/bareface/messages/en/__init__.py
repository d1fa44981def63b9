"""The messages in English, one module an area."""

from bareface.messages.catalogue import Entry
from bareface.messages.en import (
    advice,
    argument,
    basis,
    calibration,
    caption,
    case,
    damage,
    evaluation,
    face,
    gallery,
    image,
    model,
    note,
    page,
    purpose,
    quality,
    reason,
    report,
    restoration,
    template,
    usage,
    web,
)

_AREAS = (
    advice,
    argument,
    basis,
    calibration,
    case,
    caption,
    damage,
    evaluation,
    face,
    gallery,
    image,
    model,
    note,
    page,
    purpose,
    quality,
    reason,
    report,
    restoration,
    template,
    usage,
    web,
)

ENTRIES: dict[str, Entry] = {code: entry for area in _AREAS for code, entry in area.ENTRIES.items()}
