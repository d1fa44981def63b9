"""Remarks on results that stand."""

from bareface.messages.catalogue import Entry

ENTRIES: dict[str, Entry] = {
    "note.agreement": Entry("{within} of {guesses}"),
    "note.agreement/depends": Entry("{within} of {guesses}, depends on the guess"),
    "note.all-rejected": Entry("a standing correction rejects every face"),
    "note.basis": Entry("{parts:phrases}"),
    "note.bob": Entry("imported from bob.bio's four columns"),
    "note.coarse": Entry("parts of the file are missing: the picture is coarser than it was"),
    "note.colour-profile": Entry("colour profile ignored: {reason}"),
    "note.decisions": Entry("rates and decisions: {basis}"),
    "note.empty-gallery": Entry("the gallery is empty"),
    "note.copies": Entry(
        "{count:count photo} the same as another, such as {name} and {other}: they are as alike as can be, whoever "
        "they show"
    ),
    "note.end-missing": Entry("the end of the file is missing; its pixels are complete"),
    "note.enhanced": Entry(
        "{count:count enhanced picture} by {method}, identity drift {drift:list}: viewing aids, not evidence",
    ),
    "note.check": Entry("{found:sentences}."),
    "note.error": Entry("{message} {advice}"),
    "note.exif": Entry("EXIF cannot be read: taken as upright"),
    "note.few-mated": Entry(
        "fewer than {least} named subjects have two references: people enrolled under two names were not searched for",
    ),
    "note.few-subjects/none": Entry(
        "{missing} more named subjects are needed for a calibration of this gallery: bareface has none for these "
        "templates",
    ),
    "note.few-subjects/packaged": Entry(
        "{missing} more named subjects are needed for a calibration of this gallery: the packaged one is used",
    ),
    "note.first-frame": Entry("first of {count} frames"),
    "note.first-page": Entry("first of {count} pages"),
    "note.first-picture": Entry("first of {count} pictures"),
    "note.folds": Entry("the pairs file has no folds: ten were assigned in turn"),
    "note.frames-damaged": Entry("first frame; what follows it is damaged"),
    "note.fused": Entry(
        "{photos} probe photos were fused as one person's; rates and decisions are calibrated for single photos",
    ),
    "note.fused-not-restored": Entry("fused faces are not restored"),
    "note.guesses": Entry(
        "{count:count guess|guesses} by {method}, identity drift {drift:list}: viewing aids, not evidence",
    ),
    "note.held-encodings": Entry("{encodings:count encoding} had been imported before, and not again"),
    "note.held-encodings/other": Entry(
        cli="{encodings:count encoding} of {given!r} had been imported as {called}, and not again; "
        "`bareface gallery assign` changes that",
        python="{encodings:count encoding} of {given!r} had been imported as {called}, and not again; "
        "`Gallery.assign` changes that",
    ),
    "note.largest": Entry("{photo}: {faces} faces found, the largest was taken"),
    "note.left-out/excluded": Entry(
        cli="left out {count:count file} by --exclude",
        python="left out {count:count file} by `exclude`",
    ),
    "note.left-out/files": Entry(
        "left out {kinds:some}: bareface reads JPEG, PNG, WebP, GIF, TIFF, BMP, AVIF and HEIC",
    ),
    "note.left-out/folders": Entry(
        "left out {count:count folder} by their names: {names:some} (name a folder itself to have it read)",
    ),
    "note.left-out/hidden": Entry("left out {count:count hidden file}"),
    "note.left-out/special": Entry(
        "left out {count:count pipe, socket or device|pipes, sockets or devices}: {names:some}",
    ),
    "note.left-out/unmatched": Entry(
        "nothing to leave out matches {patterns:some}: patterns are compared with names, with paths below the given "
        "folder and, from the root, with whole paths",
    ),
    "note.main-picture": Entry("main of {count} pictures"),
    "note.own-gallery": Entry(
        "the people of one gallery: those of other galleries, and photos of another kind, may be harder or easier"
    ),
    "note.masked-not-enhanced": Entry("this face wears a mask: it was not enhanced"),
    "note.mixed": Entry(
        "{references:count reference was|references were} made by {model} in {precision}, the probe's template by "
        "{probe_model} in {probe_precision}: comparable, but slightly less exact",
    ),
    "note.name-corrected": Entry("{given!r} is given, but a correction made by hand says {called}"),
    "note.name-means": Entry("{given!r} means {called}"),
    "note.new-since": Entry("searched again: only who was enrolled since, and is a match or possible, is listed"),
    "note.no-face": Entry("no face found"),
    "note.no-face/least": Entry("no face found of at least {min_face:up} pixels"),
    "note.no-mask": Entry("no mask hides this face"),
    "note.no-template": Entry("{photos:count photo} gave no template ({reasons:list}): counted as errors"),
    "note.no-verdict": Entry("nothing restored was compared"),
    "note.normalised": Entry("similarities are judged by the probe's {count} most similar other faces of this gallery"),
    "note.normalised/cohort": Entry(
        "the gallery is small: similarities are judged by faces that bareface brings along",
    ),
    "note.not-looked-for": Entry("faces under {min_face:up} pixels were not searched for"),
    "note.not-restored": Entry("not restored: {error}"),
    "note.not-searched": Entry("{photo}: {reason}, so it was not searched"),
    "note.one-template": Entry(
        cli=(
            "{count:count candidate} compared across a mask by one template, since the reference has no "
            "upper-face template: rates and decisions are those of comparisons by both, as an approximation; "
            "`bareface gallery reembed` adds it where the photo is available"
        ),
        python=(
            "{count:count candidate} compared across a mask by one template, since the reference has no "
            "upper-face template: rates and decisions are those of comparisons by both, as an "
            "approximation; `Gallery.reembed()` adds it where the photo is available"
        ),
        service=(
            "{count:count candidate} compared across a mask by one template, since the reference has no "
            "upper-face template: rates and decisions are those of comparisons by both, as an "
            "approximation; the job “Compute templates again” adds it where the photo is available"
        ),
    ),
    "note.other-encodings": Entry(
        "{encodings:count encoding} cannot be of face_recognition: the numbers are those of another library, and no "
        "search finds them. Delete them, and enrol the photos",
    ),
    "note.other-model": Entry(
        "one template is of {model}, one of {other_model}: the threshold is for two of one model",
    ),
    "note.outside-folders": Entry("left out {count:count photo} outside people's folders"),
    "note.padded": Entry("photos padded by {pixels} px before detection"),
    "note.phrases": Entry("{notes:phrases}"),
    "note.poor-quality": Entry("poor quality {score:.0f} of 100{why:after}"),
    "note.poor-quality/several": Entry(
        "poor quality of {poor} of {faces} faces, at worst {score:.0f} of 100{why:after}",
    ),
    "note.reduced": Entry("decoded at {width} x {height} of {full_width} x {full_height} pixels"),
    "note.restored": Entry("it is a restored picture: {reason} Enrol the photo it was made from."),
    "note.restored-faces": Entry("not enrolled, since it looks like one that was restored here: {count:count face}"),
    "note.rough-guesses": Entry(
        "guesses are compared with masked references by one template only: their similarities there are rough",
    ),
    "note.same-photo": Entry(
        cli="the same photo is enrolled as {names:list}; `bareface gallery assign` gives that face to someone else. "
        "For its other faces, delete the photo and enrol it unnamed",
        python="the same photo is enrolled as {names:list}; `Gallery.assign` gives that face to someone else. "
        "For its other faces, delete the photo and enrol it unnamed",
        service="the same photo is enrolled as {names:list}; that face can be given to someone else. "
        "For its other faces, delete the photo and enrol it unnamed",
    ),
    "note.same-photo/unnamed": Entry(
        cli="the same photo is enrolled unnamed; `bareface gallery assign` changes that",
        python="the same photo is enrolled unnamed; `Gallery.assign` changes that",
        service="the same photo is enrolled unnamed: name that person",
    ),
    "note.same-picture/again": Entry(
        "both show one picture, which may have been saved again: that they are alike says nothing about who it is"
    ),
    "note.same-picture/mirrored": Entry(
        "one picture is the other, mirrored: that they are alike says nothing about who it is"
    ),
    "note.sentences": Entry("{notes:sentences}"),
    "note.several-faces": Entry("several faces in a named person's photo: choose one, or take the largest"),
    "note.split": Entry(
        "{people:count person|people} enrolled with up to {references:count reference}, {strangers:,} not; "
        "{share:.0%} of {probes:count probe} are non-mated; seed {seed}",
    ),
    "note.stretched": Entry("values from {low:g} to {high:g} stretched to black and white"),
    "note.subjects-drawn": Entry("{drawn:,} of {subjects:,} named subjects were drawn"),
    "note.synthetic": Entry(
        "its own metadata call it restored, drawn or generated: what it shows of a face may be a guess, and no evidence"
    ),
    "note.synthetic/of": Entry(
        "the metadata of {name} call it restored, drawn or generated: what it shows of a face may be a guess, and no "
        "evidence"
    ),
    "note.synthetic/photos": Entry(
        "{count:count picture} among the photos, such as {name}, whose metadata say restored, drawn or generated: "
        "leave them out for rates of photos"
    ),
    "note.thin-evidence": Entry("thin evidence: {share:percent} of the face visible in {name}"),
    "note.thin-evidence/several": Entry("thin evidence: {share:percent} of the face visible in {name}, {others:list}"),
    "note.uncalibrated": Entry(
        cli="no calibration covers this model: every candidate is only possible, and no rate is known; "
        "`bareface models fit MODEL --faces DIR` or `bareface calibrate GALLERY` changes that",
        python="no calibration covers this model: every candidate is only possible, and no rate is known; "
        "`Models.fit` or `Gallery.calibrate` changes that",
        service="no calibration covers this model: every candidate is only possible, and no rate is known; "
        "the job “Calibrate the gallery” changes that",
    ),
    "note.union": Entry("the union's rates: {basis}"),
    "note.union-uncalibrated": Entry(
        "no calibration covers the best of this many searches: no rate is known for the union",
    ),
    "note.verdict": Entry("{system} {verdict} ({points:+.1f} points of {metric}, {low:+.1f} to {high:+.1f})"),
    "note.verdicts": Entry("{condition} ({subjects:count person|people}): {verdicts:phrases}."),
}
