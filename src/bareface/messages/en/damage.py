"""Damage in the files of a gallery."""

from bareface.messages.catalogue import Entry

ENTRIES: dict[str, Entry] = {
    "damage.bytes": Entry("is not bytes: {value}"),
    "damage.column": Entry("{column} {what}"),
    "damage.compared": Entry("the tables cannot be compared: {reason}; {advice}."),
    "damage.date": Entry("is not a date: {value}"),
    "damage.gallery-rows": Entry("table gallery has {rows} rows, not 1; {advice}."),
    "damage.index": Entry("the search index disagreed with the database; it was rebuilt."),
    "damage.json": Entry("is not JSON"),
    "damage.length": Entry("has the wrong length: {length} bytes"),
    "damage.link": Entry("points to no row of {table}"),
    "damage.linked": Entry(
        "the file has {count} names (hard links): programs that use it by different names at once damage it, and "
        "what is deleted by one name stays in the index of the others. Remove the others, or make copies.",
    ),
    "damage.missing": Entry("is missing"),
    "damage.namesakes": Entry(
        cli="these names look the same: {names:list}. Make them one with `bareface gallery merge`, or rename one.",
        python="these names look the same: {names:list}. Make them one with `Gallery.merge`, or rename one.",
    ),
    "damage.no-space": Entry("has templates, but no space or dimension"),
    "damage.no-template": Entry("has no template"),
    "damage.path": Entry("is not a path: {value}"),
    "damage.range": Entry("is not a number in its range: {value}"),
    "damage.reference": Entry("reference {row} (table {table}): {what}; {advice}."),
    "damage.row": Entry("row {row} of table {table}: {what}; {advice}."),
    "damage.shared": Entry(
        "other users of this computer may open {files:list}; `{command}` ends that, or say with BAREFACE_FILE_MODE "
        "that it is meant.",
    ),
    "damage.space": Entry("templates of the space {space} have {length} numbers, not {dimension}"),
    "damage.subject-name": Entry(
        cli="subject #{number}: {reason} Rename it with `bareface gallery rename`.",
        python="subject #{number}: {reason} Rename it with `Gallery.rename`.",
    ),
    "damage.text": Entry("is not the text it should be: {value}"),
    "damage.unerased": Entry(
        cli="something was deleted, but bytes of it remain in the file: run `bareface gallery scrub`.",
        python="something was deleted, but bytes of it remain in the file: call `Gallery.scrub()`.",
    ),
    "damage.unread": Entry("table {table} cannot be read: {reason}; {advice}."),
    "damage.values": Entry("it holds values that no version of bareface writes."),
    "damage.vector": Entry("is not finite or all zero"),
    "damage.vector-length": Entry("has {length} bytes, not {expected}"),
    "damage.whole": Entry("is not a whole number: {value}"),
}
