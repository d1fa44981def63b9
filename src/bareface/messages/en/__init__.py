"""The messages in English."""

from bareface.messages.catalogue import Entry
from bareface.messages.en import evaluation, image, note, reason, usage

ENTRIES: dict[str, Entry] = {**evaluation.ENTRIES, **image.ENTRIES, **note.ENTRIES, **reason.ENTRIES, **usage.ENTRIES}
