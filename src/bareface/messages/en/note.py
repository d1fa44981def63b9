"""Remarks on results that stand."""

from bareface.messages.catalogue import Entry

ENTRIES: dict[str, Entry] = {
    "note.coarse": Entry("parts of the file are missing: the picture is coarser than it was"),
    "note.colour-profile": Entry("colour profile ignored: {reason}"),
    "note.end-missing": Entry("the end of the file is missing; its pixels are complete"),
    "note.exif": Entry("EXIF holds nothing that can be read: taken as upright"),
    "note.first-frame": Entry("first of {count} frames"),
    "note.first-page": Entry("first of {count} pages"),
    "note.first-picture": Entry("first of {count} pictures"),
    "note.frames-damaged": Entry("first frame; what follows it is damaged"),
    "note.main-picture": Entry("main of {count} pictures"),
    "note.reduced": Entry("decoded at {width} x {height} of {full_width} x {full_height} pixels"),
    "note.stretched": Entry("values from {low:g} to {high:g} stretched to black and white"),
}
