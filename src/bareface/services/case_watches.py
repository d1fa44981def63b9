"""Probe faces of open cases that are searched again when new references are enrolled."""

from __future__ import annotations

from dataclasses import replace

from bareface.errors import BarefaceError, GalleryError, UsageError
from bareface.messages import Note
from bareface.services.case_desk import CaseDesk, who
from bareface.storage.casebook_watches import Probe
from bareface.values.cases import LONGEST_LIST, Watch
from bareface.values.context import Context
from bareface.values.search import Candidate, CandidateList, Decision

_LIKELIER: tuple[Decision, ...] = ("no match", "possible", "match")


class CaseWatches(CaseDesk):
    """Searches again what a person asked for."""

    def watch(self, face: int, *, case: int | None = None, context: Context | None = None) -> Watch:
        """Let a probe face be searched again whenever references were enrolled, as long as its case is open.

        Parameters
        ----------
        face
            The kept face's number.
        case
            Number of the case that it has to be in; any by default.
        context
            The caller.

        Raises
        ------
        UsageError
            ``usage.unknown-search``; ``usage.case``: the case is closed; ``usage.watch``: no template of it is kept.
        """
        with self._call("watch", context) as facts:
            own = self._case_of(face, facts, case)
            if own.closed is not None:
                raise UsageError("usage.case/closed", number=own.id)
            if not self._book.begin_watch(face, who(context)):
                raise UsageError("usage.watch")
            return next(one for one in self._book.watches(own.id) if one.face_id == face)

    def unwatch(self, face: int, *, case: int | None = None, context: Context | None = None) -> None:
        """Let a probe face be searched no more; what was found stays in the case. Parameters as in :meth:`watch`."""
        with self._call("unwatch", context) as facts:
            self._case_of(face, facts, case)
            self._book.end_watch(face)

    def watches(self, case: int, *, context: Context | None = None) -> tuple[Watch, ...]:
        """Return the probe faces of a case that can be searched again, and since when they are."""
        with self._call("watches", context) as facts:
            return self._book.watches(self._case(case, facts).id)

    def search_again(self) -> bool:
        """Search again with one probe face for which references were enrolled since; returns whether there was one.

        Cases that have expired are erased first, so a service that calls this erases them though nobody looks.

        References that were enrolled since, whoever enrolled them, and that are a match or possible, are kept in the
        case as a search of their own; a subject of a list before is left out unless it is likelier now. The call is
        made in the name of whoever asked for it, with the purpose of the case; without a face that is due, it leaves
        no event.
        """
        self.erase_expired()
        highest = self._gallery.highest_reference()
        probe = self._book.due(self._gallery.id, highest, self._clock())
        if probe is None:
            return False
        case = self._case_of(probe.face_id)
        begun_by = next((one.begun_by for one in self._book.watches(case.id) if one.face_id == probe.face_id), None)
        context = Context(actor=begun_by or Context().actor, purpose=case.purpose, case=str(case.id))
        with self._call("search_again", context) as facts:
            try:
                found = self._gallery.search_template(
                    probe.template, LONGEST_LIST, sha256=probe.sha256, context=context
                )
            except GalleryError:  # it may go better another time
                raise
            except BarefaceError as error:
                self._book.note_trouble(probe.face_id, error.code)
                raise
            new = self._new(found, probe, context)
            facts.add(subjects=(one.subject_id for one in new), references=(one.reference_id for one in new))
            there = self._references((one.reference_id for one in new), context)
            original = self._face(probe.face_id)
            face = replace(
                original,
                number=1,
                candidates=new,
                notes=(str(Note("note.new-since")), *map(str, found.notes)),
                enrolled=tuple(there[one.reference_id].enrolled if one.reference_id in there else None for one in new),
            )
            size = found.subjects, found.references
            self._book.keep_again(probe, max(highest, probe.highest), context.actor, size, face if new else None)
            return True

    def _new(self, found: CandidateList, probe: Probe, context: Context) -> tuple[Candidate, ...]:
        """Return the candidates that were enrolled since and are likelier than any list before said of the subject."""
        listed = self._book.listed(probe.face_id)
        known: dict[int, int] = {}
        for one in self._references(listed, context).values():
            if one.id <= probe.highest:  # a higher one is another's
                known[one.subject_id] = max(_LIKELIER.index(listed[one.id]), known.get(one.subject_id, 0))
        return tuple(
            one
            for one in found.candidates
            if one.reference_id > probe.highest and _LIKELIER.index(one.decision) > known.get(one.subject_id, 0)
        )
