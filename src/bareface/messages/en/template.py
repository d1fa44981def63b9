"""Messages of errors ``template.*``."""

from bareface.messages.catalogue import Entry

ENTRIES: dict[str, Entry] = {
    "template.shape/compared": Entry(
        "{length} numbers ({model}) cannot be compared with {other_length} ({other_model}).",
        "Compute both with one model.",
    ),
    "template.shape/gallery": Entry(
        "the model {model} gave a template of {length} numbers; the gallery's have {expected}.",
        cli="Two models share a space's name: give each its own with `bareface models add --space`.",
        python=(
            "Two models share a space's name: give each its own with `bareface.models.registry.add(..., space=...)`."
        ),
    ),
    "template.shape/index": Entry(
        "Templates have shape {shape}; this index holds [n, {dimension}].",
        "Use templates of the gallery's space.",
    ),
    "template.shape/model": Entry(
        "{model} gives templates of another length than others of the space {space}.",
        cli="Nothing was changed. Give each length its own space: `bareface models add --space`.",
        python="Nothing was changed. Give each length its own space: `bareface.models.registry.add(..., space=...)`.",
    ),
    "template.space/compared": Entry(
        "a template of {space} ({model}) cannot be compared with one of {other_space} ({other_model}).",
        cli="Compute both with one model; `bareface gallery reembed` moves a gallery to another space.",
        python="Compute both with one model; `Gallery.reembed()` moves a gallery to another space.",
    ),
    "template.space/gallery": Entry(
        "the gallery holds templates of the space {space!r}, the engine makes {engine_space!r}.",
        cli="Leave out `--embedder`; add the model again if it was removed; or move the gallery to another space with "
        "`bareface gallery reembed`.",
        python="Open it without an engine; add the model again if it was removed; or move the gallery to another space "
        "with `Gallery.reembed()`.",
    ),
    "template.space/import": Entry(
        "the gallery holds templates of the space {space!r}, the encodings are of {engine_space!r}.",
        cli="Import them into a gallery of their own, or first move this one to their space: "
        "`bareface gallery reembed GALLERY --embedder bareface128`.",
        python="Import them into a gallery of their own, or first move this one to their space: `Gallery.reembed()` "
        "with an engine of `bareface128`.",
    ),
    "template.value/index": Entry("A template holds NaN or infinity, or is all zero."),
    "template.value/model": Entry(
        "the model {model} gave a template that is not finite or all zero.",
        cli="Add the model again from a sound file: `bareface models add`.",
        python="Add the model again from a sound file: `bareface.models.registry.add`.",
    ),
}
