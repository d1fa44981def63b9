"""Messages of errors ``template.*``."""

from bareface.messages.catalogue import Entry

ENTRIES: dict[str, Entry] = {
    "template.shape/compared": Entry(
        "{length} numbers ({model}) cannot be compared with {other_length} ({other_model}).",
        "Compute both with one model.",
    ),
    "template.shape/index": Entry(
        "Templates have shape {shape}; this index holds [n, {dimension}].",
        "Use templates of the gallery's space.",
    ),
    "template.space/compared": Entry(
        "a template of {space} ({model}) cannot be compared with one of {other_space} ({other_model}).",
        cli="Compute both with one model; `bareface gallery reembed` moves a gallery to another space.",
        python="Compute both with one model; `Gallery.reembed()` moves a gallery to another space.",
    ),
    "template.value/index": Entry("A template holds NaN or infinity, or is all zero."),
}
