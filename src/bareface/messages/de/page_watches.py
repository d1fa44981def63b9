"""Words on pages about probe faces that are searched again, in German."""

from bareface.messages.catalogue import Entry

ENTRIES: dict[str, Entry] = {
    "page.new-since": Entry("neu seit {date}"),
    "page.new-since-how": Entry(
        "Von selbst noch einmal gesucht: nur wer seitdem aufgenommen wurde und ein Treffer oder möglich ist."
    ),
    "page.watch-begin": Entry("Bei neuen Gesichtern wieder suchen"),
    "page.watch-begun": Entry(
        "Es wird wieder gesucht, sobald Gesichter hinzukommen, bis der Fall geschlossen wird oder abläuft."
    ),
    "page.watch-end": Entry("Nicht mehr suchen"),
    "page.watch-ended": Entry("Es wird nicht mehr gesucht. Was gefunden wurde, bleibt im Fall."),
    "page.watch-how": Entry("Wer neu ist und ein Treffer oder möglich ist, wird in diesem Fall aufbewahrt."),
    "page.watch-last": Entry("zuletzt gesucht {date}, {count:count Mal|Mal}"),
    "page.watch-trouble": Entry("Es wird nicht mehr gesucht ({code}): Suchen Sie noch einmal mit dem Foto."),
    "page.watched": Entry("Wird bei neuen Gesichtern wieder gesucht: {who}, seit {date}"),
}
