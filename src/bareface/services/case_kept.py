"""Keep of a search in a case: pictures of the probe face, and of references numbers only."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bareface.reports.pictures import FaceView, face_picture
from bareface.services.gallery import Gallery
from bareface.services.gallery_viewing import probe_view
from bareface.storage.casebook_watches import Probe
from bareface.values.cases import KeptFace, KeptLead, KeptRestored, Place
from bareface.values.face import Face, Photo
from bareface.values.gallery import Reference
from bareface.values.search import CandidateList, SearchResult

if TYPE_CHECKING:
    from bareface.gallery.restored_candidates import RestoredCandidate, RestoredSearch, Standing

_FEW = 8
"""Faces of which second templates are made at once."""


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


def kept_probes(gallery: Gallery, result: SearchResult, photo: bytes | None) -> tuple[Probe | None, ...]:
    """Return the probes of a result as a case keeps them to search again; None for one fused from several faces.

    A bare face is compared with masked references by a second template, which a network makes: for a few faces, not
    for a crowd.
    """
    if not result.lists:
        return ()
    digest = "" if photo is None else hashlib.sha256(photo).hexdigest()
    identifier, highest = gallery.id, gallery.highest_reference(result.lists[0].references)
    templates = [entry.probe[0].template for entry in result.lists]
    bare = [place for place, one in enumerate(templates) if one.mask_state == "none"]
    if gallery.engine.makes_upper_face and len(templates) <= _FEW:
        faces = gallery.engine.complete([result.lists[place].probe[0] for place in bare], ["upper_face"])
        for place, face in zip(bare, faces, strict=True):
            templates[place] = face.enrolment_template
    return tuple(
        Probe(template, digest, identifier, highest) if len(entry.probe) == 1 else None
        for entry, template in zip(result.lists, templates, strict=True)
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
