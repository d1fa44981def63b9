"""Plausible completions of a face below a mask, which differ where the evidence is weak."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from importlib.metadata import version
from itertools import combinations
from typing import TYPE_CHECKING, Final, TypeAlias

import cv2
import numpy as np

from bareface.errors import RestorationError
from bareface.messages import Note
from bareface.models import registry
from bareface.restoration.aligned import aligned, apart, expected, for_embedder, matrix, warped
from bareface.restoration.base import SIDE, Bool, Completion, Provenance, Restored
from bareface.restoration.eigenface import Eigenfaces, Posterior, split
from bareface.restoration.region import hidden_region
from bareface.values import arguments
from bareface.values.face import Face, Photo, UInt8

if TYPE_CHECKING:
    from bareface.faces.analyser import Analyser

MODEL: Final = "bareface-eigenface"
LEAST_SEEN: Final = 0.15
"""So much of the expected face must be in sight. On CelebA's validation faces the error of the expected filling was
then 0.79 of the mean face's (0.73 with half in sight, 0.87 with a fiftieth): below, little but complexion is left."""
MOST: Final = 100

Region: TypeAlias = Bool | UInt8 | Sequence[tuple[float, float]]
"""Bool [160, 160] on the aligned face; a mask image of the photo's size, uint8 [H, W], where what is above 127 is to be
filled; or a polygon of (x, y) in the photo's pixels."""

_LEAST_HIDDEN: Final = 40


def unmask(engine: Analyser, face: Face, completions: int = 4, seed: int = 0, region: Region | None = None) -> Restored:
    """Fill what hides a face with what could be there.

    Parameters
    ----------
    engine
        Engine for the templates of the completions.
    face
        A face that still has its photo, as :meth:`bareface.Engine.faces` gives it.
    completions
        Number of completions, 1 to 100.
    seed
        The same seed draws the same completions.
    region
        Region to fill; by default everything that the occlusion map labels as occluded, and four pixels around it.

    Raises
    ------
    RestorationError
        ``restoration.nothing-hidden``: no occluder and no region, or a region outside the face;
        ``restoration.no-evidence``: hardly any of the face is seen; ``restoration.no-photo``: the face comes from a
        stream, which keeps no photos; ``restoration.completions`` and ``restoration.region``: no such number, no such
        region.
    """
    arguments.instance("face", face, Face, Note("argument.face"))
    completions = arguments.count("completions", completions, 1, MOST, code="restoration.completions")
    seed = arguments.count("seed", seed)
    cut = aligned(face)
    (face,) = engine.complete([face], ["template"])
    photo, source, placement, beyond = cut.photo, cut.pixels, cut.placement, cut.beyond
    hidden = occluded(face) if region is None else _aligned(region, photo, placement, face.source)
    hidden = hidden & ~beyond
    # What lies beside the face, such as another person, hides nothing of it; a given region may reach beyond it.
    if (hidden & expected() if region is None else hidden).sum() < _LEAST_HIDDEN:
        why = "restoration.nothing-hidden" if region is None else "restoration.nothing-hidden/region"
        raise RestorationError(why, source=face.source)
    _check(hidden | beyond, face.source)

    model = load()
    posterior = model.given(source, hidden, beyond)
    drawn = draw(posterior, source, completions, seed)
    templates = engine.embed_chips([for_embedder(image, face, engine.geometry) for image in drawn])
    pictures = tuple(Completion(image, template) for image, template in zip(drawn, templates, strict=True))
    card = registry.card(MODEL)
    own = face.template
    provenance = Provenance(
        kind="unmask",
        method="eigenface",
        model=card.id,
        model_sha256=card.files[0].sha256,
        seed=seed,
        source_sha256=photo.sha256,
        synthetic=share(hidden),
        settings=(("completions", str(completions)), ("region", "occlusion map" if region is None else "given")),
        version=version("bareface"),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    pairs = [apart(a, b) for a, b in combinations(templates, 2)]
    return Restored(
        source=source,
        region=hidden,
        completions=pictures,
        spread=_spread(drawn, hidden),
        provenance=provenance,
        placement=placement,
        drift=tuple(apart(own, template) for template in templates),
        identity_spread=float(np.mean(pairs)) if pairs else 0.0,
    )


def draw(posterior: Posterior, source: UInt8, count: int, seed: int) -> list[UInt8]:
    """Draw completed faces, RGB uint8 [160, 160, 3]; the n-th is the same however many are drawn."""
    streams = np.random.SeedSequence(seed).spawn(count)
    return [posterior.fill(posterior.draw(np.random.default_rng(stream)), source) for stream in streams]


@lru_cache(maxsize=1)
def load() -> Eigenfaces:
    """Load the packaged model and check it against its card."""
    return Eigenfaces.load(registry.path_of(registry.card(MODEL)))


def occluded(face: Face) -> Bool:
    """Return the region that the occlusion map labels as occluded, made whole and slightly widened: bool [160, 160]."""
    return (
        np.zeros((SIDE, SIDE), bool) if face.occlusion is None else hidden_region(face.occlusion, aligned(face).pixels)
    )


def share(hidden: Bool) -> float:
    """Return the share of the expected face that a region covers, in [0, 1]."""
    return float(hidden[expected()].mean())


def place(restored: Restored, completion: Completion, photo_pixels: UInt8) -> UInt8:
    """Place a completion back into its photo.

    Parameters
    ----------
    restored, completion
        The result of :func:`unmask`, and one of its completions.
    photo_pixels
        The photo that was restored, as decoded: RGB [H, W, 3] uint8; it is not changed.

    Returns
    -------
    ndarray
        RGB [H, W, 3] uint8. Only pixels of :func:`placed_region` differ from the photo's.
    """
    hidden = placed_region(restored, photo_pixels.shape[:2])
    placed = photo_pixels.copy()
    size, how = photo_pixels.shape[1::-1], matrix(restored.placement)
    laid = cv2.warpAffine(completion.image, how, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    placed[hidden] = laid[hidden]
    return placed


def placed_region(restored: Restored, size: tuple[int, ...]) -> Bool:
    """Return the region in a photo of (height, width): bool [height, width]."""
    region = restored.region.astype(np.uint8)
    return np.asarray(cv2.warpAffine(region, matrix(restored.placement), size[1::-1], flags=cv2.INTER_NEAREST), bool)


def _check(blind: Bool, source: str) -> None:
    seen = 1 - share(blind)
    if seen < LEAST_SEEN:
        raise RestorationError("restoration.no-evidence", seen=100 * seen, least=100 * LEAST_SEEN, source=source)


def _aligned(region: Region, photo: Photo, placement: tuple[complex, complex], source: str) -> Bool:
    """Convert the caller's region to the aligned face."""
    if isinstance(region, np.ndarray) and region.dtype == bool and region.shape == (SIDE, SIDE):
        return np.asarray(region, bool)
    if isinstance(region, np.ndarray) and region.ndim == 2 and region.dtype == np.uint8:
        if region.shape not in (photo.size[::-1], photo.pixels.shape[:2]):
            (height, width), size = region.shape, photo.size
            raise RestorationError(
                "restoration.region/size",
                width=width,
                height=height,
                photo_width=size[0],
                photo_height=size[1],
                source=source,
            )
        size = photo.pixels.shape[1::-1]
        marked = (region > 127).astype(np.uint8)
        return warped(np.asarray(cv2.resize(marked, size, interpolation=cv2.INTER_NEAREST), bool), placement)
    try:
        marked_by_truth = isinstance(region, np.ndarray) and region.dtype == bool
        points = np.zeros(0) if marked_by_truth else np.asarray(region, np.float64)
    except (TypeError, ValueError, OverflowError):
        points = np.zeros(0)
    if points.ndim != 2 or points.shape[1] != 2 or len(points) < 3 or not np.isfinite(points).all():
        raise RestorationError("restoration.region/kind", side=SIDE, source=source)
    a, b = placement
    corners = ((points[:, 0] + 1j * points[:, 1]) * photo.scale - b) / a
    canvas = np.zeros((SIDE, SIDE), np.uint8)
    # In 1/16 pixel; far corners are cut so that they stay whole numbers of 32 bits.
    fixed = np.round(np.clip(np.column_stack([corners.real, corners.imag]), -1e6, 1e6) * 16).astype(np.int32)
    cv2.fillPoly(canvas, [fixed], 1, shift=4)
    return canvas > 0


def _spread(drawn: Sequence[UInt8], hidden: Bool) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """Compute the deviation of the completions' luminance at each pixel; zero outside the region."""
    luminance = np.stack([split(image)[0] for image in drawn])
    return np.where(hidden, luminance.std(axis=0), 0).astype(np.float32)
