"""Messages of errors ``gallery.*``."""

from bareface.messages.catalogue import Entry

ENTRIES: dict[str, Entry] = {
    "gallery.corrupt/beside": Entry(
        "next to it, {name} is not a file.",
        "Move it away; bareface keeps files of the gallery under that name.",
    ),
    "gallery.corrupt/damage": Entry("the gallery is damaged: {first}", "Or restore the file from a copy."),
    "gallery.corrupt/damages": Entry(
        "the gallery is damaged: {first}",
        cli="There are {more} more problems: `bareface gallery check` lists them. Or restore the file from a copy.",
        python="There are {more} more problems: `Gallery.check()` lists them. Or restore the file from a copy.",
    ),
    "gallery.corrupt/device": Entry("this is a device, not a gallery.", "Name the gallery's file."),
    "gallery.corrupt/encoding": Entry(
        "its text is in {encoding}: another program wrote it anew.",
        'Write it anew in UTF-8 (`sqlite3 GALLERY .dump`, read by sqlite3 after `PRAGMA encoding = "UTF-8";`), or '
        "restore the file from a copy.",
    ),
    "gallery.corrupt/folder": Entry("this is a folder, not a gallery.", "Name the gallery's file."),
    "gallery.corrupt/kept": Entry(
        "{name}, which is kept with the gallery, is damaged: {first:clause}.",
        "Restore it from a copy, or move it away: a new one is made. The gallery itself is another file.",
    ),
    "gallery.corrupt/lacks": Entry(
        "it lacks the {kind} called {name!r}.",
        "Restore the file from a copy, or move it away: a new one is made.",
    ),
    "gallery.corrupt/not-a-file": Entry(
        "this is not a file.",
        "Move it away; bareface keeps a file of the gallery under that name.",
    ),
    "gallery.corrupt/not-a-gallery": Entry(
        "this is not a gallery, or it was cut off.",
        "Name a gallery made by bareface, or restore the file from a copy.",
    ),
    "gallery.corrupt/not-sqlite": Entry(
        "this is not a gallery, or its first bytes are damaged.",
        "Name a gallery made by bareface, or restore the file from a copy.",
    ),
    "gallery.corrupt/other": Entry("this is something else, not a gallery.", "Name the gallery's file."),
    "gallery.corrupt/other-program": Entry(
        "this is a database of another program.",
        "Name a gallery made by bareface, or a file that does not exist yet.",
    ),
    "gallery.corrupt/pipe": Entry("this is a named pipe, not a gallery.", "Name the gallery's file."),
    "gallery.corrupt/schema": Entry(
        "it holds a {kind} called {name!r} that bareface did not make.",
        "Do not use the file: ask whoever made it, or restore it from a copy.",
    ),
    "gallery.corrupt/socket": Entry("this is a socket, not a gallery.", "Name the gallery's file."),
    "gallery.corrupt/sqlite": Entry(
        "the gallery's database is damaged.",
        cli="Restore the file from a copy; `bareface gallery check` names the damage.",
        python="Restore the file from a copy; `Gallery.check()` names the damage.",
    ),
    "gallery.corrupt/version": Entry(
        "table alembic_version: the version is {version!r}, which no version of bareface writes.",
        "Restore the file from a copy.",
    ),
    "gallery.corrupt/wal": Entry(
        "the -wal file next to it was left by another file, or by another state of this one.",
        "End every program that uses the gallery, then move its -wal and -shm files away.",
    ),
    "gallery.disk-full/remains": Entry(
        "deleted, but bytes of it remain in the file: {reason:clause}.",
        cli="Run `bareface gallery scrub` when that has changed: it overwrites them.",
        python="Call `Gallery.scrub()` when that has changed: it overwrites them.",
    ),
    "gallery.disk-full/sqlite": Entry(
        "the disk is full; what was stored before is intact.",
        cli="Free some space and run the same command again: it goes on where it stopped.",
        service="Free some space, then try again.",
        python="Free some space and do the same again: it continues where it stopped.",
    ),
    "gallery.empty": Entry("the gallery is empty.", "Enrol photos of named people first."),
    "gallery.face-lost": Entry("this detector does not find the face."),
    "gallery.import-format/array": Entry("It holds {dtype} of shape {shape}, not floats [n, {dimension}]."),
    "gallery.import-format/cells-commas": Entry(
        "{where} is not a name and {dimension} floats, or {dimension} floats and a name: it has {cells:count cell} "
        "between commas.",
    ),
    "gallery.import-format/cells-semicolons": Entry(
        "{where} is not a name and {dimension} floats, or {dimension} floats and a name: it has {cells:count cell} "
        "between semicolons.",
    ),
    "gallery.import-format/cells-tabs": Entry(
        "{where} is not a name and {dimension} floats, or {dimension} floats and a name: it has {cells:count cell} "
        "between tabs.",
    ),
    "gallery.import-format/control": Entry("{where} has a name with control characters."),
    "gallery.import-format/csv": Entry("Line {line} is not sound CSV: {reason}."),
    "gallery.import-format/empty": Entry("It holds no encodings."),
    "gallery.import-format/entry": Entry('Entry {number} is not an object with "name" and "encoding".'),
    "gallery.import-format/json": Entry("It cannot be read as JSON: {reason}."),
    "gallery.import-format/json-kind": Entry("It is neither a list of objects nor a mapping of names."),
    "gallery.import-format/lists": Entry('"names" and "encodings" are not two lists of the same length.'),
    "gallery.import-format/name-list": Entry("The names for {name} must be a JSON list."),
    "gallery.import-format/nameless": Entry("The encodings have no names.", "Put them into {name}, one on each line."),
    "gallery.import-format/names": Entry("There are {encodings} encodings, and {names} names in the file of names."),
    "gallery.import-format/no-name": Entry("{where} has no name."),
    "gallery.import-format/not-a-file": Entry(
        "It is a pipe, a socket or a device, not a file.",
        "Write its content to a file first.",
    ),
    "gallery.import-format/not-numbers": Entry("{where} is not {dimension} numbers."),
    "gallery.import-format/npy": Entry("It is not a sound .npy file: {reason}."),
    "gallery.import-format/number-name": Entry("{where} has a number for a name.", 'Put it in quotes: "{name}".'),
    "gallery.import-format/objects": Entry(
        "It holds Python objects, which are pickled.",
        'If you trust the file, convert it yourself ("names" and "encodings" are what yours calls them):\nimport '
        'json, pickle, numpy as np\ndata = np.load("encodings.npy", '
        "allow_pickle=True).item()\njson.dump([dict(name=n, encoding=list(map(float, e))) for n, e in "
        'zip(data["names"], data["encodings"])], open("encodings.json", "w"))\n',
    ),
    "gallery.import-format/order": Entry(
        "Its columns are not in the order of their numbers.",
        "Sort them by their numbers.",
    ),
    "gallery.import-format/pickle": Entry(
        "A pickle can run code when it is read, so it is not read.",
        'If you trust the file, convert it yourself ("names" and "encodings" are what yours calls them):\nimport '
        'json, pickle, numpy as np\ndata = pickle.load(open("encodings.pkl", "rb"))\njson.dump([dict(name=n, '
        'encoding=list(map(float, e))) for n, e in zip(data["names"], data["encodings"])], open("encodings.json", '
        '"w"))\n',
    ),
    "gallery.import-format/suffix": Entry("Encodings are read from {known:list} files only."),
    "gallery.import-format/twice": Entry("Two columns are called {name!r}."),
    "gallery.import-format/utf-16": Entry("Its text is UTF-16, not UTF-8.", "Save it as UTF-8."),
    "gallery.import-format/utf-8": Entry("Its text is not UTF-8 (byte {byte}).", "Save it as UTF-8."),
    "gallery.import-format/value": Entry("{where} holds a value that is not a finite number, or is all zero."),
    "gallery.import-read": Entry("The file cannot be read: {reason}.", "Check the path and the permissions."),
    "gallery.index-write/remove": Entry(
        "the search index cannot be removed: {reason}; it holds what was deleted.",
        cli="Remove it by hand, then run `bareface gallery scrub`.",
        python="Remove it by hand, then call `Gallery.scrub()`.",
    ),
    "gallery.index-write/write": Entry(
        "The search index cannot be written: {reason}.",
        "Free some space or allow writing there; the gallery itself is unharmed.",
    ),
    "gallery.io": Entry(
        "the disk could not be read or written.",
        cli="Check the disk and the permissions, then run the same command again.",
        service="Check the disk and the permissions, then try again.",
        python="Check the disk and the permissions, then do the same again.",
    ),
    "gallery.io/open-files": Entry(
        "this process may open no more files.",
        "Raise the limit (`ulimit -n`), or do less at once.",
    ),
    "gallery.locked": Entry("another process or thread still reads the old state."),
    "gallery.locked/remains": Entry(
        "deleted, but bytes of it remain in the file: {reason:clause}.",
        cli="Run `bareface gallery scrub` when that has changed: it overwrites them.",
        python="Call `Gallery.scrub()` when that has changed: it overwrites them.",
    ),
    "gallery.locked/rewriting": Entry(
        "deleted, but bytes of it remain in the file, since another process reads it.",
        "They are overwritten at the next change.",
    ),
    "gallery.locked/updated": Entry(
        "a copy made by an earlier version was put in its place; it has been updated.",
        "Do the same again.",
    ),
    "gallery.locked/writing": Entry(
        "another process is writing to the gallery.",
        cli="Wait for it to end, then run the same command again.",
        service="Try again in a moment.",
        python="Wait for it to end, then do the same again.",
    ),
    "gallery.missing/file": Entry(
        "there is no such gallery.",
        cli="Check the path, or make a gallery with `bareface enrol`.",
        python="Check the path, or make a gallery with `Gallery.open(path, create=True)`.",
    ),
    "gallery.missing/folder": Entry("the folder {folder} does not exist.", "Make the folder first."),
    "gallery.missing/open": Entry(
        "the gallery cannot be opened: {reason}.",
        "Name a file in a folder that exists and may be read.",
    ),
    "gallery.missing/sqlite": Entry(
        "the gallery cannot be opened.",
        "Name a file in a folder that exists and may be written to.",
    ),
    "gallery.name/kept": Entry(
        "the gallery {name} keeps a file of its own under this name.",
        "Choose another name, or another folder.",
    ),
    "gallery.name/long": Entry(
        "the name is too long: bareface adds up to {most} characters for the files next to it.",
        "Choose a shorter name or path.",
    ),
    "gallery.name/neighbour": Entry(
        "next to it, {name} is a gallery too, and this one keeps a file of its own under that name.",
        "Rename one of the two, or move it to another folder.",
    ),
    "gallery.newer": Entry("the gallery was made by a later version of bareface.", "Update bareface."),
    "gallery.no-photo/imported": Entry("the template was imported without a photo."),
    "gallery.no-photo/not-kept": Entry("the photo was given as bytes or as an array, and was not kept."),
    "gallery.photo-changed": Entry("there is another photo at this path now."),
    "gallery.read-only/audit": Entry(
        "the audit log may not be written to, and every call leaves an event.",
        cli="Make the folder writable, or serve without a log: `--audit-days 0`.",
        python="Make the folder writable, or open the services without a log.",
    ),
    "gallery.read-only/earlier": Entry(
        "an earlier version of bareface made it, and it cannot be updated where it may not be written to.",
        "Copy it to a folder that may be written to, and open the copy.",
    ),
    "gallery.read-only/sqlite": Entry(
        "the gallery may not be written to.",
        "Make the file and its folder writable; SQLite needs both.",
    ),
    "gallery.read-only/wal": Entry(
        "it was not closed properly: its last changes are in its -wal file, and cannot be read here.",
        "Copy it with its -wal file to a folder that may be written to, and open the copy.",
    ),
}
