"""Any colour mode to 8-bit RGB in sRGB on white; used by ``images`` only."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from PIL.ImageCms import ImageCmsTransform


def flatten(image: Image.Image, notes: list[str]) -> Image.Image:
    """A loaded picture of any mode as RGB in sRGB on white; adds to ``notes`` what the reader should know."""
    icc, alpha = image.info.get("icc_profile"), None
    if image.mode.startswith("I") or image.mode == "F":
        image = _eight_bits(image, notes)
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


def _eight_bits(image: Image.Image, notes: list[str]) -> Image.Image:
    """16-bit, 32-bit and float greyscale to 8 bits.

    16 bits have a white; of the others only the values tell: the smallest of 1 (float), 255, 65535 above all.
    """
    values = np.nan_to_num(np.asarray(image).astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(values.min()), float(values.max())
    whites = {"F": (1.0, 255.0, 65535.0), "I": (255.0, 65535.0)}.get(image.mode, (65535.0,))
    white = next((w for w in whites if low >= 0 and high <= w), None)
    if white is None:
        notes.append(f"values from {low:g} to {high:g} stretched to black and white")
        values, white = values - low, high - low
    return Image.fromarray(np.rint(values * (255.0 / white)).astype(np.uint8))


def _apply_profile(image: Image.Image, icc: bytes, notes: list[str]) -> Image.Image:
    from PIL import ImageCms

    try:
        transform = _to_srgb(icc, image.mode)
        if transform is None:
            return image
        converted = ImageCms.applyTransform(image, transform)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError) as error:
        notes.append(f"colour profile ignored: {error}")
        return image
    assert converted is not None  # None only for in-place use
    return converted


@lru_cache(maxsize=16)
def _to_srgb(icc: bytes, mode: str) -> ImageCmsTransform | None:
    """The transform of a profile to sRGB; None if it would change nothing that shows (most are sRGB)."""
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
