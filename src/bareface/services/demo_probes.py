"""Bad photos for the demonstration, made of good ones."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from bareface.imaging import decode as images
from bareface.services.engine import Engine
from bareface.synthesis.degradations import (
    Defocus,
    Degradation,
    Downsample,
    Jpeg,
    LowLight,
    MotionBlur,
    Target,
    degrade,
)
from bareface.synthesis.masks import apply_mask, sample_mask
from bareface.values.face import Face, Source

CONDITIONS: Final = ("out of focus", "shaken", "in the dark", "far away", "masked")
_SEED = 7
_FAR = 40
"""Width in pixels of a face far away: the smallest that the detector looks for by default."""


def worsen(photo: Source, engine: Engine, condition: str, target: Path) -> Path:
    """Write a photo made worse.

    Parameters
    ----------
    photo
        The good photo.
    engine
        Finds its face.
    condition
        One of :data:`CONDITIONS`.
    target
        The file to write.

    Returns
    -------
    Path
        `target`.
    """
    whole = images.decode(photo)
    face = engine.detect(whole, want=())[0]
    if condition == "masked":
        mask = sample_mask(_SEED, half="test", kind="surgical", nose="medium")
        pixels = apply_mask(whole.pixels, face.landmarks, mask).pixels
    else:
        pixels = degrade(whole.pixels, Target.of(face.landmarks), _steps(condition, face), _SEED)
    images.write(target, pixels)
    return target


def _steps(condition: str, face: Face) -> tuple[Degradation, ...]:
    steps: dict[str, tuple[Degradation, ...]] = {
        "out of focus": (Defocus(0.15),),
        "shaken": (MotionBlur(0.3, angle=20.0),),
        "in the dark": (LowLight(40.0, brightness=0.4),),
        "far away": (Downsample(face.box.width / _FAR, enlarge=False), Jpeg(50)),
    }
    return steps[condition]
