"""Messages of errors ``evaluation.*``."""

from bareface.messages.catalogue import Entry

ENTRIES: dict[str, Entry] = {
    "evaluation.columns/empty": Entry("is empty."),
    "evaluation.columns/empty-rows": Entry("column {column} has empty rows."),
    "evaluation.columns/header-lacks": Entry("the header lacks {names}.", "Known columns: {known:list}."),
    "evaluation.columns/header-repeats": Entry("the header repeats {names}.", "Name each column once."),
    "evaluation.columns/header-unknown": Entry("the header has unknown {names}.", "Known columns: {known:list}."),
    "evaluation.columns/kind": Entry("column {column} cannot hold {kind}."),
    "evaluation.columns/labels": Entry("needs a column subject or file, and at least one column of labels."),
    "evaluation.columns/length": Entry("column {column} and score have different lengths."),
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
    "evaluation.empty/bare": Entry(
        "fewer than two people have a photo of a bare face that could be enrolled.",
        "Add a photo without a mask of each person.",
    ),
    "evaluation.empty/compare": Entry(
        "there is nothing to compare.",
        "A folder needs one folder per person below it, with photos of at least two people.{left_out:brackets}",
    ),
    "evaluation.empty/people": Entry(
        "there are fewer than two people in it.",
        "Put each person's photos into a folder of their own.",
    ),
    "evaluation.file/info-failures": Entry(
        "its description of how it was made cannot be read: its failures are not pairs of a name and a reason.",
    ),
    "evaluation.file/info-json": Entry(
        "its description of how it was made cannot be read: it is not JSON, or nested too deeply.",
    ),
    "evaluation.file/info-kind": Entry(
        "its description of how it was made cannot be read: its kind is none of {kinds:list}.",
    ),
    "evaluation.file/info-object": Entry("its description of how it was made cannot be read: it is not a JSON object."),
    "evaluation.file/info-text": Entry("its description of how it was made cannot be read: a value in it is not text."),
    "evaluation.file/info-unknown": Entry(
        "its description of how it was made cannot be read: it states {name!r}, which is not known.",
    ),
    "evaluation.file/missing": Entry("there is no such file or folder.", "Check the path."),
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
    "evaluation.folds": Entry(
        "accuracy over folds needs at least two folds.",
        "Use a pairs file; its header gives the folds.",
    ),
    "evaluation.format/plot": Entry("not a kind of plot.", "Use a name ending in .png, .svg or .pdf."),
    "evaluation.format/scores": Entry(
        "not a known kind of score file.",
        "Use a name ending in .parquet, .csv or .csv.gz.",
    ),
    "evaluation.fta": Entry("a failure to acquire carries a score."),
    "evaluation.kind": Entry(
        "a list of pairs holds no searches of a gallery.",
        "Run a folder, or a gallery and probes.",
    ),
    "evaluation.labels/by-photo": Entry(
        "the labels are by photo, but restoration is evaluated by subject.",
        "Give labels by subject: a column subject, and one column a label.",
    ),
    "evaluation.labels/groups": Entry(
        "{label} makes {groups} groups of comparisons, not 1 to {most}.",
        "Check that names are those of the score file, and that groups are few.",
    ),
    "evaluation.labels/line": Entry(
        "line {line} labels {file}, which the protocol does not use.",
        "Names are relative to {root}, e.g. {example}.",
    ),
    "evaluation.labels/no-calibration": Entry(
        "there is no calibration for templates of {model}, so nothing is promised.", "Calibrate the gallery first."
    ),
    "evaluation.labels/nobody": Entry(
        "no label belongs to anybody in this gallery.",
        "Give names in the column subject as the gallery has them, or numbers as #7.",
    ),
    "evaluation.landmarks": Entry(
        "Five finite landmarks at least {smallest:g} pixels apart are needed to place a mask.",
        "Check the detector's landmarks for this face.",
    ),
    "evaluation.line/bob": Entry(
        "line {line} is not four columns ending in a finite score or nan: {text!r}.",
        "bob.bio writes: claimed identity, real identity, probe label, score.",
    ),
    "evaluation.line/columns": Entry("line {line} has {columns} columns where the header has {wanted}."),
    "evaluation.line/csv": Entry("line {line} is not CSV: {reason}."),
    "evaluation.line/empty": Entry("line {line} has nothing in {names:list}."),
    "evaluation.line/itself": Entry("line {line} compares a photo with itself."),
    "evaluation.line/mated": Entry("line {line} has {text!r} for mated."),
    "evaluation.line/mated-otherwise": Entry("line {line} says mated is {text}, but its subjects do not agree."),
    "evaluation.line/names-no": Entry("line {line} names no {column}."),
    "evaluation.line/number": Entry("line {line} has {text!r} where a number belongs."),
    "evaluation.line/otherwise": Entry("line {line} describes {name} differently than before."),
    "evaluation.line/pair": Entry("line {line} has neither three columns (mated) nor four (non-mated)."),
    "evaluation.line/pairs": Entry("line {line} promises {promised:,} pairs, but the file holds {pairs:,}."),
    "evaluation.line/repeats": Entry("line {line} repeats line {first}."),
    "evaluation.line/separator": Entry("line {line} is separated by commas or semicolons where tabs or blanks belong."),
    "evaluation.line/subject": Entry("line {line} names no subject of {name}, and it lies in no folder."),
    "evaluation.mated": Entry("row {row}: mated does not agree with the subjects."),
    "evaluation.n": Entry(
        "n too small: {comparisons:,} non-mated comparisons cannot show an FMR of {fmr:g}.",
        "Choose a higher rate.",
    ),
    "evaluation.nan/range": Entry(
        "row {row} has no finite score, or one larger than {most:g} ({rows:count such row}).",
        "Mark failures to acquire in the column fta; a score is never NaN or infinite.",
    ),
    "evaluation.nan/unmarked": Entry("row {row} has no score and is not marked as a failure to acquire."),
    "evaluation.photo": Entry(
        "line {line} names {name}, which does not exist.",
        cli="Say where the photos are with --photos.",
        python="Say where the photos are with `photos`.",
    ),
    "evaluation.size/bytes": Entry("its columns are longer than {most:,} bytes."),
    "evaluation.size/comparisons": Entry(
        "{comparisons:,} comparisons are more than {most:,}.",
        "Use fewer photos, or a gallery and probes instead of all pairs.",
    ),
    "evaluation.size/rows": Entry("{rows:,} rows are more than {most:,}."),
    "evaluation.subject": Entry(
        "a row names no subject.",
        "Every probe and reference needs a subject; leave unnamed people out.",
    ),
    "evaluation.unpaired": Entry("the two score files hold different subjects.", "Run both on the same protocol."),
}
