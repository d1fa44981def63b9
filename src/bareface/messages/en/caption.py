"""Captions of pictures."""

from bareface.messages.catalogue import Entry

ENTRIES: dict[str, Entry] = {
    "caption.brightened": Entry("recomputed, {gain:.1f} times as bright"),
    "caption.face": Entry("face {number}"),
    "caption.guess": Entry("guess {number}"),
    "caption.photo": Entry("photo"),
    "caption.recomputed": Entry("recomputed: {method}"),
    "caption.region": Entry("region to fill"),
    "caption.spread": Entry("guesses differ, 0 to {most:.0f} grey levels"),
}
