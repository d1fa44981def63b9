"""Messages of errors ``evaluation.*``."""

from bareface.messages.catalogue import Entry

ENTRIES: dict[str, Entry] = {
    "evaluation.file/utf-16": Entry(
        "cannot be read: it starts as UTF-16 text but is not UTF-16 throughout.",
        "Save it as CSV in UTF-8.",
    ),
    "evaluation.file/utf-8": Entry("cannot be read: line {line} is not UTF-8 text.", "Save it as CSV in UTF-8."),
    "evaluation.file/zero-bytes": Entry(
        "cannot be read: it holds zero bytes: it is not text, or UTF-16 without a byte order mark.",
        "Save it as CSV in UTF-8.",
    ),
}
