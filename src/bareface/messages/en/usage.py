"""Messages of errors ``usage.*``."""

from bareface.messages.catalogue import Entry

ENTRIES: dict[str, Entry] = {
    "usage.access": Entry(
        "the file that keeps the hash of the token is damaged, or may not be read.",
        cli="Give --new-token, which makes another.",
        python="Renew it.",
    ),
    "usage.ambiguous-subject": Entry(
        "{which!r} can mean several subjects: {several}.",
        cli="Give the number, or merge or rename one of them: `bareface gallery check` names them.",
        python="Give the number, or merge or rename one of them: `Gallery.check()` names them.",
        service="Give the number, such as #7.",
    ),
    "usage.arguments": Entry("{reason}", cli="See `{command} --help`."),
    "usage.arguments/named-twice": Entry("the model is named twice: {name} and {other}.", "Leave one out."),
    "usage.arguments/open-set": Entry(
        "only a folder is split into gallery and probes, and this is a list.", "List the probes in a file of their own."
    ),
    "usage.arguments/probes": Entry(
        "a list of probes goes with a list of the gallery, and this is a folder.", "List both, or split the folder."
    ),
    "usage.arguments/repeated": Entry(
        "{option} is given more than once, but there is one for all that the command is given.", "Run it for each."
    ),
    "usage.arguments/stream": Entry(
        "{option} is “-”: commands read files and write files, no streams.", "Name a file; one called “-” is ./-."
    ),
    "usage.case/closed": Entry("case {number} is closed.", "Open another one."),
    "usage.case/needed": Entry("several people use this gallery: a search belongs to a case.", "Open a case first."),
    "usage.case/purpose": Entry("a case needs a purpose.", "Say what its searches are for."),
    "usage.condition": Entry("no condition is called {only:or}, only {known:list}."),
    "usage.confirm": Entry("this cannot be undone.", cli="Give --yes to do it."),
    "usage.confirm/refused": Entry("it was not confirmed, and nothing was done."),
    "usage.degradation": Entry("{step} has a parameter out of its range."),
    "usage.delete": Entry("name one of a subject, a photo or references to delete."),
    "usage.demo-download/differs": Entry("is not the file that was pinned: its SHA-256 differs."),
    "usage.demo-download/fetch": Entry("cannot be fetched: {reason}."),
    "usage.demo-folder": Entry(
        "there is no folder with a person's photos in it.",
        "Name a folder that holds one folder a person.",
    ),
    "usage.demo-portrait": Entry("the portrait of {name} is missing.", "Reinstall the package that contains it."),
    "usage.empty/argument": Entry(
        "argument {place} is empty (a variable that is not set?).",
        "Give a name; “.” is the current folder.",
    ),
    "usage.empty/path": Entry(
        "the path is empty (a variable that is not set?).",
        "Give a name; “.” is the current folder.",
    ),
    "usage.engine": Entry("this engine does not restore faces.", "Use bareface.Engine."),
    "usage.extra": Entry(
        "{purpose} need the package {package}, which is not installed.",
        "Run `pip install 'bareface[{extra}]'`.",
    ),
    "usage.extra/broken": Entry(
        "{purpose} need the package {package}, which is installed but cannot be loaded: {reason}.",
        "Uninstall {package}, then run `pip install 'bareface[{extra}]'`.",
    ),
    "usage.face/number": Entry("there is no face {number}, only {faces}."),
    "usage.face/photo": Entry("it has no face of that number: {faces} found."),
    "usage.face/photos": Entry("a face is chosen, but there are {photos} photos, not one."),
    "usage.file-mode": Entry(
        "{text!r} is not a file mode that lets its owner read and write.",
        "Give 0600 (you alone, as without the variable), 0640 (your group reads), 0660 or 0644.",
    ),
    "usage.forked": Entry("this stream was started before this process was forked."),
    "usage.home/models": Entry(
        "this user has no home folder to keep models in.",
        "Set BAREFACE_HOME to a folder that may be written to.",
    ),
    "usage.home/restorations": Entry(
        "this user has no home folder to keep the record of restorations in.",
        "Set BAREFACE_HOME to a folder that may be written to.",
    ),
    "usage.input/json": Entry("--input is not JSON: {reason}."),
    "usage.input/object": Entry("--input is not a JSON object."),
    "usage.job/closed": Entry("job {number} takes no more photos.", "Begin another one."),
    "usage.job/not-failed": Entry("job {number} was not stopped by an error."),
    "usage.job/other-gallery": Entry(
        "it was asked for another gallery, which was in the place of this one.",
        "Cancel it, and ask for it again where it belongs.",
    ),
    "usage.job/runs": Entry("job {number} has not ended.", "Cancel it first."),
    "usage.merge": Entry("a subject cannot be merged with itself."),
    "usage.name/control": Entry("the name {name!r} has control characters.", "Leave them out."),
    "usage.name/empty": Entry("the name is empty, or has no visible characters.", "Give a name, or none at all."),
    "usage.name/kind": Entry("a subject's name is text, not {value}.", "Put it in quotes."),
    "usage.name/long": Entry("the name {name!r} has {length} characters, more than {most}.", "Shorten it."),
    "usage.name/neither": Entry("{text!r} is neither a name nor a number.", "Write a number as #7."),
    "usage.name/number": Entry(
        "the name {name!r} reads as the number of a subject.",
        "Choose one that does not begin with “#”.",
    ),
    "usage.network": Entry(
        "other machines can reach {host}, and nothing is encrypted on the way.",
        cli="Leave --host out, or give --network too if a firewall or a proxy with TLS stands before it.",
        python="Use a loopback address.",
    ),
    "usage.no-folder": Entry(
        "the current folder does not exist any more.",
        "Change to another folder, or give an absolute path.",
    ),
    "usage.output/demo": Entry(
        "a gallery with people of your own is here, and the demonstration would replace it.",
        cli="Name another folder with --out.",
        python="Name another folder.",
    ),
    "usage.output/folder": Entry("its folder does not exist.", "Make it first."),
    "usage.output/make-folder": Entry(
        "no folder can be made here: {reason}.",
        "Choose a place that may be written to.",
    ),
    "usage.output/model": Entry(
        "the model cannot be stored: {reason}.",
        "Check the folder, its permissions and the free space; BAREFACE_HOME names another place.",
    ),
    "usage.output/not-a-file": Entry("is a folder, a device or a pipe.", "Name a file."),
    "usage.output/original": Entry(
        "the original of a photo that was deleted cannot be removed: {reason}.",
        "Remove it by hand.",
    ),
    "usage.output/page": Entry("it exists, is not a page, and would be lost.", "Name another file."),
    "usage.output/reads": Entry("it is also an input, and would be lost.", "Name another file."),
    "usage.output/record": Entry("this is a folder, a device or a pipe, not a record of restorations.", "Name a file."),
    "usage.output/remove-model": Entry(
        "the model cannot be removed: {reason}.",
        "Check the permissions of the folder.",
    ),
    "usage.output/several": Entry(
        "one file cannot hold several photos.",
        cli="Name a folder with -o.",
        python="Name a folder.",
    ),
    "usage.output/own-folder": Entry(
        "uploaded photos of this gallery would be kept here, among other files.",
        cli="Give that folder another name, or keep no uploads: `bareface serve --no-originals`.",
        python="Give that folder another name, or give `keep=False`.",
    ),
    "usage.output/write": Entry(
        "cannot be written: {reason}.",
        "Check the name, the folder, its permissions and the free space.",
    ),
    "usage.photos": Entry("there is no such folder.", cli="Check --photos.", python="Check `photos`."),
    "usage.pickle": Entry(
        "an open gallery cannot be pickled.",
        "Pass its path, and open it in the other process with Gallery.open.",
    ),
    "usage.probe": Entry("no probe is given."),
    "usage.region": Entry("{text!r} is neither a polygon of three or more points “x,y x,y x,y” nor a file."),
    "usage.port": Entry(
        "it is not possible to listen at {host}, port {port}: {reason}.",
        cli="Give another --port, or 0 for any free one.",
        python="Choose another port, or 0 for any free one.",
    ),
    "usage.relink": Entry(
        "no photo of the gallery lies below it.",
        cli="`bareface gallery references` lists the paths.",
        python="`Gallery.references()` lists the paths.",
    ),
    "usage.review/answered": Entry("pair {item} was not shown to you, or you answered it: an answer stays as it is."),
    "usage.review/empty": Entry("there is no candidate to review."),
    "usage.review/incomplete": Entry(
        "review {number} is not complete.", "Its outcome is shown when all have answered."
    ),
    "usage.review/no-controls": Entry(
        "the gallery has no other named people to make controls of.", "Ask for the review without controls."
    ),
    "usage.review/taken": Entry("enough other people answer review {number}."),
    "usage.setting": Entry("{value!r} is not a value of this environment variable.", "Give {kind}, or unset it."),
    "usage.subject-exists": Entry(
        "there is a subject called {name!r}.",
        cli="Choose another name, or give the faces to that subject with `bareface gallery assign`.",
        python="Choose another name, or give the faces to that subject with `Gallery.assign`.",
        service="Choose another name, or give the faces to that subject.",
    ),
    "usage.suggestion/named": Entry(
        "{one!r} and {other!r} have names by now, which people gave them.", "Merge them if they are one person."
    ),
    "usage.suggestion/one": Entry("both faces belong to one subject by now.", "Split it if they are two people."),
    "usage.terms/refused": Entry("the terms of {model} were not accepted."),
    "usage.terms/unasked": Entry("the terms of {model} were not accepted.", cli="Give --yes to accept them."),
    "usage.unknown-case": Entry("there is no case number {number}, or it has expired."),
    "usage.unknown-job": Entry("there is no job number {number}, or it ended over a week ago and was erased."),
    "usage.unknown-photo": Entry(
        "no reference comes from this photo.",
        cli="`bareface gallery references` lists the photos.",
        python="`Gallery.references()` lists the photos.",
    ),
    "usage.undo": Entry("the gallery has changed since: names or faces are not where this correction left them."),
    "usage.unknown-reference/kind": Entry("a reference is given by its number, not by {value}."),
    "usage.unknown-reference/none": Entry("no reference is given."),
    "usage.unknown-reference/number": Entry(
        "no reference is number {number}.",
        cli="`bareface gallery references` lists them.",
        python="`Gallery.references()` lists them.",
        service="It may have been deleted since.",
    ),
    "usage.unknown-review": Entry("there is no review number {number}."),
    "usage.unknown-search": Entry("no search or face of that number is kept: {number}."),
    "usage.unknown-subject/alias": Entry("no subject is {which}.", "That is another name of {name!r}: use this one."),
    "usage.unknown-subject/alias-number": Entry(
        "no subject is {which}.",
        "That is another name of {name!r} (#{number}): use this one.",
    ),
    "usage.unknown-subject/kind": Entry("a subject is given by its number or its name."),
    "usage.unknown-subject/none": Entry(
        "no subject is {which}.",
        cli="`bareface gallery subjects` lists them.",
        python="`Gallery.subjects()` lists them.",
        service="It may have been renamed, merged or deleted since.",
    ),
    "usage.watch": Entry(
        "this face cannot be searched again: an earlier version kept it, or it stands for several photos.",
        "Search with the photo again.",
    ),
}
