"""Messages of errors ``restoration.*``."""

from bareface.messages.catalogue import Entry

ENTRIES: dict[str, Entry] = {
    "restoration.c2pa-missing": Entry(
        "a C2PA manifest needs the package c2pa-python, which is not installed.",
        "Run `pip install 'bareface[c2pa]'`, or save without a certificate.",
    ),
    "restoration.certificate/empty": Entry(
        "it does not hold a certificate chain and a private key.",
        "Name a PEM file with the chain, the signer's certificate first, and an unlocked private key.",
    ),
    "restoration.certificate/read": Entry(
        "it cannot be read: {reason}.",
        "Name a PEM file with the chain, the signer's certificate first, and an unlocked private key.",
    ),
    "restoration.certificate/sign": Entry(
        "C2PA does not sign with it: {reason}.",
        "Name a PEM file with the chain, the signer's certificate first, and an unlocked private key.",
    ),
    "restoration.no-evidence": Entry(
        "only {seen:.0f} % of the face is visible: too little to complete the rest from.",
        "At least {least:.0f} % must be visible; use another photo or a smaller region.",
    ),
    "restoration.no-information": Entry(
        "no usable information: {reason}.",
        "Use a clearer or larger photo; from this one, the result would show another face.",
    ),
    "restoration.no-photo": Entry(
        "the photo of this face is no longer in memory.",
        "Find it with Engine.faces or Engine.detect, not in a stream.",
    ),
    "restoration.nothing-hidden": Entry("nothing hides this face.", "Mark what to fill with a region."),
    "restoration.nothing-hidden/region": Entry(
        "the region does not cover any of this face, or hardly any.", "Mark it on the face, in pixels of the photo."
    ),
    "restoration.record": Entry(
        "the record of restorations cannot be written to, and without it the picture could later be enrolled as a "
        "photo: {reason}",
        "Set BAREFACE_RESTORATIONS to a file that may be written to.",
    ),
    "restoration.record/full": Entry(
        "the record of restorations has reached its limit of {size:,.0f} MiB.",
        "Take restorations off it with `bareface.gallery.restorations.RestorationRecord.forget`, or start another "
        "file with BAREFACE_RESTORATIONS; pictures on the former one are then recognised by their metadata only.",
    ),
    "restoration.region/kind": Entry(
        "a region is a mask image, bool [{side}, {side}] on the aligned face, or three or more points (x, y).",
    ),
    "restoration.region/size": Entry(
        "the region has {width} x {height} pixels, the photo {photo_width} x {photo_height}.",
        "Draw it on the photo itself, in its own size.",
    ),
}
