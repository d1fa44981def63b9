"""The report of a case, in German."""

from bareface.messages.catalogue import Entry

ENTRIES: dict[str, Entry] = {
    "case.aid/enhanced-probe": Entry("verbesserte Ansicht des gesuchten Gesichts geöffnet {at}"),
    "case.aid/enhanced-reference": Entry("verbesserte Ansicht der Referenz geöffnet {at}"),
    "case.answer": Entry("{who}: {verdict}, Sicherheit {confidence}"),
    "case.answer-times": Entry("gezeigt {shown}, beantwortet {answered}"),
    "case.basis": Entry("Rechtsgrundlage"),
    "case.calibration": Entry("Grundlage der Raten"),
    "case.component/alterations": Entry("Veränderungen"),
    "case.component/cheeks": Entry("Wangen"),
    "case.component/chin": Entry("Kinn und Kiefer"),
    "case.component/composition": Entry("Aufbau von Gesicht und Kopf"),
    "case.component/ears": Entry("Ohren"),
    "case.component/eyebrows": Entry("Augenbrauen"),
    "case.component/eyes": Entry("Augen"),
    "case.component/facial-hair": Entry("Bart"),
    "case.component/forehead": Entry("Stirn"),
    "case.component/hairline": Entry("Haaransatz"),
    "case.component/lines": Entry("Falten"),
    "case.component/marks": Entry("Male im Gesicht"),
    "case.component/mouth": Entry("Mund"),
    "case.component/neck": Entry("Hals"),
    "case.component/nose": Entry("Nase"),
    "case.component/outline": Entry("Umriss von Gesicht und Kopf"),
    "case.component/scars": Entry("Narben"),
    "case.component/skin": Entry("Haut"),
    "case.confidence/high": Entry("hoch"),
    "case.confidence/low": Entry("gering"),
    "case.confidence/medium": Entry("mittel"),
    "case.decision/match": Entry("Treffer"),
    "case.decision/no-match": Entry("kein Treffer"),
    "case.decision/possible": Entry("möglich"),
    "case.erased-on": Entry("Wird gelöscht am"),
    "case.excluded": Entry("Nicht diese Person: alle Prüfenden sagen es, und es wurde vermerkt."),
    "case.finding/dissimilar": Entry("unähnlich: {components}"),
    "case.finding/not-visible": Entry("nicht sichtbar: {components}"),
    "case.finding/similar": Entry("ähnlich: {components}"),
    "case.how-controls": Entry(
        "Kontrollen sind Paare anderer Personen der Galerie, deren Antwort durch ihre Namen bekannt ist; den Prüfenden "
        "wurde gesagt, dass es sie gibt. Ein Treffer ist eine wiedererkannte Person, ein falscher Alarm sind zwei für "
        "eine gehaltene. Wenige Kontrollen sagen wenig über Prüfende, und keine Antwort auf eine Kontrolle ist eine "
        "über einen Kandidaten."
    ),
    "case.measure": Entry(
        "Kontrollen, {who}: {hits} von {same} Paaren einer Person erkannt, {alarms} von {different} Paaren "
        "verschiedener Personen für eine gehalten, {unsure} offen gelassen."
    ),
    "case.face": Entry("Gesicht {number}, gesucht am {date} von {who} unter {subjects:count Person|Personen}"),
    "case.gallery": Entry("Galerie"),
    "case.gone": Entry("nicht mehr in der Galerie"),
    "case.how": Entry("Wie dieser Bericht zu lesen ist"),
    "case.how-limits": Entry(
        "Eine Rate gilt für Fremde im Mittel. Bei manchen Gruppen von Menschen, und bei Fotos, die anders sind als "
        "die, an denen die Raten gezählt wurden, liegen Fremde öfter so hoch als angegeben: 1 von 100 und seltenere "
        "Raten sind nur eine Größenordnung. „Kein Treffer“ zeigt nicht, dass die Person nicht in der Galerie ist: eine "
        "Maske, ein schlechtes Foto oder die Jahre können jemanden verbergen."
    ),
    "case.how-names": Entry(
        "Die Namen sind die vom Tag dieses Berichts. Die Fotos zeigen Menschen: den Bericht aufbewahren wie die Fotos, "
        "und nicht länger als den Fall."
    ),
    "case.how-rate": Entry(
        "„1 von 340 Suchen nach Fremden“ ist die Rate falscher Treffer (FPIR): von 340 Menschen, die nicht in dieser "
        "Galerie sind, fände einer darin jemanden, der so hoch liegt. Sie sagt nicht, wie wahrscheinlich ein Kandidat "
        "die Person ist. Extrapoliert ist eine Rate, die jenseits dessen liegt, was die Kalibrierung zählen konnte."
    ),
    "case.how-restored": Entry(
        "Restaurierte Bilder tragen ein Band, das es sagt. Ergänztes ist aus anderen Gesichtern berechnet, nicht "
        "aufgenommen: ein solches Bild ist eine Sehhilfe und nie ein Beweis. An der Liste des Fotos ändert es nichts."
    ),
    "case.how-review": Entry(
        "Eine Prüfung zeigt jedes Paar ohne Name, Wert, Rang und Entscheidung; eine zweite Person sieht die ersten "
        "Antworten nicht. Die Prüfenden haben ihre Namen angegeben; niemand hat sie geprüft. Ein Mensch entscheidet, "
        "und auch Uneinigkeit ist eine Antwort."
    ),
    "case.knew": Entry("{who} kannte die Werte vor den Antworten: sie wurden nicht unvoreingenommen gegeben."),
    "case.leads": Entry(
        "Kandidaten sind Hinweise, keine Identifizierungen: ein Mensch entscheidet. „Kein Treffer“ ist eine Antwort."
    ),
    "case.licence": Entry("Lizenz: {licence}"),
    "case.limits": Entry("Grenzen: {limits}"),
    "case.map": Entry("Seine sichtbaren Teile in Farben: grün Gesicht, orange Maske, violett anderes"),
    "case.models": Entry("Beteiligte Modelle"),
    "case.no-picture": Entry("kein Bild vorhanden"),
    "case.no-restored": Entry("In diesem Bericht ist kein restauriertes Bild."),
    "case.no-search": Entry("In diesem Fall ist keine Suche."),
    "case.open-review": Entry(
        "Prüfung {number} ist nicht abgeschlossen: {done} von {needed} Personen haben geantwortet. Ihre Antworten "
        "werden nicht gezeigt."
    ),
    "case.opened": Entry("Eröffnet"),
    "case.opened-by": Entry("{date}, {who}"),
    "case.page": Entry("Seite {page} von {pages}"),
    "case.picture-of": Entry("Referenzfoto von {name}"),
    "case.probe": Entry("Gesuchtes Gesicht"),
    "case.probe-picture": Entry("Das gesuchte Gesicht, aus {name}"),
    "case.purpose": Entry("Zweck"),
    "case.report": Entry("Bericht"),
    "case.restored": Entry("Restaurierte Bilder: Sehhilfen, keine Beweise"),
    "case.restored-added": Entry("nur in restaurierten Bildern"),
    "case.restored-by": Entry("{kind} am {date} von {who} mit {method}; {share} der Pixel des Gesichts sind erfunden"),
    "case.restored-kind/enhance": Entry("Verbessert"),
    "case.restored-kind/unmask": Entry("Ergänzt"),
    "case.restored-lead": Entry("{name}: {places}; bestes von allen {best}, {rate}"),
    "case.restored-none": Entry("Nichts wurde restauriert."),
    "case.restored-original": Entry("Foto {place}"),
    "case.restored-guess": Entry("Bild {number} {place}"),
    "case.restored-depends": Entry("hängt vom restaurierten Bild ab"),
    "case.restored-picture": Entry(
        "Das Gesicht wie fotografiert und restauriert, mit einem Band, das den erfundenen Teil nennt"
    ),
    "case.restored-place": Entry("Rang {rank} ({similarity:.3f})"),
    "case.restored-unplaced": Entry("nicht gelistet"),
    "case.similarity": Entry("Ähnlichkeit {value:.3f}"),
    "case.title": Entry("Fall {name}"),
    "case.training-data": Entry("Trainingsdaten: {data}"),
    "case.unknown-model": Entry("Die Karte dieses Modells ist hier nicht installiert."),
    "case.unnamed": Entry("Unbenannte Person {number}"),
    "case.verdict/cannot-say": Entry("nicht zu sagen"),
    "case.verdict/different": Entry("verschiedene Personen"),
    "case.verdict/same": Entry("dieselbe Person"),
}
