"""The quality of a face: measures, and the scores that follow from them."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Measures:
    """Measures of a face, each in its own unit.

    Attributes
    ----------
    sharpness
        Fine detail over coarse structure round the eyes: 0 for none; about 0.4 for a sharp photo.
    over, under
        Shares of the pixels round the eyes that are nearly white or nearly black, in [0, 1].
    dynamic_range
        Entropy of the luminance round the eyes, in bits, 0 to 8.
    yaw
        Degrees; positive where the nose points to the image's right.
    pitch
        Degrees; positive where the face looks up.
    roll
        Degrees in (-180, 180]; positive where the head is turned clockwise in the image.
    eyes
        Inter-eye distance in pixels of the photo, as it would be seen from the front.
    size
        The shorter side of the face's box, in pixels of the photo.
    visible
        Share of the face that nothing covers, in [0, 1]; None if not measured.
    consistency
        Cosine of the templates of the face and of its mirror image, in [-1, 1]; None if not known.
    """

    sharpness: float
    over: float
    under: float
    dynamic_range: float
    yaw: float
    pitch: float
    roll: float
    eyes: float
    size: float
    visible: float | None = None
    consistency: float | None = None


@dataclass(frozen=True, slots=True)
class Quality:
    """Usefulness of a face for recognition.

    Every value is a share in percent, from 0 to 100: of a hundred comparisons with good photos of the same person
    that a flawless photo would win, how many this one is expected to win. A component is that share if nothing
    else were wrong with the photo.

    Attributes
    ----------
    score
        All components together.
    sharpness, exposure, pose, eyes, size
        The components of ISO/IEC 29794-5; ``eyes`` is the inter-eye distance, ``size`` that of the face.
    occlusion
        100 for an uncovered face; None if not measured.
    consistency
        Similarity of the face and its mirror image to the embedder; None if not known.
    measures
        The measures behind the components.
    """

    score: float
    sharpness: float
    exposure: float
    pose: float
    eyes: float
    size: float
    occlusion: float | None
    consistency: float | None
    measures: Measures

    def components(self) -> dict[str, float]:
        """Return the components that are known, by name."""
        named = {field.name: getattr(self, field.name) for field in fields(self)[1:-1]}
        return {name: value for name, value in named.items() if value is not None}
