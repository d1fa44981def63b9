"""Words on the pages of background jobs, in German."""

from bareface.messages.catalogue import Entry

ENTRIES: dict[str, Entry] = {
    "page.job-all": Entry("Das sind alle"),
    "page.job-all-how": Entry(
        "Die Seite, die die Fotos sendet, hat noch nicht gesagt, dass keine mehr kommen. Ist sie geschlossen, dann "
        "hier bestätigen oder den Ordner noch einmal senden: Ein Foto, das schon da ist, kommt nicht doppelt hinein."
    ),
    "page.job-asked": Entry("von {who}, {when}"),
    "page.job-begun": Entry("Der Auftrag wartet, bis er an der Reihe ist."),
    "page.job-cancel": Entry("Abbrechen"),
    "page.job-cancel-how": Entry("Was erledigt ist, bleibt. Fotos, die noch warten, werden gelöscht."),
    "page.job-cancelled": Entry("Der Auftrag endet nach dem, woran er gerade arbeitet."),
    "page.job-completed": Entry("{count:,} Foto(s) empfangen. Das Hinzufügen läuft im Hintergrund weiter."),
    "page.job-count/references": Entry("{count:count Gesicht|Gesichter} aufgenommen"),
    "page.job-done-of": Entry("{done:,} von {total:,}"),
    "page.job-erase": Entry("Diesen Eintrag löschen"),
    "page.job-erased": Entry("Der Eintrag ist gelöscht."),
    "page.job-erased-name": Entry("mit der Person gelöscht"),
    "page.job-figure/missing": Entry("Benannte Personen, die für eine Kalibrierung noch fehlen: {count:,}"),
    "page.job-figure/missing-photos": Entry("Fotos, die nicht mehr da sind: {count:,}"),
    "page.job-figure/problems": Entry("Schäden: {count:,}"),
    "page.job-figure/references": Entry("Referenzen: {count:,}"),
    "page.job-figure/subjects": Entry("Benannte Personen: {count:,}"),
    "page.job-figure/switched": Entry("Alle Templates sind von einem Modell."),
    "page.job-figure/switched-not": Entry("Die alten Templates gelten, bis die Referenzen unten neue haben."),
    "page.job-figure/unresolved": Entry("Referenzen ohne neues Template: {count:,}"),
    "page.job-figure/warnings": Entry("Warnungen: {count:,}"),
    "page.job-found": Entry("gefunden"),
    "page.job-kept": Entry("Ein Auftrag, der zu Ende ist, wird nach einer Woche gelöscht, mit den Namen seiner Fotos."),
    "page.job-kind/calibration": Entry("Galerie kalibrieren"),
    "page.job-kind/check": Entry("Galerie prüfen"),
    "page.job-kind/evaluation": Entry("Galerie auswerten"),
    "page.job-kind/enrolment": Entry("Fotos aufnehmen"),
    "page.job-kind/reembedding": Entry("Templates neu berechnen"),
    "page.job-left-out": Entry(
        "{count:count Datei|Dateien} ausgelassen: kein Foto, versteckt oder in einem Ordner von Papierkörben oder "
        "Vorschaubildern."
    ),
    "page.job-number": Entry("Auftrag {number}"),
    "page.job-photos": Entry("Fotos"),
    "page.job-receiving": Entry("Es kommen noch Fotos an"),
    "page.job-reload": Entry("Neu laden"),
    "page.job-retry": Entry("Noch einmal versuchen"),
    "page.job-retried": Entry("Der Auftrag geht weiter."),
    "page.job-status/cancelled": Entry("abgebrochen"),
    "page.job-status/done": Entry("fertig"),
    "page.job-status/ending": Entry("endet"),
    "page.job-status/failed": Entry("durch einen Fehler angehalten"),
    "page.job-status/running": Entry("läuft"),
    "page.job-status/waiting": Entry("wartet"),
    "page.job-too-large": Entry("{count:count Foto|Fotos} ausgelassen: größer, als der Dienst annimmt."),
    "page.jobs-lead": Entry(
        "Lange Arbeiten laufen hier im Hintergrund, ein Auftrag nach dem anderen und hinter den Suchen. "
        "Nach einem Neustart gehen sie weiter."
    ),
    "page.nav-jobs": Entry("Aufträge"),
    "page.no-jobs": Entry("Es gibt noch keinen Auftrag."),
    "page.photo-waits": Entry("wartet"),
    "page.show-all": Entry("Alle"),
    "page.upkeep": Entry("Die Galerie pflegen"),
    "page.upkeep/calibration": Entry(
        "Aus den benannten Personen lernen, wie oft Fremde hohe Werte erreichen. Suchen verwenden das ab dann."
    ),
    "page.upkeep/check": Entry("Nach Schäden suchen, und nach Fotos, die nicht mehr da sind."),
    "page.upkeep/evaluation": Entry(
        "Fehler an den benannten Personen messen, und wie gleichmäßig das Versprechen gehalten wird; die Seite "
        "Auswertung zeigt es."
    ),
    "page.upkeep/reembedding": Entry(
        "Jedes Foto noch einmal lesen und seine Templates mit den heutigen Modellen berechnen. Danach kalibrieren."
    ),
}
