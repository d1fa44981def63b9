"""Messages of errors ``face.*``."""

from bareface.messages.catalogue import Entry

ENTRIES: dict[str, Entry] = {
    "face.hidden": Entry(
        "only {shares:percent} of the face is visible, less than the limit of {min_visible:percent}.",
        cli="Choose another photo, or use it all the same: `--min-visible 0`.",
        python="Choose another photo, or use it all the same: `min_visible=0`.",
        service="Choose another photo. Programs can use it all the same: `min_visible` 0.",
    ),
    "face.not-computed": Entry(
        "{want} was not computed when this face was found.",
        "Ask for it: engine.faces(photo, want=[{want!r}]), or engine.complete([face], want=[{want!r}]).",
    ),
}
