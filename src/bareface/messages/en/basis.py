"""Descriptions of the data that a calibration was fitted on."""

from bareface.messages.catalogue import Entry

ENTRIES: dict[str, Entry] = {
    "basis.gallery": Entry("{subjects:,} named subjects of this gallery, {references:,} references, fitted {date}"),
    "basis.gallery/without": Entry(
        "{subjects:,} named subjects of this gallery, {references:,} references, fitted {date}, without {pairs} "
        "suspicious pairs",
    ),
    "basis.people": Entry("{subjects:,} people, {photos:,} photos, {model}, {detector} detector, fitted {date}"),
    "basis.people/masks": Entry(
        "{subjects:,} people, {photos:,} photos (masks simulated), {model}, {detector} detector, fitted {date}"
    ),
}
