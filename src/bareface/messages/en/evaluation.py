"""Messages of errors ``evaluation.*``."""

from bareface.messages.catalogue import Entry

ENTRIES: dict[str, Entry] = {
    "evaluation.columns/empty-rows": Entry("column {column} has empty rows."),
    "evaluation.columns/kind": Entry("column {column} holds {kind}, which it cannot."),
    "evaluation.columns/length": Entry("column {column} has another length than score."),
    "evaluation.columns/long-name": Entry("column {column} has a name of over {most:,} letters."),
    "evaluation.columns/missing": Entry(
        "lacks the columns {names:list}; its header is: {header}.",
        "A score file has the columns {required:list}.",
    ),
    "evaluation.columns/repeated": Entry(
        "repeats the columns {names:list}; its header is: {header}.",
        "A score file has the columns {required:list}.",
    ),
    "evaluation.columns/values": Entry("column {column} has too many different values."),
    "evaluation.file/info-failures": Entry(
        "what it says of its making cannot be read: its failures are not pairs of a name and a reason.",
    ),
    "evaluation.file/info-json": Entry(
        "what it says of its making cannot be read: it is not JSON, or nested too deeply.",
    ),
    "evaluation.file/info-kind": Entry("what it says of its making cannot be read: its kind is none of {kinds:list}."),
    "evaluation.file/info-object": Entry("what it says of its making cannot be read: it is not a JSON object."),
    "evaluation.file/info-text": Entry("what it says of its making cannot be read: a value in it is not text."),
    "evaluation.file/info-unknown": Entry(
        "what it says of its making cannot be read: it states {name!r}, which is not known.",
    ),
    "evaluation.file/read": Entry("cannot be read: {reason}."),
    "evaluation.file/utf-16": Entry(
        "cannot be read: it starts as UTF-16 text but is not UTF-16 throughout.",
        "Save it as CSV in UTF-8.",
    ),
    "evaluation.file/utf-8": Entry("cannot be read: line {line} is not UTF-8 text.", "Save it as CSV in UTF-8."),
    "evaluation.file/zero-bytes": Entry(
        "cannot be read: it holds zero bytes: it is not text, or UTF-16 without a byte order mark.",
        "Save it as CSV in UTF-8.",
    ),
    "evaluation.format/scores": Entry(
        "not a known kind of score file.",
        "Use a name ending in .parquet, .csv or .csv.gz.",
    ),
    "evaluation.fta": Entry("a failure to acquire carries a score."),
    "evaluation.landmarks": Entry(
        "Five finite landmarks at least {smallest:g} pixels apart are needed to place a mask.",
        "Check the detector's landmarks for this face.",
    ),
    "evaluation.line/bob": Entry(
        "line {line} is not four columns ending in a finite score or nan: {text!r}.",
        "bob.bio writes: claimed identity, real identity, probe label, score.",
    ),
    "evaluation.mated": Entry("row {row}: mated contradicts the subjects."),
    "evaluation.nan/range": Entry(
        "row {row} has no finite score, or one beyond {most:g} ({rows:,} such rows).",
        "Mark failures to acquire in the column fta; a score is never NaN or infinite.",
    ),
    "evaluation.nan/unmarked": Entry("row {row} has no score and is not marked as a failure to acquire."),
    "evaluation.size/bytes": Entry("its columns are longer than {most:,} bytes."),
    "evaluation.size/rows": Entry("{rows:,} rows are more than {most:,}."),
    "evaluation.subject": Entry(
        "a row names no subject.",
        "Every probe and reference needs a subject; leave unnamed people out.",
    ),
}
