"""Words on the page of suggestions, in German."""

from bareface.messages.catalogue import Entry

ENTRIES: dict[str, Entry] = {
    "page.suggest-again": Entry("Von vorn beginnen"),
    "page.suggest-answer/cannot-say": Entry("Nicht zu sagen"),
    "page.suggest-answer/different": Entry("Verschiedene"),
    "page.suggest-answer/not-a-face": Entry("Kein Gesicht"),
    "page.suggest-answer/same": Entry("Dieselbe Person"),
    "page.suggest-done": Entry("Nichts mehr zu fragen"),
    "page.suggest-done-how": Entry(
        "Alle anderen unbenannten Gesichter ähneln hier niemandem genug, oder Sie haben schon geantwortet."
    ),
    "page.suggest-lead": Entry(
        "Ein Hinweis aus der Galerie, keine Identifizierung: Sie entscheiden. Zwei Personen mit Namen, zwei auf einem "
        "Foto und zwei, die unterschieden wurden, werden nie vorgeschlagen."
    ),
    "page.suggest-looking": Entry("Suche weiter: {looked} von {unnamed} unbenannten Personen"),
    "page.suggest-looked": Entry("{looked} von {unnamed} unbenannten Personen"),
    "page.suggest-none": Entry("Alle in dieser Galerie haben einen Namen"),
    "page.suggest-not-a-face-ask": Entry(
        "Dieses Gesicht löschen und nie wieder aufnehmen? Das lässt sich nicht rückgängig machen."
    ),
    "page.suggest-on": Entry("Weiter"),
    "page.suggest-photo": Entry("das Foto dazu"),
    "page.suggest-rate": Entry("So ähnlich: {rate}."),
    "page.suggest-said/cannot-say": Entry("Offen gelassen."),
    "page.suggest-said/different": Entry("Unterschieden, auf Dauer."),
    "page.suggest-said/not-a-face": Entry("Gelöscht. Die Dateien der Galerie werden bald neu geschrieben."),
    "page.suggest-said/same": Entry("Eine Person: {name}."),
    "page.suggest-title": Entry("Wer ist das?"),
    "page.suggest-undecided": Entry("Noch einmal nach {count:count offenen Paar|offenen Paaren} fragen"),
    "page.suggest-unnamed": Entry("Unbenannte Personen einzeln durchgehen"),
    "page.suggest-which": Entry("Ist das dieselbe Person?"),
}
