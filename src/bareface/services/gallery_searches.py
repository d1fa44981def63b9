"""Searches of a gallery: with photos as they are, and with restored faces."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from bareface.errors import UsageError
from bareface.gallery import calibrate as calibrating
from bareface.gallery import search as searching
from bareface.gallery.new_references import check_space
from bareface.imaging.folders import as_sources
from bareface.imaging.sources import limits_of
from bareface.messages import Note
from bareface.services.opened import OpenGallery
from bareface.values import arguments
from bareface.values.context import Context
from bareface.values.defaults import MIN_VISIBLE
from bareface.values.face import Source, Template
from bareface.values.search import CandidateList, SearchResult

if TYPE_CHECKING:
    from bareface.gallery.restored_candidates import RestoredCandidate as RestoredCandidate
    from bareface.gallery.restored_candidates import RestoredSearch as RestoredSearch


@dataclass(frozen=True, slots=True)
class Searches:
    """Searches an open gallery."""

    opened: OpenGallery

    def search(
        self,
        probe: Source | Iterable[Source],
        top: int = 20,
        same_person: bool = False,
        *,
        min_visible: float = MIN_VISIBLE,
        keep_photos: bool = False,
        context: Context | None = None,
    ) -> SearchResult:
        """Search the gallery.

        Parameters
        ----------
        probe
            A photo (a path, bytes, a file opened in binary mode, a Pillow image or an RGB array [H, W, 3] uint8), or
            several.
        top
            Length of the candidate lists: that many subjects, or all there are.
        same_person
            The probe photos show one person: their largest faces are fused into one probe.
        min_visible
            Refuse probe faces of which a smaller share is visible, with a note; 0 refuses none.
        keep_photos
            Keep the probe photos in memory, with the faces found in them: :meth:`search_restored` then decodes and
            detects nothing again.
        context
            The caller and the purpose.

        Returns
        -------
        SearchResult
            One candidate list for every face in the probe photos, photo by photo, best-detected first. In a list each
            subject is listed once, with its best reference; equal similarities are ordered by subject number.

        Raises
        ------
        ImageError
            A probe cannot be read, or ``image.no-face``: no probe shows a face. (Where some do, the notes name those
            that do not.)
        FaceError
            ``face.hidden``: no probe shows as much of a face as ``min_visible`` asks for.
        TemplateError
            ``template.space``: the engine's templates cannot be compared with the gallery's.
        CalibrationError
            ``calibration.format``: the calibration kept for this gallery is damaged.
        UsageError
            ``usage.top``: ``top`` is less than 1; ``usage.probe``: no probe is given.
        """
        with self.opened.recorder.call("Gallery.search", context) as facts:
            store, engine = self.opened.store, self.opened.engine
            top = arguments.count("top", top, 1, code="usage.top")
            min_visible = arguments.number("min_visible", min_visible, 0, 1)
            sources = as_sources(probe, limits_of(engine))
            if not sources:
                raise UsageError("usage.probe")
            facts.add(photos=len(sources))
            check_space(store.state(), engine.space, store.path)
            probes = searching.probes_of(
                engine, sources, same_person=same_person, min_visible=min_visible, keep_photos=bool(keep_photos)
            )
            calibration = calibrating.calibration_of(store, engine.space, engine.model)
            result = searching.search(self.opened.index, engine, calibration, probes, top)
            facts.add(
                subjects=(candidate.subject_id for entry in result.lists for candidate in entry.candidates),
                faces=len(result.lists),
            )
            return result

    def search_template(
        self, template: Template, top: int = 20, *, sha256: str = "", context: Context | None = None
    ) -> CandidateList:
        """Search with a template that was kept, of a face whose photo is not there any more.

        Parameters
        ----------
        template
            As an engine gave it; without its second vector, a bare face is compared with masked references by one.
        top
            Length of the list.
        sha256
            Digest of the photo, by which references of the same file are known.
        context
            The caller and the purpose.

        Returns
        -------
        CandidateList
            As :meth:`search` returns it, but the pictures of its probe face are black.

        Raises
        ------
        TemplateError
            ``template.space``: the template cannot be compared with the gallery's.
        CalibrationError
            ``calibration.format``: the calibration kept for this gallery is damaged.
        """
        with self.opened.recorder.call("Gallery.search_template", context) as facts:
            arguments.instance("template", template, Template, Note("argument.template"))
            store, engine = self.opened.store, self.opened.engine
            top = arguments.count("top", top, 1, code="usage.top")
            check_space(store.state(), template.space, store.path)
            check_space(store.state(), engine.space, store.path)
            probe = searching.probe_of(template, frozenset({sha256} - {""}))
            calibration = calibrating.calibration_of(store, engine.space, engine.model)
            (entry,) = searching.search(self.opened.index, engine, calibration, (probe,), top).lists
            facts.add(subjects=(candidate.subject_id for candidate in entry.candidates), faces=1)
            return entry

    def search_restored(
        self,
        probe: Source | Iterable[Source],
        result: SearchResult,
        *,
        unmask: bool = True,
        enhance: bool = False,
        completions: int = 4,
        seed: int = 0,
        context: Context | None = None,
    ) -> tuple[RestoredSearch, ...]:
        """Also search with restored versions of the probe faces.

        Parameters
        ----------
        probe
            The photos that :meth:`search` was given, again: a generator can be used only once.
        result
            Its result; the lists come first, unchanged.
        unmask
            Complete faces that wear a mask; see :meth:`bareface.Engine.unmask`.
        enhance
            Enhance faces that wear none; see :meth:`bareface.Engine.enhance`.
        completions, seed
            Of each masked face.
        context
            The caller and the purpose.

        Returns
        -------
        tuple of RestoredSearch
            One for each list; none where neither is asked for. Restorations are recorded in this gallery (in the
            installation's record if the gallery cannot be written to), never enrolled.

        Raises
        ------
        UsageError
            ``usage.engine``: this gallery's engine does not restore faces.
        RestorationError
            ``restoration.completions``. A face that cannot be restored is a note.
        """
        from bareface.gallery import search_restored as restored
        from bareface.gallery.restorations_for import record_in

        with self.opened.recorder.call("Gallery.search_restored", context) as facts:
            arguments.instance("result", result, SearchResult, Note("argument.search-result"))
            if not unmask and not enhance:
                return ()
            engine = self.opened.engine
            sources = as_sources(probe, limits_of(engine))
            facts.add(photos=len(sources), faces=len(result.lists))
            record = partial(record_in, self.opened.store)
            wish = restored.Wish(unmask, enhance, completions, seed)
            answers = tuple(restored.search_restored(self.opened.index, engine, sources, result.lists, wish, record))
            shown = (candidate.subject_id for one in answers for candidate in (*one.candidates, *one.added))
            facts.add(subjects=shown, restorations=sum(one.restored is not None for one in answers))
            return answers
