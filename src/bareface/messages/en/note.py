"""Remarks on results that stand."""

from bareface.messages.catalogue import Entry

ENTRIES: dict[str, Entry] = {
    "note.basis": Entry("{parts:phrases}"),
    "note.bob": Entry("imported from bob.bio's four columns"),
    "note.coarse": Entry("parts of the file are missing: the picture is coarser than it was"),
    "note.colour-profile": Entry("colour profile ignored: {reason}"),
    "note.decisions": Entry("rates and decisions: {basis}"),
    "note.end-missing": Entry("the end of the file is missing; its pixels are complete"),
    "note.exif": Entry("EXIF holds nothing that can be read: taken as upright"),
    "note.few-mated": Entry(
        "fewer than {least} named subjects have two references: people enrolled twice were not looked for",
    ),
    "note.few-subjects/none": Entry(
        "{missing} more named subjects are needed for a calibration of this gallery: none comes with bareface for "
        "these templates",
    ),
    "note.few-subjects/packaged": Entry(
        "{missing} more named subjects are needed for a calibration of this gallery: the packaged one serves",
    ),
    "note.first-frame": Entry("first of {count} frames"),
    "note.first-page": Entry("first of {count} pages"),
    "note.first-picture": Entry("first of {count} pictures"),
    "note.frames-damaged": Entry("first frame; what follows it is damaged"),
    "note.main-picture": Entry("main of {count} pictures"),
    "note.reduced": Entry("decoded at {width} x {height} of {full_width} x {full_height} pixels"),
    "note.stretched": Entry("values from {low:g} to {high:g} stretched to black and white"),
    "note.subjects-drawn": Entry("{drawn:,} of {subjects:,} named subjects were drawn"),
    "note.thin-evidence": Entry("thin evidence: {share:percent} of the face visible in {name}"),
    "note.thin-evidence/several": Entry("thin evidence: {share:percent} of the face visible in {name}, {others:list}"),
    "note.uncalibrated": Entry(
        "no calibration covers this model: every candidate is only possible, and no rate is known",
    ),
}
