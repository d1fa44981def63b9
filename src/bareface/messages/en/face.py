"""Messages of errors ``face.*``."""

from bareface.messages.catalogue import Entry

ENTRIES: dict[str, Entry] = {
    "face.copied": Entry(
        "the face is a copy without its engine, and was changed: nothing new can be computed of it.",
        "Change the face before it is copied or pickled, or find it again with Engine.faces.",
    ),
    "face.hidden": Entry(
        "only {shares:percent} of the face is visible, less than the limit of {min_visible:percent}.",
        cli="Choose another photo, or use it all the same: `--min-visible 0`.",
        python="Choose another photo, or use it all the same: `min_visible=0`.",
    ),
}
