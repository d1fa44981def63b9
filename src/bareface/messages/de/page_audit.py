"""Words on the page of the audit log, in German."""

from bareface.messages.catalogue import Entry

ENTRIES: dict[str, Entry] = {
    "page.audit-actor": Entry("Person"),
    "page.audit-any": Entry("Alles"),
    "page.audit-calls": Entry("{count:count Aufruf|Aufrufe}"),
    "page.audit-case": Entry("Nummer des Falls"),
    "page.audit-case-number": Entry("Fall {number}"),
    "page.audit-filter": Entry("Anzeigen"),
    "page.audit-kind": Entry("Was"),
    "page.audit-kind/audit": Entry("Protokoll"),
    "page.audit-kind/case": Entry("Fall"),
    "page.audit-kind/change": Entry("Korrektur"),
    "page.audit-kind/compare": Entry("Vergleich"),
    "page.audit-kind/delete": Entry("Löschung"),
    "page.audit-kind/enrol": Entry("Fotos aufgenommen"),
    "page.audit-kind/job": Entry("Auftrag im Hintergrund"),
    "page.audit-kind/list": Entry("Listen gezeigt"),
    "page.audit-kind/other": Entry("Anderes"),
    "page.audit-kind/restore": Entry("Wiederherstellung"),
    "page.audit-kind/review": Entry("Prüfung"),
    "page.audit-kind/search": Entry("Suche"),
    "page.audit-kind/sign-in": Entry("Anmeldung"),
    "page.audit-kind/upkeep": Entry("Pflege"),
    "page.audit-kind/view": Entry("Bilder gezeigt"),
    "page.audit-lead": Entry(
        "Wer was wann und zu welchem Zweck getan hat. Personen und Gesichter sind hier Nummern: Wer gelöscht wird, "
        "hinterlässt keinen Namen. Bilder und Listen, die jemand innerhalb einer Minute sieht, sind eine Zeile."
    ),
    "page.audit-people": Entry("Personen: {numbers}"),
    "page.audit-faces": Entry("Gesichter: {numbers}"),
    "page.audit-some": Entry("{numbers} und {more:,} weitere"),
    "page.audit-times": Entry("Zeiten sind UTC."),
    "page.nav-audit": Entry("Protokoll"),
    "page.no-events": Entry("Es gibt kein solches Ereignis."),
}
