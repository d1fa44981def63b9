"""Words on the page of suggestions."""

from bareface.messages.catalogue import Entry

ENTRIES: dict[str, Entry] = {
    "page.suggest-again": Entry("Begin anew"),
    "page.suggest-answer/cannot-say": Entry("Cannot say"),
    "page.suggest-answer/different": Entry("Different people"),
    "page.suggest-answer/not-a-face": Entry("Not a face"),
    "page.suggest-answer/same": Entry("Same person"),
    "page.suggest-done": Entry("Nothing more to ask"),
    "page.suggest-done-how": Entry(
        "Every other unnamed face resembles nobody here enough to be asked about, or you have answered already."
    ),
    "page.suggest-lead": Entry(
        "A lead from the gallery, not an identification: you decide. Two people with names, two in one photo, "
        "and two who were told apart are never suggested."
    ),
    "page.suggest-looking": Entry("Looking further: {looked} of {unnamed} unnamed people"),
    "page.suggest-looked": Entry("{looked} of {unnamed} unnamed people"),
    "page.suggest-none": Entry("Everybody in this gallery has a name"),
    "page.suggest-not-a-face-ask": Entry("Delete this face, and never enrol it again? This cannot be undone."),
    "page.suggest-on": Entry("Go on"),
    "page.suggest-photo": Entry("its photo"),
    "page.suggest-rate": Entry("As similar as this: {rate}."),
    "page.suggest-said/cannot-say": Entry("Left open."),
    "page.suggest-said/different": Entry("Told apart, for good."),
    "page.suggest-said/not-a-face": Entry("Deleted. The gallery’s files are rewritten soon."),
    "page.suggest-said/same": Entry("One person: {name}."),
    "page.suggest-title": Entry("Who is this?"),
    "page.suggest-undecided": Entry("Ask again about {count:count pair} that nobody could say about"),
    "page.suggest-unnamed": Entry("Go through the unnamed people, one by one"),
    "page.suggest-which": Entry("Is this the same person?"),
}
