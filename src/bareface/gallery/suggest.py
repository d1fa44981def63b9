"""Suggest who an unnamed face could be: the subject of the gallery that it resembles most, unless a person said no.

Names are given by people, so two named subjects are never suggested to be one. A suggestion is a search with a template
that is stored already: no network runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace

import numpy as np

from bareface.calibration.calibration import Calibration
from bareface.calibration.decision import Judgement
from bareface.gallery import judge as judging
from bareface.gallery.calibrate import calibration_of
from bareface.gallery.rank import CandidateScore, Ranked, rank
from bareface.gallery.rescore import Rescorer
from bareface.matching.normalisation import HIGHEST
from bareface.matching.scoring import crosses
from bareface.storage.index_sync import DerivedIndex, Snapshot
from bareface.storage.sqlite import lookups
from bareface.storage.sqlite.listed import Listed, listed
from bareface.storage.sqlite.store import Store
from bareface.storage.sqlite.transaction import SqliteReader
from bareface.values.face import Float32
from bareface.values.suggestion import Suggestion, SuggestionPage

_MOST, _TOGETHER = 16, 4
"""Faces looked up in one call, which is to be quick, and together: first as many as suggestions are asked for."""
_JUDGED = 4
"""Subjects that are judged: across a mask, the most similar one need not be the likeliest."""


@dataclass(frozen=True, slots=True, eq=False)
class _Face:
    """A face to find a subject for: its reference, its template float32 [d], and whom not to suggest."""

    subject_id: int
    shown: Listed
    vector: Float32
    barred: Set[int]


def suggest(store: Store, index: DerivedIndex, after: int, limit: int, *, undecided: bool) -> SuggestionPage:
    """Return the next suggestions.

    Parameters
    ----------
    store, index
        The gallery.
    after
        Number of the subject that was looked at last.
    limit
        Number of suggestions.
    undecided
        Suggest pairs again that nobody could say about.
    """
    with index.snapshot() as now:
        reader = SqliteReader(now.connection)
        found: list[Suggestion] = []
        asked: dict[int, int] = {}
        looked, last = 0, after
        done = now.index is None
        while not done and len(found) < limit and looked < _MOST:
            batch = reader.unnamed(last, max(limit, _TOGETHER) if looked else limit)
            done = not batch
            faces = _faces(now, reader, batch, undecided=undecided)
            for face, one in zip(faces, _suggestions(store, now, reader, faces), strict=True):
                if len(found) == limit:
                    break
                looked, last = looked + 1, face.subject_id
                if one is not None and asked.get(one.subject.id) != face.subject_id:  # not the same pair the other way
                    found.append(one)
                    asked[face.subject_id] = one.subject.id
        return SuggestionPage(
            tuple(found),
            None if done else last,
            reader.count_unnamed(),
            reader.count_unnamed(last),
            reader.count_undecided(),
        )


def _faces(now: Snapshot, reader: SqliteReader, batch: Mapping[int, int], *, undecided: bool) -> list[_Face]:
    if not batch:
        return []
    numbers = np.array(list(batch.values()), np.int64)
    shown, vectors = listed(now.reading.plain, numbers.tolist()), now.fetch(numbers)
    return [
        _Face(
            owner,
            shown[number],
            vector,
            {owner} | reader.told_apart(owner, undecided=not undecided) | reader.together(owner),
        )
        for (owner, number), vector in zip(batch.items(), vectors, strict=True)
    ]


def _suggestions(store: Store, now: Snapshot, reader: SqliteReader, faces: Sequence[_Face]) -> list[Suggestion | None]:
    """Return for each face the subject that is likeliest, if one is likely enough to be asked about."""
    if not faces:
        return []
    space = now.generation.state.space or ""
    calibrations = {model: calibration_of(store, space, model) for model in {one.shown.model for one in faces}}
    rescorers = _rescorers(now, faces)
    most = _JUDGED + max(len(one.barred) for one in faces)
    ranked = rank(now, np.stack([one.vector for one in faces]), most, rescorers, others=HIGHEST)
    return [
        _suggestion(now, reader, face, _without(one, face), calibrations[face.shown.model], rescorers.get(place))
        for place, (face, one) in enumerate(zip(faces, ranked, strict=True))
    ]


def _rescorers(now: Snapshot, faces: Sequence[_Face]) -> dict[int, Rescorer]:
    """Return rescorers by place for faces that can be compared across a mask with two templates."""
    made: dict[int, Rescorer] = {}
    if not now.generation.masked:
        return made
    plain = now.reading.plain
    for place, face in enumerate(faces):
        masked, model = face.shown.mask_state != "none", face.shown.model
        second: Float32 | None = face.vector
        if not masked:
            number = np.array([face.shown.id], np.int64)
            second = lookups.upper_faces(plain, number, model, len(face.vector)).get(face.shown.id)
        if second is not None:
            made[place] = Rescorer(plain, model, second, masked)
    return made


def _without(ranked: Ranked, face: _Face) -> Ranked:
    """Leave out a face's own subject, and let only subjects stand for election that are not barred."""
    others = ranked.owners != face.subject_id
    subjects = [one for one in ranked.subjects if one.subject_id not in face.barred]
    return Ranked(subjects[:_JUDGED], ranked.references[others], ranked.scores[others], ranked.owners[others])


def _suggestion(
    now: Snapshot,
    reader: SqliteReader,
    face: _Face,
    ranked: Ranked,
    calibration: Calibration | None,
    rescorer: Rescorer | None,
) -> Suggestion | None:
    hits = ranked.subjects
    if not hits:
        return None

    def deeper(others: int) -> Ranked:
        again = {} if rescorer is None else {0: rescorer}
        most = len(hits) + len(face.barred)
        return replace(_without(rank(now, face.vector[None], most, again, others=others)[0], face), subjects=hits)

    numbers = [one.reference_id for one in hits]
    shown = listed(now.reading.plain, numbers)
    states = [(face.shown.mask_state, shown[number].mask_state) for number in numbers]
    vectors = now.fetch(np.array(numbers, np.int64))
    judged = judging.judge(now, calibration, ranked, face.vector, vectors, states, deeper)
    fused = set[int]() if rescorer is None else rescorer.fused
    meanings = [
        judging.stand_in(one) if rescorer is not None and crosses(*pair) and number not in fused else one
        for one, pair, number in zip(judged, states, numbers, strict=True)
    ]
    likely = [
        (hit, one.judgement) for hit, one in zip(hits, meanings, strict=True) if one.judgement.decision != "no match"
    ]
    if not likely:
        return None
    hit, judgement = min(likely, key=lambda one: _rarity(*one))
    own, other = reader.find_references([face.shown.id, hit.reference_id])
    return Suggestion(own, other, reader.subject(hit.subject_id), hit.similarity, *judgement)


def _rarity(hit: CandidateScore, judgement: Judgement) -> tuple[float, float]:
    return 1.0 if judgement.fpir is None else judgement.fpir, -hit.similarity
