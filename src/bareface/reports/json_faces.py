"""JSON of faces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bareface.reports.json_plain import plain

if TYPE_CHECKING:
    from bareface.values.face import Face


def face_shape(face: Face) -> dict[str, Any]:
    """Return a face's place, detection score, visibility and quality; leave out pictures and template."""
    return {
        "source": face.source,
        "score": float(face.score),
        "box": plain(face.box),
        "landmarks": {"scheme": face.landmarks.scheme, "points": face.landmarks.points.tolist()},
        "mask_state": face.mask_state,
        "visible": plain(face.visible),
        "quality": plain(face.quality),
    }
