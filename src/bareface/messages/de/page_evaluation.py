"""Words on the pages of evaluation and groups, in German."""

from bareface.messages.catalogue import Entry

ENTRIES: dict[str, Entry] = {
    "page.evaluate": Entry("Jetzt auswerten"),
    "page.evaluate-again": Entry("Neu auswerten"),
    "page.evaluation-lacks": Entry("Manche Zahlen brauchen {package}."),
    "page.evaluation-lacks-how": Entry("Das Extra [evaluate] installieren und neu auswerten."),
    "page.evaluation-lead": Entry(
        "Wie oft die benannten Personen dieser Galerie verwechselt oder übersehen werden. Verglichen werden die "
        "gespeicherten Vorlagen; kein Foto wird gelesen, und kein Name steht bei den Zahlen."
    ),
    "page.evaluation-limits": Entry(
        "Die Personen einer Galerie sind nicht die, nach denen gesucht wird: andere Menschen und andere Fotos "
        "können schwerer sein. Ein Name für zwei Personen, oder eine Person unter zwei Namen, zählt hier als "
        "Fehler."
    ),
    "page.evaluation-made": Entry("Gemessen am {date} von {who}, Vorlagen von {model}."),
    "page.evaluation-none": Entry("Noch ist nichts gemessen"),
    "page.evaluation-none-how": Entry(
        "„Jetzt auswerten“ beginnt einen Auftrag im Hintergrund; danach zeigt diese Seite seine Zahlen."
    ),
    "page.evaluation-of": Entry(
        "{subjects:count benannte Person|benannte Personen}, {references:count Gesicht|Gesichter}; {mated:count "
        "Person hat|Personen haben} mehrere Fotos."
    ),
    "page.evaluation-report": Entry("Bericht mit Diagrammen"),
    "page.figure": Entry("Zahl"),
    "page.figure/eer": Entry("Gleichfehlerrate"),
    "page.figure/fnir": Entry("Suchen, die verfehlen, bei {target} falschen Alarmen (FNIR bei FPIR)"),
    "page.figure/tar": Entry("Gleiche erkannt, bei {target} falschen Treffern (TAR bei FMR)"),
    "page.figures-how": Entry(
        "TAR: der Anteil der Fotopaare einer Person über einer Grenze, die so viele Paare verschiedener Personen "
        "erreichen. FNIR: der Anteil der Suchen nach jemandem, der hier ist, die verfehlen, wo so viele Suchen "
        "Fremder jemanden finden. Intervalle von 95 %, über Personen gezogen."
    ),
    "page.figures-none": Entry("Zu wenige Personen haben mehrere Fotos, um Fehler zu messen."),
    "page.from-to": Entry("{low} bis {high}"),
    "page.group": Entry("Personen"),
    "page.group-everybody": Entry("Alle"),
    "page.group-few": Entry("wenige"),
    "page.group-look-alikes": Entry("Ähnliche {number}"),
    "page.group-means": Entry("„1 von 10“ heißt"),
    "page.group-people": Entry("Anzahl"),
    "page.group-ratio": Entry("Eingetreten durch versprochen"),
    "page.group-tenth": Entry("{tenths:.1f} von 10"),
    "page.groups-basis": Entry("Das Versprechen beruht auf {basis}."),
    "page.groups-fewest": Entry(
        "Das Versprechen wird ab 20 benannten Personen geprüft, wenn es eine Kalibrierung gibt."
    ),
    "page.groups-file": Entry("Merkmale (CSV)"),
    "page.groups-file-how": Entry(
        "Eine Spalte subject mit Namen wie in der Galerie, oder Nummern wie #7, und je eine Spalte für ein "
        "Merkmal, etwa Alter."
    ),
    "page.groups-go": Entry("Prüfen"),
    "page.groups-here": Entry("Diese Galerie, ohne Merkmale"),
    "page.groups-hundredth": Entry("Versprochen 1 von 100 (1 %)"),
    "page.groups-labelled": Entry("Nach Ihren Merkmalen"),
    "page.groups-labelled-how": Entry(
        "Nichts davon wurde gespeichert: weder Ihre Merkmale noch diese Zahlen. Gruppen von weniger als 30 "
        "Personen sind markiert."
    ),
    "page.groups-lead": Entry(
        "Die Rate eines Kandidaten ist ein Versprechen über Fremde. Diese Seite zeigt, ob es für verschiedene "
        "Menschen gleich gilt. Niemandes Gruppe wird geraten: Ähnliche werden an ihren Vorlagen erkannt, und "
        "Merkmale kommen von Ihnen."
    ),
    "page.groups-look-alikes-how": Entry(
        "Jede Person sucht als Fremde in Galerien, die aus den anderen gezogen sind. 1.0 hält das Versprechen; "
        "2.0 heißt, dass Fremde den Wert doppelt so oft erreichen wie angegeben."
    ),
    "page.groups-match": Entry("Treffer genannt"),
    "page.groups-meaning": Entry(
        "„1 von 10“ stimmt etwa bis auf einen Faktor zwei; „1 von 100“ und seltenere Raten sind eine "
        "Größenordnung. Die Mengen sind klein, und ihre Personen sind nicht Ihre. Über die Menschen einer Gruppe "
        "folgt nichts: Unterschiede sind die der Netze und der Fotos, an denen sie gelernt haben."
    ),
    "page.groups-other-model": Entry(
        "Die Vorlagen dieser Galerie sind von {model}: diese Zahlen sagen nichts darüber."
    ),
    "page.groups-own": Entry("Es wurde an diesen Personen angepasst, die es dann besser halten, als andere es täten."),
    "page.groups-own-labels": Entry("Diese Galerie, mit Ihren Merkmalen"),
    "page.groups-own-labels-how": Entry(
        "Wenn Sie die Gruppen der Menschen wissen dürfen, das Versprechen danach prüfen. Die Datei wird einmal "
        "gelesen und nicht behalten."
    ),
    "page.groups-searches": Entry("Suchen"),
    "page.groups-shipped": Entry("Gemessen, bevor diese Version ausgeliefert wurde"),
    "page.groups-shipped-how": Entry(
        "{model}, {date}: Suchen Fremder aus einer Testmenge in Galerien von {gallery} anderen Personen derselben"
        " Menge, mit 95-%-Intervallen."
    ),
    "page.groups-tenth": Entry("Versprochen 1 von 10 (10 %)"),
    "page.groups-too-few": Entry("Gruppen von Ähnlichen brauchen 80 benannte Personen."),
    "page.groups-unlabelled": Entry("Benannte Personen ohne dieses Merkmal: {count:,}"),
    "page.interval": Entry("95-%-Intervall"),
    "page.nav-evaluation": Entry("Auswertung"),
    "page.nav-groups": Entry("Gruppen"),
    "page.promise": Entry("Das Versprechen nach Gruppen"),
    "page.rate": Entry("{rate} %"),
    "page.support": Entry("Vergleiche"),
    "page.support/enough": Entry("genug"),
    "page.support/few": Entry("wenige: andere Personen ergäben anderes"),
    "page.support/too-small": Entry("zu wenige für eine Aussage"),
    "page.value": Entry("Wert"),
}
