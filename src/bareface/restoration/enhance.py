"""A clearer picture of a blurred, coarse, noisy or damaged face: one network, and classical methods."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, get_args

import cv2
import numpy as np

from bareface.errors import RestorationError
from bareface.faces.embedding.base import MaskInfo
from bareface.messages import Note
from bareface.models import registry
from bareface.models.sessions import open_session
from bareface.restoration import classical
from bareface.restoration.aligned import Aligned, aligned, apart, expected, for_embedder, matrix
from bareface.restoration.base import SIDE, Completion, Provenance, Restored
from bareface.restoration.deconvolution import with_guesses
from bareface.restoration.eligibility import why_hopeless
from bareface.restoration.hidden_mark import fade, marked
from bareface.values import arguments
from bareface.values.face import Face, UInt8

if TYPE_CHECKING:
    from bareface.faces.analyser import Analyser

Method: TypeAlias = Literal["bareface", "wiener", "richardson-lucy", "unsharp", "bicubic"]
METHODS: Final[tuple[Method, ...]] = get_args(Method)
MODEL: Final = "bareface-enhance"
POWER: Final = 3.0
"""Exponent of fidelity: 1 - fidelity³ of the method's change is applied, 7/8 by default."""


def enhance(engine: Analyser, face: Face, method: Method = "bareface", fidelity: float = 0.5) -> Restored:
    """Make a face clearer.

    Parameters
    ----------
    engine
        Engine for the template of the result; the network runs on the engine's device.
    face
        A face that still has its photo, as :meth:`bareface.Engine.faces` gives it.
    method
        ``bareface``: the network; ``wiener``, ``richardson-lucy``, ``unsharp``, ``bicubic``: see
        :mod:`bareface.restoration.classical`.
    fidelity
        In [0, 1]: 0 for all that the method does, 1 for the picture as it is.

    Returns
    -------
    Restored
        With one completion; the same each time. Unless fidelity is 1 it carries the mark of
        :mod:`bareface.restoration.hidden_mark`.

    Raises
    ------
    RestorationError
        ``restoration.no-information``: the face is too small or too unclear to be helped; ``restoration.no-photo``;
        ``restoration.method`` and ``restoration.fidelity``: no such method, no such fidelity.
    """
    arguments.instance("face", face, Face, Note("argument.face"))
    arguments.choice("method", method, METHODS, code="restoration.method")
    fidelity = arguments.number("fidelity", fidelity, 0, 1, code="restoration.fidelity")
    cut = aligned(face)
    (face,) = engine.complete([face], ["quality", "template"])
    reason = why_hopeless(face, cut)
    if reason is not None:
        raise RestorationError("restoration.no-information", reason=reason, source=face.source)
    image = blended(cut.pixels, apply(method, cut, engine.providers), fidelity)
    if fidelity < 1:  # else it is the photo, which may be enrolled
        image = marked(image)
    image[cut.beyond] = cut.pixels[cut.beyond]
    template = engine.embed_chips(
        [for_embedder(image, face, engine.geometry)], [MaskInfo(face.mask_state, face.occlusion)]
    )[0]
    card = registry.card(MODEL) if method == "bareface" else None
    changed = (image != cut.pixels).any(axis=2)
    provenance = Provenance(
        kind="enhance",
        method=method,
        model=card.id if card else None,
        model_sha256=card.files[0].sha256 if card else None,
        seed=None,
        source_sha256=cut.photo.sha256,
        synthetic=float(changed[expected()].mean()),
        settings=(("fidelity", f"{fidelity:g}"),),
        version=version("bareface"),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    return Restored(
        source=cut.pixels,
        region=~cut.beyond,
        completions=(Completion(image, template),),
        spread=np.zeros((SIDE, SIDE), np.float32),
        provenance=provenance,
        placement=cut.placement,
        drift=(apart(face.template, template),),
        identity_spread=0.0,
    )


def apply(method: Method, face: Aligned, providers: Sequence[str] | None = None) -> UInt8:
    """Apply a method to an aligned face, RGB uint8 [160, 160, 3]; nothing is refused."""
    return run(face.pixels[None], providers)[0] if method == "bareface" else classical.restored(method, face)


def run(faces: UInt8, providers: Sequence[str] | None = None) -> UInt8:
    """Run the network on aligned faces, RGB uint8 [n, 160, 160, 3], with these ONNX Runtime providers."""
    session = _session(None if providers is None else tuple(providers))
    enhanced: UInt8 = session.run(None, {"pixels": np.stack([with_guesses(face) for face in faces])})[0]
    return enhanced


def blended(source: UInt8, made: UInt8, fidelity: float) -> UInt8:
    """Blend a face with a method's result by fidelity; the rim keeps the face itself."""
    change = (made.astype(np.float32) - source) * ((1 - fidelity**POWER) * fade()[..., None])
    return np.asarray(np.round(np.clip(source + change, 0, 255)), np.uint8)


def place_back(restored: Restored, photo_pixels: UInt8) -> UInt8:
    """Place the enhanced face back into its photo.

    What was changed is added to the photo, so that a photo finer than 160 pixels a face keeps its detail.

    Parameters
    ----------
    restored
        The result of :func:`enhance`.
    photo_pixels
        The photo, as decoded: RGB [H, W, 3] uint8; it is not changed.

    Returns
    -------
    ndarray
        RGB [H, W, 3] uint8; pixels outside :func:`bareface.restoration.unmask.placed_region` are the photo's.
    """
    from bareface.restoration.unmask import placed_region

    change = restored.completions[0].image.astype(np.float32) - restored.source
    size, how = photo_pixels.shape[1::-1], matrix(restored.placement)
    laid = cv2.warpAffine(change, how, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
    inside = placed_region(restored, photo_pixels.shape[:2])
    placed = photo_pixels.copy()
    placed[inside] = np.round(np.clip(photo_pixels[inside] + laid[inside], 0, 255)).astype(np.uint8)
    return placed


@lru_cache(maxsize=2)
def _session(providers: tuple[str, ...] | None) -> Any:
    return open_session(registry.path_of(registry.card(MODEL)), providers=providers)
