"""Messages of errors ``image.*``."""

from bareface.messages.catalogue import Entry

ENTRIES: dict[str, Entry] = {
    "image.array": Entry(
        "an RGB array [H, W, 3] of uint8 is needed, not {shape:shape} of {dtype}.",
        "Pass grey or RGBA as PIL.Image.fromarray(array); scale other types to 0 to 255, then .astype(np.uint8).",
    ),
    "image.array/mask": Entry("an RGB uint8 picture is needed, not {dtype} {shape}."),
    "image.array/no-pixels": Entry("a Pillow image without pixels."),
    "image.array/region": Entry("the region's shape {shape} is not that of the picture, {picture}."),
    "image.corrupt": Entry("the file is damaged ({reason}).", "Copy it again from its source."),
    "image.directory": Entry("it is a folder, not a photo.", "Name a file in it."),
    "image.empty": Entry("the file is empty.", "Copy it again."),
    "image.encode": Entry(
        "{width}x{height} pixels cannot be encoded as {format}: {reason}",
        "Use PNG or a smaller picture.",
    ),
    "image.memory": Entry("there is not enough memory to decode it.", "Lower the limit on pixels or free memory."),
    "image.missing": Entry("there is no such file (or a link to it is broken).", "Check the path."),
    "image.no-face/any": Entry(
        "no face was found.",
        cli="Look for smaller faces with --min-face, or try another detector or photo.",
        python="Look for smaller faces with `min_face`, or try another detector or photo.",
        service="Try another photo, or a larger cut of this one.",
    ),
    "image.no-face/least": Entry(
        "no face was found of at least {min_face:up} pixels.",
        cli="Look for smaller faces with --min-face, or try another detector or photo.",
        python="Look for smaller faces with `min_face`, or try another detector or photo.",
        service="Try another photo, or a larger cut of this one.",
    ),
    "image.no-face/photo": Entry("no face found.", "Try another detector or photo."),
    "image.not-a-file": Entry("{reason}."),
    "image.not-an-image": Entry(
        "the file is not a picture.",
        "JPEG, PNG, WebP, GIF, TIFF, BMP, AVIF and HEIC are read; the content counts, not the name.",
    ),
    "image.source/closed": Entry(
        "the Pillow image is closed.",
        "Use it before it is closed, or pass image.copy() or the file's path.",
    ),
    "image.source/kind": Entry(
        "{kind} is not a photo source: a path, bytes, a file opened in binary mode, a Pillow image or an RGB array "
        "is needed.",
    ),
    "image.source/open-file": Entry("it gives {kind}, not bytes.", 'Open it with "rb".'),
    "image.source/path": Entry(
        "the path is empty (a variable that is not set?).",
        "Name a file or a folder; “.” is the current folder.",
    ),
    "image.suffix": Entry("its suffix {suffix!r} names no format that bareface writes.", "Use .jpg, .png or .webp."),
    "image.symlink-loop": Entry("its symbolic links lead back to themselves.", "Remove the loop."),
    "image.too-many-bytes": Entry(
        "its {bytes:,} bytes are more than the limit of {limit:,}.",
        cli="If you trust it, raise the limit with --max-bytes.",
        python="If you trust it, raise the limit: Engine(limits=Limits(max_bytes=...)).",
        service="Send a smaller copy of it.",
    ),
    "image.too-many-pixels/decoder": Entry("it has too many pixels: {reason}"),
    "image.too-many-pixels/header": Entry(
        "its {width} x {height} pixels are more than {times} times the limit of {limit:,}.",
        cli="If you trust it, raise the limit with --max-pixels.",
        python="If you trust it, raise the limit: Engine(limits=Limits(max_pixels=...)).",
        service="Send a smaller copy, or let whoever runs the service raise the limit with --max-pixels.",
    ),
    "image.too-many-pixels/limit": Entry(
        "its {width} x {height} pixels are more than the limit of {limit:,}.",
        cli="If you trust it, raise the limit with --max-pixels.",
        python="If you trust it, raise the limit: Engine(limits=Limits(max_pixels=...)).",
        service="Send a smaller copy, or let whoever runs the service raise the limit with --max-pixels.",
    ),
    "image.truncated": Entry(
        "the file is cut short: part of the picture is missing.",
        "Copy it again from its source.",
    ),
    "image.unreadable/file": Entry("it cannot be read: {reason}.", "Check the disk or share."),
    "image.unreadable/folder": Entry(
        "the folder cannot be read ({reason}).",
        "Check its permissions, then enrol again.",
    ),
    "image.unreadable/nothing-yet": Entry("its read() returned None: there is nothing to read yet."),
    "image.unreadable/object": Entry(
        "the {kind} cannot be used: {reason}.",
        "Pass a path, bytes, a file opened in binary mode, a Pillow image or an RGB array.",
    ),
    "image.unreadable/open-file": Entry("it cannot be read: {reason}.", 'Pass a file opened with "rb".'),
    "image.unreadable/permission": Entry("it may not be read.", "Change its permissions."),
    "image.unsupported/cursor": Entry(
        "A cursor is not supported.",
        "Convert it to one of JPEG, PNG, WebP, GIF, TIFF, BMP, AVIF and HEIC.",
    ),
    "image.unsupported/format": Entry(
        "{format} is not supported.",
        "Convert it to one of JPEG, PNG, WebP, GIF, TIFF, BMP, AVIF and HEIC.",
    ),
    "image.unsupported/icon": Entry(
        "An icon is not supported.",
        "Convert it to one of JPEG, PNG, WebP, GIF, TIFF, BMP, AVIF and HEIC.",
    ),
    "image.unsupported/kind": Entry(
        "this kind of {format} is not supported ({reason}).",
        "Convert it to an 8-bit RGB PNG or JPEG.",
    ),
    "image.unsupported/video": Entry(
        "A video is not supported.",
        "Convert it to one of JPEG, PNG, WebP, GIF, TIFF, BMP, AVIF and HEIC.",
    ),
}
