"""Errors, remarks and verdicts that people meet on pages, in German."""

from bareface.messages.catalogue import Entry

ENTRIES: dict[str, Entry] = {
    "face.hidden": Entry(
        "nur {shares:percent} des Gesichts sind sichtbar, weniger als die Grenze von {min_visible:percent}.",
        "Ein anderes Foto wählen.",
    ),
    "gallery.empty": Entry("die Galerie ist leer.", "Zuerst Fotos benannter Personen aufnehmen."),
    "gallery.locked": Entry("ein anderes Programm schreibt gerade in die Galerie.", "Gleich noch einmal versuchen."),
    "image.corrupt": Entry("die Datei ist beschädigt ({reason}).", "Noch einmal von der Quelle kopieren."),
    "image.empty": Entry("die Datei ist leer.", "Noch einmal kopieren."),
    "image.no-face/any": Entry("kein Gesicht gefunden.", "Ein anderes Foto versuchen."),
    "image.no-face/least": Entry(
        "kein Gesicht von mindestens {min_face:up} Pixeln gefunden.", "Ein anderes Foto versuchen."
    ),
    "image.not-an-image": Entry(
        "die Datei ist kein Bild.",
        "Gelesen werden JPEG, PNG, WebP, GIF, TIFF, BMP, AVIF und HEIC; es zählt der Inhalt, nicht der Name.",
    ),
    "image.too-many-bytes": Entry(
        "mit {bytes:,} Bytes ist sie größer als die Grenze von {limit:,}.", "Eine kleinere Kopie senden."
    ),
    "image.too-many-pixels/header": Entry(
        "{width} x {height} Pixel sind mehr als das {times}-Fache der Grenze von {limit:,}.",
        "Eine kleinere Kopie senden.",
    ),
    "image.too-many-pixels/limit": Entry(
        "{width} x {height} Pixel sind mehr als die Grenze von {limit:,}.", "Eine kleinere Kopie senden."
    ),
    "image.truncated": Entry(
        "die Datei ist abgeschnitten: ein Teil des Bildes fehlt.", "Noch einmal von der Quelle kopieren."
    ),
    "note.all-rejected": Entry("alle Gesichter darin wurden früher verworfen"),
    "note.decisions": Entry("Raten und Einschätzungen: {basis}"),
    "note.empty-gallery": Entry("die Galerie ist leer"),
    "note.no-face": Entry("kein Gesicht gefunden"),
    "note.no-face/least": Entry("kein Gesicht von mindestens {min_face:up} Pixeln gefunden"),
    "note.normalised": Entry(
        "die Ähnlichkeiten werden an den {count} ähnlichsten anderen Gesichtern dieser Galerie gemessen"
    ),
    "note.normalised/cohort": Entry(
        "die Galerie ist klein: die Ähnlichkeiten werden an Gesichtern gemessen, die bareface mitbringt"
    ),
    "note.not-looked-for": Entry("nach Gesichtern unter {min_face:up} Pixeln wurde nicht gesucht"),
    "note.one-template": Entry(
        "{count:count Kandidat|Kandidaten} über eine Maske hinweg mit einem Template verglichen, da die Referenz kein "
        "Template der oberen Gesichtshälfte hat: Raten und Einschätzungen sind angenähert; der Auftrag „Templates neu "
        "berechnen“ ergänzt es, wo das Foto da ist"
    ),
    "note.poor-quality": Entry("schlechte Qualität, {score:.0f} von 100{why:after}"),
    "note.several-faces": Entry("mehrere Gesichter im Foto einer benannten Person: das größte nehmen"),
    "note.same-photo": Entry(
        "dasselbe Foto ist als {names:list} aufgenommen; dieses Gesicht kann jemand anderem zugeordnet werden. Für "
        "die anderen Gesichter das Foto löschen und ohne Namen aufnehmen"
    ),
    "note.same-photo/unnamed": Entry("dasselbe Foto ist ohne Namen aufgenommen: dieser Person einen Namen geben"),
    "note.thin-evidence": Entry("wenig Beweiskraft: {share:percent} des Gesichts sichtbar ({name})"),
    "note.thin-evidence/several": Entry(
        "wenig Beweiskraft: {share:percent} des Gesichts sichtbar ({name}), {others:list}"
    ),
    "note.uncalibrated": Entry(
        "keine Kalibrierung gilt für dieses Modell: jeder Kandidat ist nur möglich, und keine Rate ist bekannt; der "
        "Auftrag „Galerie kalibrieren“ ändert das"
    ),
    "reason.candidate": Entry("Kandidat {rank}"),
    "reason.probe": Entry("gesuchtes Gesicht"),
    "reason.share-in": Entry("{share:percent} ({name})"),
    "report.mask/full": Entry("Maske über Mund und Nase"),
    "report.mask/none": Entry("keine Maske erkannt"),
    "report.mask/partial": Entry("Maske unter der Nase"),
    "report.odds": Entry("1 von {searches:,}"),
    "report.odds/fewer": Entry("weniger als 1 von {searches:,}"),
    "report.odds/nearly-all": Entry("fast alle"),
    "report.odds/tenths": Entry("{tenths} von 10"),
    "report.rate": Entry("{odds} Suchen nach Fremden"),
    "report.rate/extrapolated": Entry("{odds} Suchen nach Fremden (hochgerechnet)"),
    "report.rate/none": Entry("nicht kalibriert"),
    "report.shows/full": Entry("Maske über Mund und Nase, {visible:percent} sichtbar"),
    "report.shows/none": Entry("keine Maske, {visible:percent} sichtbar"),
    "report.shows/partial": Entry("Maske unter der Nase, {visible:percent} sichtbar"),
    "report.verdict/both": Entry(
        "{matches:count Treffer|Treffer} und {possible:count möglicher Treffer|mögliche Treffer}, "
        "von einem Menschen zu prüfen"
    ),
    "report.verdict/match": Entry("{matches:count Treffer|Treffer}, von einem Menschen zu prüfen"),
    "report.verdict/nobody": Entry("Kein Treffer: in der Galerie ist niemand zum Vergleichen"),
    "report.verdict/none": Entry("Kein Treffer: niemand in dieser Galerie liegt höher, als Fremde es tun"),
    "report.verdict/possible": Entry(
        "{possible:count möglicher Treffer|mögliche Treffer}, von einem Menschen zu prüfen"
    ),
    "report.verdict/uncalibrated": Entry(
        "{leads:count Hinweis|Hinweise}: keine Kalibrierung sagt, wie sicher sie sind"
    ),
    "usage.ambiguous-subject": Entry("{which!r} kann mehrere Personen bedeuten: {several}.", "Die Nummer angeben."),
    "usage.merge": Entry("eine Person kann nicht mit sich selbst zusammengeführt werden."),
    "usage.suggestion/named": Entry(
        "„{one}“ und „{other}“ haben inzwischen Namen, die Menschen vergeben haben.",
        "Führen Sie sie zusammen, wenn sie eine Person sind.",
    ),
    "usage.suggestion/one": Entry(
        "beide Gesichter gehören inzwischen einer Person.", "Trennen Sie sie, wenn es zwei Menschen sind."
    ),
    "usage.name/control": Entry("der Name {name!r} enthält Steuerzeichen.", "Diese weglassen."),
    "usage.name/empty": Entry("der Name ist leer oder hat keine sichtbaren Zeichen.", "Einen Namen angeben."),
    "usage.name/long": Entry("der Name {name!r} hat {length} Zeichen, mehr als {most}.", "Ihn kürzen."),
    "usage.name/neither": Entry("{text!r} ist weder ein Name noch eine Nummer.", "Eine Nummer wie #7 schreiben."),
    "usage.name/number": Entry(
        "der Name {name!r} liest sich wie eine Nummer.", "Einen wählen, der nicht mit „#“ beginnt."
    ),
    "usage.subject-exists": Entry(
        "es gibt schon eine Person namens {name!r}.", "Einen anderen Namen wählen, oder die Gesichter ihr zuordnen."
    ),
    "usage.undo": Entry(
        "die Galerie hat sich seither geändert: Namen oder Gesichter sind nicht mehr dort, wohin diese Korrektur sie "
        "brachte."
    ),
    "usage.unknown-reference/none": Entry("es wurde kein Gesicht ausgewählt."),
    "usage.unknown-reference/number": Entry(
        "es gibt keine Referenz mit der Nummer {number}.", "Sie kann inzwischen gelöscht sein."
    ),
    "usage.unknown-subject/none": Entry("diese Person gibt es nicht ({which})."),
    "usage.watch": Entry(
        "dieses Gesicht kann nicht noch einmal gesucht werden: eine frühere Version hat es aufbewahrt, oder es steht "
        "für mehrere Fotos.",
        "Noch einmal mit dem Foto suchen.",
    ),
    "web.busy": Entry("zu viele Anfragen warten schon.", "Gleich noch einmal versuchen."),
    "web.cursor": Entry("diese Seite der Liste gibt es nicht mehr.", "Mit der ersten Seite beginnen."),
    "web.form": Entry("das Formular gehört nicht zu dieser Sitzung.", "Die Seite noch einmal öffnen."),
    "web.form/origin": Entry(
        "das Formular kommt von {origin}, der Dienst wird aber unter dem Namen {host} aufgerufen.",
        "Den Proxy den Header Host weiterreichen lassen, mit dem Port.",
    ),
    "web.internal": Entry("der Dienst ist unerwartet gescheitert.", "Bitte melden, was er ausgegeben hat."),
    "web.picture": Entry("von diesem Gesicht ist kein Bild gespeichert."),
    "web.request/fields": Entry("die Anfrage ist nicht vollständig: {faults:phrases}."),
    "web.route": Entry("unter dieser Adresse gibt es nichts."),
    "web.search": Entry(
        "diese Suche gibt es nicht, oder nicht mehr.", "Noch einmal suchen: Ergebnisse bleiben eine Stunde."
    ),
    "web.too-large": Entry("die Anfrage ist länger als erlaubt.", "Weniger auf einmal senden."),
}
