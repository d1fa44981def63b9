"""Why the quality of a face is low."""

from bareface.messages.catalogue import Entry

ENTRIES: dict[str, Entry] = {
    "quality.blurred": Entry("blurred"),
    "quality.dark": Entry("dark"),
    "quality.down": Entry("turned {degrees:.0f} degrees down"),
    "quality.eyes-apart": Entry("eyes {pixels:.0f} pixels apart"),
    "quality.face-width": Entry("face {pixels:.0f} pixels wide"),
    "quality.low-contrast": Entry("of low contrast"),
    "quality.mirror": Entry("unlike its own mirror image to the model"),
    "quality.overexposed": Entry("overexposed"),
    "quality.roll": Entry("tilted {degrees:.0f} degrees"),
    "quality.up": Entry("turned {degrees:.0f} degrees up"),
    "quality.visible": Entry("{share:.0f} % of the face visible"),
    "quality.yaw": Entry("turned {degrees:.0f} degrees to the side"),
}
