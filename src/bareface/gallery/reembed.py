"""Embed references again: each gets a template of this engine, from its own photo, unless it has a complete one.

New templates wait in a table of their own, so the work can be interrupted and continued. When all are there, one
transaction puts them in place of the old ones: a gallery never holds templates of two spaces. No transaction computes
anything: other processes can write while photos are analysed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from bareface.errors import BarefaceError, GalleryError
from bareface.faces.port import FaceEngine
from bareface.gallery.enrol import BATCH, STREAM
from bareface.gallery.new_references import check_vector, quality_of
from bareface.storage.ports import GalleryStore, Maker, PhotoStore
from bareface.system.chunks import chunks
from bareface.values.correction import SAME_FACE_IOU
from bareface.values.face import Face, Template
from bareface.values.gallery import Progress, ReembedReport, Reference, Unresolved

if TYPE_CHECKING:
    from bareface.faces.analyser import Analysis


def reembed(
    store: GalleryStore,
    photos: PhotoStore,
    engine: FaceEngine,
    progress: Progress | None = None,
    batch: int = BATCH,
) -> ReembedReport:
    """Give every reference a template of this engine; what an exception of `progress` interrupts can go on later.

    Raises
    ------
    GalleryError
        The database failed; what was embedded before is kept, and the same call does the rest.
    TemplateError
        ``template.shape``: the engine's templates are not as long as others of their space; nothing was changed.
    """
    maker = Maker(engine.model, engine.precision, engine.space, engine.sees_masks, engine.makes_upper_face)
    with store.writing() as writer:
        writer.drop_staged_of_others(maker)
        total = writer.count_references()
    unresolved: list[Unresolved] = []
    tried: set[int] = set()
    while numbers := _photos_to_do(store, maker, tried):  # another process may enrol meanwhile
        for group in chunks(numbers, STREAM):
            for failed in _embed_group(store, photos, engine, maker, group, batch):
                unresolved.extend(failed)
                if progress is not None:
                    with store.reading() as reader:
                        remaining = reader.count_to_embed(maker)
                    progress(total - remaining + len(unresolved), total)
        tried.update(numbers)
    with store.writing() as writer:
        switched = writer.switch(maker, store.path)
        total = writer.count_references()
    return ReembedReport(total - len(unresolved), tuple(unresolved), switched)


def _photos_to_do(store: GalleryStore, maker: Maker, tried: set[int]) -> list[int]:
    with store.reading() as reader:
        return [number for number in reader.photos_to_embed(maker) if number not in tried]


def _embed_group(
    store: GalleryStore, photos: PhotoStore, engine: FaceEngine, maker: Maker, numbers: Sequence[int], size: int
) -> Iterator[list[Unresolved]]:
    """Stage templates of the references from these photos; yields, batch by batch, those that have none."""
    with store.reading() as reader:
        stored = {photo.sha256: photo for photo in reader.photos(numbers)}
        references = sorted(reader.references_to_embed(maker, numbers), key=lambda one: one.sha256)
    present: list[tuple[list[Reference], str | bytes]] = []
    lost: list[Unresolved] = []
    for sha256, group in groupby(references, key=lambda one: one.sha256):
        several = list(group)
        try:
            present.append((several, photos.fetch(stored[sha256])))
        except BarefaceError as error:
            lost += (_unresolved(one, error) for one in several)
    yield lost
    analyses = engine.stream([source for _, source in present], want=["quality", "upper_face"])
    for batch in chunks(zip(present, analyses, strict=True), size):
        failed: list[Unresolved] = []
        made: dict[int, tuple[Template, float | None]] = {}
        for (several, _), analysis in batch:
            for one in several:
                try:
                    face = _same_face(one, analysis)
                    made[one.id] = face.enrolment_template, quality_of(face)
                except BarefaceError as error:
                    failed.append(_unresolved(one, error))
        with store.writing() as writer:
            there = writer.has_references([one.reference_id for one in failed])
            for number in sorted(writer.left_to_embed(maker, list(made))):  # deleted or done meanwhile
                writer.stage(number, *made[number])
        yield [one for one in failed if one.reference_id in there]


def _same_face(one: Reference, analysis: Analysis) -> Face:
    """Return the face at the place of the reference's face."""
    if analysis.error is not None:
        raise analysis.error
    overlaps = [(face.box.iou(one.box), face) for face in analysis.faces]
    overlap, face = max(overlaps, key=lambda pair: pair[0], default=(0.0, None))
    if face is None or overlap < SAME_FACE_IOU:
        raise GalleryError("gallery.face-lost")
    check_vector(face.enrolment_template)
    return face


def _unresolved(one: Reference, error: BarefaceError) -> Unresolved:
    return Unresolved(one.id, one.source, error.code, error.message)
