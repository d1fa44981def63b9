"""The messages in English."""

from bareface.messages.catalogue import Entry
from bareface.messages.en import (
    argument,
    basis,
    calibration,
    caption,
    evaluation,
    face,
    image,
    model,
    note,
    purpose,
    quality,
    reason,
    restoration,
    usage,
)

ENTRIES: dict[str, Entry] = {
    **argument.ENTRIES,
    **basis.ENTRIES,
    **calibration.ENTRIES,
    **caption.ENTRIES,
    **evaluation.ENTRIES,
    **face.ENTRIES,
    **image.ENTRIES,
    **model.ENTRIES,
    **note.ENTRIES,
    **purpose.ENTRIES,
    **quality.ENTRIES,
    **reason.ENTRIES,
    **restoration.ENTRIES,
    **usage.ENTRIES,
}
