"""Simulated masks: worn by the face in a photo, lit by its light, returned with the pixels they hide.

The variants are those of NIST FRTE part 6A (shape, colour, nose coverage; NISTIR 8311) and more: kinds,
folds, straps, prints. Shapes, prints and colours come in a training and a test half that share nothing, so
that what is trained on the one is not tested on itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from bareface.errors import ImageError
from bareface.synthesis.mask_geometry import Camera, Surface, Window, fit_camera, see
from bareface.synthesis.mask_light import (
    LINEAR,
    LUMINANCE,
    Light,
    evenness,
    noise_level,
    read_light,
    sharpness,
    to_srgb,
)
from bareface.synthesis.mask_shapes import SHAPES, Shape, cut, outline, straps
from bareface.synthesis.mask_specs import MaskSpec, sample_mask
from bareface.synthesis.mask_textures import paint
from bareface.values.face import Float32, Float64, Landmarks, UInt8

__all__ = ["SHADOW_REACH", "MaskSpec", "MaskedPhoto", "apply_mask", "sample_mask"]

SHADOW_REACH: Final = 0.4
"""Reach of soft edges and shadows beyond mask and straps, in inter-ocular distances."""

# Light that fibres scatter whatever their dye: what makes folds visible on black.
_SHEEN: Final = np.float32(0.008)
# Linear light above which a camera compresses.
_KNEE: Final = np.float32(0.62)
# The bare face's own bulge: where its skin is sampled and its light is read.
_FACE: Final = Surface.over_face(
    np.array([0.1, 0.24, 0.42, 0.26, 0.24, 0.2, 0.06, -0.2]),
    np.array([0.22, 0.22, 0.2, 0.4, 0.5, 0.5, 0.5, 0.5]),
    0.6,
)
_SKIN_POINTS: Final = np.array(
    [(x, 0.2 + 0.4 * abs(x)) for x in (-0.6, -0.45, -0.3, 0, 0.3, 0.45, 0.6)]  # under the eyes and between them
    + [(x, -0.4) for x in (-0.25, 0, 0.25)]  # the forehead
)
_FACE_POINTS: Final = np.array([(x, y) for y in np.linspace(0.2, 1.6, 12) for x in np.linspace(-0.75, 0.75, 13)])


@dataclass(frozen=True, slots=True, eq=False)
class MaskedPhoto:
    """A photo with a simulated mask.

    Attributes
    ----------
    pixels
        RGB [H, W, 3] uint8. Beyond `region` only its soft edge, its shadow and straps that cover less than half
        of a pixel change: nothing further than `SHADOW_REACH` inter-ocular distances from mask and straps.
    region
        bool [H, W]: the pixels of the mask and its straps.
    coverage
        Share of the face (an oval from mid-forehead to chin) that is hidden, in [0, 1].
    spec
        Specification of the mask.
    """

    pixels: UInt8
    region: NDArray[np.bool_]
    coverage: float
    spec: MaskSpec


def apply_mask(pixels: UInt8, landmarks: Landmarks, spec: MaskSpec) -> MaskedPhoto:
    """Render a mask on a face.

    The mask is a surface in the face's own frame, seen through the camera that the landmarks imply, lit by
    the light read from the face and blurred and grained as the photo is.

    Parameters
    ----------
    pixels
        RGB [H, W, 3] uint8; not changed.
    landmarks
        Of the bare face, in pixels of `pixels`, in either scheme.
    spec
        Specification of the mask.

    Raises
    ------
    ImageError
        ``image.array``: not an RGB uint8 picture.
    EvaluationError
        ``evaluation.landmarks``: the landmarks describe no face.
    """
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8:
        raise ImageError("image.array/mask", dtype=pixels.dtype, shape=pixels.shape)
    camera, shape = fit_camera(landmarks), SHAPES[spec.shape]
    ridge = np.array(shape.ridge)
    if spec.nose == "low":
        ridge = np.minimum(ridge, 0.36)
    surface = Surface.over_face(ridge, np.array(shape.width), shape.crease)
    edge = camera.project(surface.lift(_onto_face(outline(shape, spec.top), spec)))
    cords = _visible_straps(shape, spec, surface, camera)
    window = Window.around(np.concatenate([edge, *cords]), SHADOW_REACH * camera.scale, pixels.shape)
    inner = Window.around(edge, 0.05 * camera.scale + 1, pixels.shape)
    result, region = pixels.copy(), np.zeros(pixels.shape[:2], bool)
    if inner.empty:
        return MaskedPhoto(result, region, 0.0, spec)

    photo = pixels[window.slices]
    light = _light_on_face(pixels, camera)
    colour, body = _within(window, inner, _render(spec, camera, surface, inner, light))
    cord = _draw_straps(cords, camera, window, photo, light)
    result[window.slices] = _compose(photo, colour, body, cord, spec, camera, light)
    region[window.slices] = np.maximum(body, cord) >= 0.5
    return MaskedPhoto(result, region, _coverage(region, camera), spec)


def _onto_face(points: Float64, spec: MaskSpec) -> Float64:
    """Map the mask's own frame to the face frame: stretched, turned about the mouth, shifted."""
    sine, cosine = np.sin(spec.tilt), np.cos(spec.tilt)
    x, y = points[:, 0] * spec.stretch, points[:, 1] - 1
    return np.column_stack([cosine * x - sine * y + spec.shift, sine * x + cosine * y + 1])


def _within(window: Window, inner: Window, seen: Float32) -> tuple[Float32, Float32]:
    """Spread colour and cover of an inner window over the window around it."""
    (top, bottom), (left, right) = (
        (inner.top - window.top, window.bottom - inner.bottom),
        (inner.left - window.left, window.right - inner.right),
    )
    spread = cv2.copyMakeBorder(seen, top, bottom, left, right, cv2.BORDER_CONSTANT, value=0)
    return spread[..., :3], spread[..., 3]


def _visible_straps(shape: Shape, spec: MaskSpec, surface: Surface, camera: Camera) -> tuple[Float64, ...]:
    """Return the straps on the sides of the head that the camera sees, in pixels."""
    lines = []
    for side in (-1, 1):
        if camera.view @ (0.9 * side, 0, 0.43) > 0.12:
            for line in straps(shape, surface):
                flat = _onto_face(line[:, :2] * (side, 1), spec)
                lines.append(camera.project(np.column_stack([flat, line[:, 2]])))
    return tuple(lines)


def _light_on_face(pixels: UInt8, camera: Camera) -> Light:
    """Read the light from small patches of the face."""
    points = camera.project(_FACE.lift(np.concatenate([_SKIN_POINTS, _FACE_POINTS])))
    window = Window.around(points, 0, pixels.shape)
    if window.empty:
        return read_light(np.full((1, 3), 0.25), np.zeros(0), np.zeros((0, 2)))
    patch = max(0.12 * camera.scale, 1)
    size = tuple(max(round(length / patch), 1) for length in window.size)
    patches = LINEAR[cv2.resize(pixels[window.slices], size, interpolation=cv2.INTER_AREA)].astype(np.float64)
    where = (points - (window.left, window.top)) / window.size
    inside = (where.min(axis=1) >= 0) & (where.max(axis=1) < 1)
    column, row = (np.clip(where * size, 0, np.array(size) - 1)).astype(int).T
    colours = patches[row, column]
    skin, face = inside[: len(_SKIN_POINTS)], inside[len(_SKIN_POINTS) :]
    at = _FACE_POINTS.astype(np.float32)
    slopes = _FACE.at(at[:, :1], at[:, 1:])[:, 0, 1:].astype(np.float64)
    samples = colours[: len(_SKIN_POINTS)][skin] if skin.any() else colours
    return read_light(samples, colours[len(_SKIN_POINTS) :][face] @ LUMINANCE, slopes[face])


def _sew(spec: MaskSpec, surface: Surface, light: Light, fineness: float) -> tuple[Float32, float, float]:
    """Lay out the mask on the face frame and light it.

    Returns linear colour and cover, float32 [h, w, 4], and the face-frame coordinates of its upper left cell.
    """
    folds, threads = (np.random.default_rng([spec.seed, stream]) for stream in (1, 2))
    sheet = cut(SHAPES[spec.shape], spec.top, fineness, folds)
    cloth = paint(spec.pattern, spec.palette[:3], sheet.x, sheet.y, fineness, threads)
    x, y = (np.ascontiguousarray(np.broadcast_to(axis, sheet.cover.shape)) for axis in (sheet.x, sheet.y))
    bulge, bare = surface.at(x, y), _FACE.at(x, y)
    down, across = np.gradient(sheet.relief, np.float32(1 / fineness))
    # The photo's own unevenness already holds some of the bare face's shading.
    shade = light.on(bulge[..., 1] + across, bulge[..., 2] + down) / np.sqrt(light.on(bare[..., 1], bare[..., 2]))
    shade = (shade * sheet.dimming)[..., None]
    lit = np.dstack([cloth * shade + _SHEEN * shade * shade, sheet.cover])
    return lit, float(sheet.x[0, 0]), float(sheet.y[0, 0])


def _render(spec: MaskSpec, camera: Camera, surface: Surface, window: Window, light: Light) -> Float32:
    """Render the mask as the camera sees it: linear colour under even light, and cover; float32 [h, w, 4]."""
    fine = int(np.clip(round(76 / camera.scale), 1, 4))
    fineness = float(np.clip(fine * camera.scale, 40, 420))
    sheet, left, top = _sew(spec, surface, light, fineness)
    x, y, facing = see(camera, surface, window, fine)
    sine, cosine = np.float32(np.sin(spec.tilt)), np.float32(np.cos(spec.tilt))
    x, y = x - np.float32(spec.shift), y - 1
    column = ((cosine * x + sine * y) / np.float32(spec.stretch) - np.float32(left)) * np.float32(fineness)
    row = (cosine * y - sine * x + np.float32(1 - top)) * np.float32(fineness)
    seen = cv2.remap(sheet, column, row, cv2.INTER_LINEAR)
    seen[..., 3] *= np.clip(facing * 8 - np.float32(0.4), 0, 1)
    seen[..., :3] *= seen[..., 3:]
    # Subpixels are averaged in linear light, weighted by cover, as a sensor would.
    pixel: Float32 = cv2.resize(seen, window.size, interpolation=cv2.INTER_AREA)
    pixel[..., :3] /= np.maximum(pixel[..., 3:], 1e-4)
    return pixel


def _draw_straps(cords: tuple[Float64, ...], camera: Camera, window: Window, photo: UInt8, light: Light) -> Float32:
    """Draw the cover of the straps, float32 [h, w]; they vanish where hair or background lies below, not skin."""
    fine = int(np.clip(round(110 / camera.scale), 1, 6))
    width, height = window.size
    canvas = np.zeros((height * fine, width * fine), np.uint8)
    thickness = max(1, round(0.028 * camera.scale * fine))
    for cord in cords:
        points = np.round((cord - (window.left, window.top) + 0.5) * fine * 16).astype(np.int32)
        # Drawn from the ear, where it fades behind the head, to the mask.
        for index in reversed(range(len(points) - 1)):
            value = 255 * min(1.0, 2.3 - 2.2 * index / (len(points) - 2))
            cv2.polylines(canvas, [points[index : index + 2]], False, value, thickness, cv2.LINE_AA, shift=4)
    cover: Float32 = cv2.resize(canvas, window.size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    below = LINEAR[cv2.blur(photo, (3, 3))]
    unlike = abs(np.log((below + 0.01) / (light.skin.astype(np.float32) + 0.01))).mean(axis=2)
    cover *= np.clip((1.2 - unlike) * 4, 0, 1)
    return cover


def _expose(linear: Float32, cover: Float32, photo: UInt8, camera: Camera, light: Light) -> Float32:
    """Apply the photo's light to the mask's colours: level, hue and slow changes; sRGB in code values."""
    # Slow changes of light need no full resolution.
    small = min(1.0, 24 / camera.scale)
    width, height = (max(round(length * small), 1) for length in cover.shape[::-1])
    skin, weight = (cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA) for image in (photo, cover))
    even = evenness(LINEAR[skin] @ LUMINANCE, weight, 0.3 * camera.scale * small)
    even = cv2.resize(even, cover.shape[::-1], interpolation=cv2.INTER_LINEAR) ** np.float32(0.7)
    linear = linear * even[..., None] * light.level.astype(np.float32)
    if light.saturation < 1:
        grey = (linear @ LUMINANCE)[..., None]
        linear = (grey + light.saturation * (linear - grey)).astype(np.float32)
    # A camera's shoulder: a white mask in full light keeps its folds.
    bright = np.maximum(linear - _KNEE, 0)
    return to_srgb(linear - bright + (1 - _KNEE) * (1 - np.exp(-bright / (1 - _KNEE)))) * 255


def _compose(
    photo: UInt8, colour: Float32, body: Float32, cord: Float32, spec: MaskSpec, camera: Camera, light: Light
) -> UInt8:
    """Lay mask and straps onto the photo, with its light, its blur and its grain."""
    strap = LINEAR[list(spec.palette[3])] * np.float32(0.85)
    cloth = np.where((body > 0.02)[..., None], colour, strap).astype(np.float32)
    painted = _expose(cloth, body, photo, camera, light)
    grey = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)
    alpha = np.maximum(body, cord)
    layers = np.dstack([painted * alpha[..., None], alpha, body])
    # Capped, so that on a tiny face the mask does not melt.
    layers = cv2.GaussianBlur(layers, (0, 0), min(sharpness(grey), 0.08 * camera.scale))
    painted, alpha, body = layers[..., :3], layers[..., 3:4], layers[..., 4]
    rng = np.random.default_rng([spec.seed, 3])
    # Neighbouring pixels share noise after demosaicing and JPEG; the factor brings it back to unit deviation.
    grain = 2.1 * cv2.GaussianBlur(rng.standard_normal(body.shape, np.float32), (0, 0), 0.6)[..., None]
    painted = painted + alpha * grain * np.float32(noise_level(grey))

    shadow = _shadow(body, camera)[..., None]
    mixed = photo * (1 - shadow) * (1 - alpha) + painted
    touched = np.maximum(alpha, shadow) > 0.002
    return np.where(touched, np.clip(np.round(mixed), 0, 255), photo).astype(np.uint8)


def _shadow(body: Float32, camera: Camera) -> Float32:
    """Return the share of light that the mask takes from the skin below and right at its edge."""
    step = camera.matrix[:, 1] * 0.05
    move = np.array([(1, 0, step[0]), (0, 1, step[1])])
    cast = cv2.warpAffine(body, move, body.shape[::-1])
    reach, close = 0.05 * camera.scale, 0.02 * camera.scale
    wide, narrow = (cv2.GaussianBlur(layer, (0, 0), max(sigma, 0.4)) for layer, sigma in ((cast, reach), (body, close)))
    shadow: Float32 = np.float32(0.4) * wide + np.float32(0.15) * narrow
    return shadow


def _coverage(region: NDArray[np.bool_], camera: Camera) -> float:
    """Return the share of the face's oval that the region hides."""
    angle = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    oval = np.column_stack([0.98 * np.cos(angle), 0.5 + 1.2 * np.sin(angle), np.full(60, -0.2)])
    edge = camera.project(oval)
    window = Window.around(edge, 1, region.shape)
    if window.empty:
        return 0.0
    face = np.zeros(window.size[::-1], np.uint8)
    cv2.fillPoly(face, [np.round(edge - (window.left, window.top)).astype(np.int32)], 1)
    return float(region[window.slices][face > 0].mean()) if face.any() else 0.0
