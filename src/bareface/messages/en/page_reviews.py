"""Words on the pages of reviews and comparisons."""

from bareface.messages.catalogue import Entry

ENTRIES: dict[str, Entry] = {
    "page.checklist": Entry("Checklist of components"),
    "page.checklist-how": Entry(
        "Optional. FISWG’s list for morphological analysis, in its order; leave out what you did not look at."
    ),
    "page.control-different": Entry("two people"),
    "page.control-face": Entry("Face {number} of the control"),
    "page.control-same": Entry("one person"),
    "page.controls": Entry("Controls"),
    "page.controls-how": Entry(
        "Controls are pairs of other people of this gallery whose answer is known by their names. They come in "
        "between, unmarked, and measure the reviewers, who are told so. Up to half of them show one person."
    ),
    "page.controls-outcome": Entry(
        "Pairs of other people whose answer is known by their names. They say something about the reviewers, "
        "nothing about a candidate, and with a few of them not much. If an answer contradicts the gallery’s "
        "names, look who is right."
    ),
    "page.controls-told": Entry(
        "{count} of the {pairs} pairs are controls: other people of the gallery whose answer is known. They "
        "measure how well people compare faces here. The outcome shows your answers to them under your name."
    ),
    "page.enhance-how": Entry(
        "Enhanced detail is computed from other faces, not recorded: a viewing aid, not evidence."
    ),
    "page.enhance-probe": Entry("Enhance probe"),
    "page.enhance-reference": Entry("Enhance reference"),
    "page.enhanced": Entry("enhanced, not evidence"),
    "page.exclude": Entry("Not this person"),
    "page.exclude-go": Entry("Note this"),
    "page.exclude-how": Entry(
        "All reviewers say of {count:count candidate} that they are different people. Note this at the face: its "
        "list and the report of the case will show it."
    ),
    "page.excluded": Entry("Not this person: all reviewers said so."),
    "page.excluded-done": Entry("Noted of {count:count candidate}."),
    "page.false-alarms": Entry("False alarms"),
    "page.finding/dissimilar": Entry("dissimilar"),
    "page.finding/not-visible": Entry("not visible"),
    "page.finding/similar": Entry("similar"),
    "page.hits": Entry("Hits"),
    "page.include": Entry("Take it back"),
    "page.included-done": Entry("Taken back."),
    "page.labels": Entry("Answers as labels (CSV)"),
    "page.labels-how": Entry(
        "Pairs on which all reviewers agree, for bareface evaluate. Whoever opens them has seen the scores."
    ),
    "page.of": Entry("{part} of {whole}"),
    "page.reviewer": Entry("Reviewer"),
}
