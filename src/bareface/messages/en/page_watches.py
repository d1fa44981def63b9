"""Words on pages about probe faces that are searched again."""

from bareface.messages.catalogue import Entry

ENTRIES: dict[str, Entry] = {
    "page.new-since": Entry("new since {date}"),
    "page.new-since-how": Entry(
        "Searched again by itself: only people who were enrolled since, and who are a match or possible."
    ),
    "page.watch-begin": Entry("Search again when faces are added"),
    "page.watch-begun": Entry("It is searched again whenever faces are added, until the case is closed or expires."),
    "page.watch-end": Entry("Search no more"),
    "page.watch-ended": Entry("It is searched no more. What was found stays in the case."),
    "page.watch-how": Entry("Whoever is new, and a match or possible, is kept in this case."),
    "page.watch-last": Entry("last searched {date}, {count:count time}"),
    "page.watch-trouble": Entry("It is searched no more ({code}): search with the photo again."),
    "page.watched": Entry("Searched again when faces are added: {who}, since {date}"),
}
