"""The report of a case: its headings, and what its figures are worth."""

from bareface.messages.catalogue import Entry

ENTRIES: dict[str, Entry] = {
    "case.aid/enhanced-probe": Entry("enhanced view of the probe opened {at}"),
    "case.aid/enhanced-reference": Entry("enhanced view of the reference opened {at}"),
    "case.answer": Entry("{who}: {verdict}, confidence {confidence}"),
    "case.answer-times": Entry("shown {shown}, answered {answered}"),
    "case.basis": Entry("Legal basis"),
    "case.calibration": Entry("Rates rest on"),
    "case.component/alterations": Entry("alterations"),
    "case.component/cheeks": Entry("cheeks"),
    "case.component/chin": Entry("chin and jawline"),
    "case.component/composition": Entry("face and head composition"),
    "case.component/ears": Entry("ears"),
    "case.component/eyebrows": Entry("eyebrows"),
    "case.component/eyes": Entry("eyes"),
    "case.component/facial-hair": Entry("facial hair"),
    "case.component/forehead": Entry("forehead"),
    "case.component/hairline": Entry("hairline"),
    "case.component/lines": Entry("facial lines"),
    "case.component/marks": Entry("facial marks"),
    "case.component/mouth": Entry("mouth"),
    "case.component/neck": Entry("neck"),
    "case.component/nose": Entry("nose"),
    "case.component/outline": Entry("face and head outline"),
    "case.component/scars": Entry("scars"),
    "case.component/skin": Entry("skin"),
    "case.confidence/high": Entry("high"),
    "case.confidence/low": Entry("low"),
    "case.confidence/medium": Entry("medium"),
    "case.decision/match": Entry("match"),
    "case.decision/no-match": Entry("no match"),
    "case.decision/possible": Entry("possible"),
    "case.erased-on": Entry("Erased on"),
    "case.excluded": Entry("Not this person: all reviewers said so, and it was noted."),
    "case.finding/dissimilar": Entry("dissimilar: {components}"),
    "case.finding/not-visible": Entry("not visible: {components}"),
    "case.finding/similar": Entry("similar: {components}"),
    "case.how-controls": Entry(
        "Controls are pairs of other people of the gallery whose answer is known by their names; reviewers were told "
        "that there are some. A hit is one person recognised, a false alarm is two people taken for one. A few "
        "controls say little about a reviewer, and no answer to a control is an answer about a candidate."
    ),
    "case.measure": Entry(
        "Controls, {who}: {hits} of {same} pairs of one person recognised, {alarms} of {different} pairs of different "
        "people taken for one person, {unsure} left open."
    ),
    "case.face": Entry("face {number}, searched {date} by {who} in {subjects:count subject}"),
    "case.gallery": Entry("Gallery"),
    "case.gone": Entry("no longer in the gallery"),
    "case.how": Entry("How to read this report"),
    "case.how-limits": Entry(
        "A rate holds for strangers on average. For some groups of people, and for photos unlike those that the "
        "rates were counted on, strangers score high more often than stated: take 1 in 100 and rarer rates as an order "
        "of magnitude. “No match” does not show that the person is not in the gallery: a mask, a poor photo or the "
        "passing of years can hide somebody."
    ),
    "case.how-names": Entry(
        "Names are those of the day of this report. The photos show people: keep the report as you keep the photos, "
        "and no longer than the case."
    ),
    "case.how-rate": Entry(
        "“1 in 340 searches by strangers” is the false positive identification rate (FPIR): of 340 people who are not "
        "in this gallery, one would find somebody in it who scores as high. It does not say how probable it is that a "
        "candidate is the person. A rate is extrapolated where it lies beyond what the calibration could count."
    ),
    "case.how-restored": Entry(
        "Restored pictures carry a band that says so. What was added is computed from other faces, not recorded: such "
        "a picture is a viewing aid and never evidence, and it changes nothing in the photo’s own list."
    ),
    "case.how-review": Entry(
        "A review shows each pair without name, score, rank and decision; a second person does not see the first "
        "answers. Reviewers stated their names; nobody checked them. A person decides, and disagreement is an answer."
    ),
    "case.knew": Entry("{who} had seen the scores before answering: these answers were not given blind."),
    "case.leads": Entry("Candidates are leads, not identifications: a person decides. “No match” is an answer."),
    "case.licence": Entry("Licence: {licence}"),
    "case.limits": Entry("Limits: {limits}"),
    "case.map": Entry("Its visible parts, coloured: green face, orange mask, purple other things"),
    "case.models": Entry("Models that took part"),
    "case.no-picture": Entry("no picture kept"),
    "case.no-restored": Entry("No restored picture is in this report."),
    "case.no-search": Entry("No search is kept in this case."),
    "case.open-review": Entry(
        "Review {number} is not complete: {done} of {needed} people have answered. Its answers are not shown."
    ),
    "case.opened": Entry("Opened"),
    "case.opened-by": Entry("{date}, {who}"),
    "case.page": Entry("Page {page} of {pages}"),
    "case.picture-of": Entry("Reference photo of {name}"),
    "case.probe": Entry("Probe"),
    "case.probe-picture": Entry("The probe face, from {name}"),
    "case.purpose": Entry("Purpose"),
    "case.report": Entry("Report"),
    "case.restored": Entry("Restored pictures: viewing aids, not evidence"),
    "case.restored-added": Entry("only in restored pictures"),
    "case.restored-by": Entry("{kind} on {date} by {who}, with {method}; {share} of the face’s pixels are made up"),
    "case.restored-kind/enhance": Entry("Enhanced"),
    "case.restored-kind/unmask": Entry("Completed"),
    "case.restored-lead": Entry("{name}: {places}; best of all {best}, {rate}"),
    "case.restored-none": Entry("Nothing was restored."),
    "case.restored-original": Entry("photo {place}"),
    "case.restored-guess": Entry("picture {number} {place}"),
    "case.restored-depends": Entry("depends on the restored picture"),
    "case.restored-picture": Entry(
        "The face as photographed and restored, with a band that says which part is made up"
    ),
    "case.restored-place": Entry("rank {rank} ({similarity:.3f})"),
    "case.restored-unplaced": Entry("not listed"),
    "case.similarity": Entry("similarity {value:.3f}"),
    "case.title": Entry("Case {name}"),
    "case.training-data": Entry("Training data: {data}"),
    "case.unknown-model": Entry("The card of this model is not installed here."),
    "case.unnamed": Entry("Unnamed subject {number}"),
    "case.verdict/cannot-say": Entry("cannot say"),
    "case.verdict/different": Entry("different people"),
    "case.verdict/same": Entry("same person"),
}
