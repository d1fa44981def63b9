"""Words on the pages of reviews and comparisons, in German."""

from bareface.messages.catalogue import Entry

ENTRIES: dict[str, Entry] = {
    "page.checklist": Entry("Merkmalsliste"),
    "page.checklist-how": Entry(
        "Freiwillig. Die Liste der FISWG für den morphologischen Vergleich in ihrer Reihenfolge; auslassen, was "
        "Sie nicht angesehen haben."
    ),
    "page.control-different": Entry("zwei Personen"),
    "page.control-face": Entry("Gesicht {number} der Kontrolle"),
    "page.control-same": Entry("eine Person"),
    "page.controls": Entry("Kontrollen"),
    "page.controls-how": Entry(
        "Kontrollen sind Paare anderer Personen dieser Galerie, deren Antwort durch ihre Namen bekannt ist. Sie "
        "kommen dazwischen, unmarkiert, und messen die Prüfenden, denen das gesagt wird. Bis zur Hälfte zeigt "
        "eine Person."
    ),
    "page.controls-outcome": Entry(
        "Paare anderer Personen, deren Antwort durch ihre Namen bekannt ist. Sie sagen etwas über die Prüfenden, "
        "nichts über einen Kandidaten, und wenige von ihnen nicht viel. Wo eine Antwort den Namen der Galerie "
        "widerspricht, nachsehen, wer recht hat."
    ),
    "page.controls-told": Entry(
        "{count} der {pairs} Paare sind Kontrollen: andere Personen der Galerie, deren Antwort bekannt ist. Sie "
        "messen, wie gut hier Gesichter verglichen werden. Das Ergebnis zeigt Ihre Antworten darauf unter Ihrem "
        "Namen."
    ),
    "page.enhance-how": Entry(
        "Verbesserte Einzelheiten sind aus anderen Gesichtern berechnet, nicht aufgenommen: eine Sehhilfe, kein Beweis."
    ),
    "page.enhance-probe": Entry("Gesuchtes verbessern"),
    "page.enhance-reference": Entry("Referenz verbessern"),
    "page.enhanced": Entry("verbessert, kein Beweis"),
    "page.exclude": Entry("Nicht diese Person"),
    "page.exclude-go": Entry("Vermerken"),
    "page.exclude-how": Entry(
        "Alle Prüfenden sagen von {count:count Kandidat|Kandidaten}, es seien verschiedene Personen. Beim Gesicht"
        " vermerken: seine Liste und der Bericht des Falls zeigen es dann."
    ),
    "page.excluded": Entry("Nicht diese Person: alle Prüfenden sagen es."),
    "page.excluded-done": Entry("Vermerkt bei {count:count Kandidat|Kandidaten}."),
    "page.false-alarms": Entry("Falsche Alarme"),
    "page.finding/dissimilar": Entry("unähnlich"),
    "page.finding/not-visible": Entry("nicht sichtbar"),
    "page.finding/similar": Entry("ähnlich"),
    "page.hits": Entry("Treffer"),
    "page.include": Entry("Zurücknehmen"),
    "page.included-done": Entry("Zurückgenommen."),
    "page.labels": Entry("Antworten als Daten (CSV)"),
    "page.labels-how": Entry(
        "Paare, bei denen alle Prüfenden einig sind, für bareface evaluate. Wer sie öffnet, hat die Werte gesehen."
    ),
    "page.of": Entry("{part} von {whole}"),
    "page.reviewer": Entry("Prüfende"),
}
