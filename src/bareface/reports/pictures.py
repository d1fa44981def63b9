"""Pictures of faces as browsers show them: JPEG, without metadata."""

from __future__ import annotations

from bareface.imaging.decode import encode
from bareface.values.face import Face


def face_picture(face: Face) -> bytes:
    """Return the upright cut-out of a face, a JPEG of 160 x 160 pixels."""
    return encode(face.crop, "JPEG", quality=92)
