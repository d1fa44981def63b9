"""Keep of a search in a case: pictures of the probe face, and of references numbers only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bareface.reports.pictures import FaceView, face_picture
from bareface.services.gallery_viewing import probe_view
from bareface.values.cases import KeptFace, KeptLead, KeptRestored, Place
from bareface.values.face import Face, Photo
from bareface.values.gallery import Reference
from bareface.values.search import CandidateList

if TYPE_CHECKING:
    from bareface.gallery.restored_candidates import RestoredCandidate, RestoredSearch, Standing


def kept_face(number: int, entry: CandidateList, photo: Photo | None, there: Mapping[int, Reference]) -> KeptFace:
    """Return the face of a list as a case keeps it; without the photo, its crop only."""
    face: Face = entry.probe[0]
    view: FaceView = probe_view(face, photo)
    known = face.computed.known
    return KeptFace(
        id=0,
        number=number,
        crop=face_picture(face),
        picture=view.picture,
        map=view.map,
        points=view.points,
        aligned=view.aligned,
        scale=view.scale,
        box=face.box,
        mask_state=face.mask_state,
        visible=face.visible,
        quality=face.quality.score if "quality" in known and face.quality is not None else None,
        candidates=entry.candidates,
        notes=tuple(map(str, entry.notes)),
        enrolled=tuple(
            there[one.reference_id].enrolled if one.reference_id in there else None for one in entry.candidates
        ),
    )


def kept_restored(
    face: int, search: RestoredSearch, picture: bytes | None, who: str, there: Mapping[int, Reference]
) -> KeptRestored:
    """Return a search with restored versions of a face as a case keeps it, with the moments of enrolment."""
    made = None if search.restored is None else search.restored.provenance
    leads = [
        _lead(one, there.get(one.reference_id), added)
        for added, some in ((False, search.candidates), (True, search.added))
        for one in some
    ]
    return KeptRestored(
        id=0,
        face_id=face,
        made=datetime.now(UTC),
        made_by=who,
        kind="" if made is None else made.kind,
        method="" if made is None else made.method,
        model=None if made is None else made.model,
        synthetic=0.0 if made is None else made.synthetic,
        picture=picture,
        leads=tuple(leads),
        notes=tuple(map(str, search.notes)),
    )


def _lead(one: RestoredCandidate, reference: Reference | None, added: bool) -> KeptLead:
    return KeptLead(
        one.subject_id,
        one.reference_id,
        _place(one.original),
        tuple(map(_place, one.guesses)),
        _place(one.union),
        one.fpir,
        one.extrapolated,
        one.agreement.within,
        one.agreement.depends,
        added,
        enrolled=None if reference is None else reference.enrolled,
    )


def _place(one: Standing) -> Place:
    return one.rank, None if one.similarity is None else float(one.similarity)
