"""Descriptions of the data that a calibration was fitted on."""

from bareface.messages.catalogue import Entry

ENTRIES: dict[str, Entry] = {
    "basis.gallery": Entry("{subjects:,} named subjects of this gallery, {references:,} references, fitted {date}"),
    "basis.gallery/without": Entry(
        "{subjects:,} named subjects of this gallery, {references:,} references, fitted {date}, without {pairs} "
        "suspicious pairs",
    ),
}
