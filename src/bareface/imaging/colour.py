"""Any colour mode to 8-bit RGB in sRGB on white; used by ``images`` only."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bareface.messages import Note
from bareface.values.face import Float64

if TYPE_CHECKING:
    from PIL.ImageCms import ImageCmsTransform

_STRIP: Final = 1 << 18  # pixels


def flatten(image: Image.Image, notes: list[str]) -> Image.Image:
    """Convert a loaded picture of any mode to RGB in sRGB on white; append notes for the reader to ``notes``."""
    icc, alpha = image.info.get("icc_profile"), None
    if image.mode.startswith("I") or image.mode == "F":
        whites = {"F": (1.0, 255.0, 65535.0), "I": (255.0, 65535.0)}.get(image.mode, (65535.0,))
        image = eight_bits(np.asarray(image), whites, notes)
    elif image.has_transparency_data:
        grey = image.mode in ("L", "LA", "La", "1")
        image = image.convert("LA").convert("RGBA") if image.mode == "La" else image.convert("RGBA")
        alpha = image.getchannel("A")
        if grey:  # a grey profile fits only a grey picture
            image = image.convert("L")
    if image.mode not in ("RGB", "L", "CMYK"):
        image = image.convert("RGB")
    if icc:
        image = _apply_profile(image, icc, notes)
    if image.mode != "RGB":
        image = image.convert("RGB")
    if alpha is not None:
        white = Image.new("RGB", image.size, "white")
        white.paste(image, mask=alpha)
        return white
    return image


def eight_bits(
    values: NDArray[Any], whites: Sequence[float], notes: list[str], *, negative: bool = False
) -> Image.Image:
    """Convert grey values [H, W] of any type to an 8-bit picture.

    Parameters
    ----------
    values
        Numbers; what is not finite is taken as 0.
    whites
        Candidates for white, in rising order: the first that no value exceeds. If all are exceeded, or a value is
        negative, the values are stretched from black to white, and ``notes`` says so.
    notes
        Receives what the reader should know.
    negative
        Whether 0 is white.
    """
    height, width = values.shape
    rows = max(1, _STRIP // width)
    strips = [slice(top, top + rows) for top in range(0, height, rows)]  # so that no copy of all of it is made
    extremes = [(float(part.min()), float(part.max())) for part in (_finite(values[strip]) for strip in strips)]
    low, high = min(low for low, _ in extremes), max(high for _, high in extremes)
    white, black = next((w for w in whites if low >= 0 and high <= w), None), 0.0
    if white is None:
        notes.append(Note("note.stretched", low=low, high=high))
        white, black = high - low, low
    pixels = np.empty((height, width), np.uint8)
    for strip in strips:
        scaled = (_finite(values[strip]) - black) * (255.0 / white)
        pixels[strip] = np.rint(255.0 - scaled if negative else scaled).clip(0, 255)
    return Image.fromarray(pixels)


def _finite(values: NDArray[Any]) -> Float64:
    return np.nan_to_num(values.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)


def _apply_profile(image: Image.Image, icc: bytes, notes: list[str]) -> Image.Image:
    from PIL import ImageCms

    try:
        transform = _to_srgb(icc, image.mode)
        if transform is None:
            return image
        converted = ImageCms.applyTransform(image, transform)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError) as error:
        notes.append(Note("note.colour-profile", reason=error))
        return image
    assert converted is not None  # None only for in-place use
    return converted


@lru_cache(maxsize=16)
def _to_srgb(icc: bytes, mode: str) -> ImageCmsTransform | None:
    """Return the transform of a profile to sRGB; None if it would change nothing visible (most are sRGB)."""
    from PIL import ImageCms

    transform = ImageCms.buildTransform(
        ImageCms.ImageCmsProfile(BytesIO(icc)),
        ImageCms.createProfile("sRGB"),
        mode,
        "RGB",
        ImageCms.Intent.RELATIVE_COLORIMETRIC,
        ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    if mode == "CMYK":
        return transform
    steps = np.arange(0, 256, 17, dtype=np.uint8)
    samples = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(-1, 16, 3) if mode == "RGB" else steps[None]
    before = Image.fromarray(np.ascontiguousarray(samples))
    after = ImageCms.applyTransform(before, transform)
    assert after is not None
    change = np.asarray(before.convert("RGB")).astype(int) - np.asarray(after)
    return transform if np.abs(change).max() > 2 else None
