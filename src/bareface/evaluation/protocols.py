"""Evaluation protocols: a folder of people, or a list of pairs, as comparisons between samples."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bareface.errors import EvaluationError
from bareface.imaging.folders import Skipped, absolute, entries
from bareface.messages import Note
from bareface.scores.score_file import MOST_COMPARISONS, Int16, Int32, ProtocolKind
from bareface.system.files import check_named
from bareface.system.reading import as_text
from bareface.values import arguments, names
from bareface.values.enrolment import LeftOut
from bareface.values.words import passed_over


@dataclass(frozen=True, slots=True)
class Sample:
    """One photo of one subject.

    Attributes
    ----------
    path
        The file.
    name
        Name in score files: its path below the protocol's root.
    subject
        Subject that it shows.
    state, condition
        Its mask state and any other condition, where the user states them.
    """

    path: Path
    name: str
    subject: str
    state: str = ""
    condition: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Protocol:
    """Comparisons between samples.

    Attributes
    ----------
    name, kind
        As :class:`~bareface.scores.score_file.ScoreInfo` has them.
    root
        The folder that sample names are relative to.
    samples
        Every photo once.
    probe, reference
        int32 [n], into ``samples``.
    fold
        int16 [n], 1 and up, or 0 for none.
    notes
        Notes for the reader of the results.
    left_out
        Entries of the folder that were skipped.
    """

    name: str
    kind: ProtocolKind
    root: Path
    samples: tuple[Sample, ...]
    probe: Int32
    reference: Int32
    fold: Int16
    notes: tuple[str, ...] = ()
    left_out: LeftOut = field(default_factory=LeftOut)

    def __post_init__(self) -> None:
        if not self.probe.size:
            left_out = passed_over(self.left_out)
            raise EvaluationError("evaluation.empty/compare", left_out=left_out, source=str(self.root))

    def labelled(self, labels: dict[str, tuple[str, str]]) -> Protocol:
        """Return the same protocol with (state, condition) of the samples that are named."""
        samples = tuple(
            replace(sample, state=labels[sample.name][0], condition=labels[sample.name][1])
            if sample.name in labels
            else sample
            for sample in self.samples
        )
        return replace(self, samples=samples)


def all_pairs(folder: str | Path, exclude: Sequence[str] = ()) -> Protocol:
    """Build the protocol of all pairs of photos in a folder with one folder per person.

    Parameters
    ----------
    folder
        Photos that lie directly in it name no person and are left out; a note says how many.
    exclude
        Patterns of files and folders to leave out, as :func:`bareface.imaging.folders.entries` takes them.

    Raises
    ------
    EvaluationError
        ``evaluation.empty``, ``evaluation.size``, ``evaluation.photo``.
    """
    root, samples, notes, left_out = _people(folder, exclude)
    _refuse_many(len(samples) * (len(samples) - 1) // 2, root)
    probe, reference = (side.astype(np.int32) for side in np.triu_indices(len(samples), 1))
    fold = np.zeros(probe.size, np.int16)
    return Protocol(root.name, "all pairs", root, samples, probe, reference, fold, notes, left_out)


def people_in(folder: str | Path, exclude: Sequence[str] = ()) -> tuple[tuple[Sample, ...], tuple[str, ...], LeftOut]:
    """List the photos in a folder with one folder per person, with notes on it and what was skipped.

    Parameters and errors are those of :func:`all_pairs`.

    Raises
    ------
    EvaluationError
        ``evaluation.file``: there is no such folder, or it cannot be read.
    """
    try:
        os.scandir(arguments.path("folder", folder)).close()
    except OSError as error:
        raise EvaluationError("evaluation.file/read", reason=error.strerror, source=str(folder)) from error
    return _people(folder, exclude)[1:]


def open_set(
    folder: str | Path, *, nonmated: float = 0.5, references: int = 1, seed: int = 0, exclude: Sequence[str] = ()
) -> Protocol:
    """Build a gallery and probes from a folder with one folder per person; some probes have no mate in the gallery.

    Parameters
    ----------
    folder, exclude
        As for :func:`all_pairs`.
    nonmated
        The share of probes without a mate, in [0, 1]; as close to it as whole people allow.
    references
        Photos of each enrolled person that go into the gallery; the rest are probes.
    seed
        Draws who is enrolled and which photos are references.

    Raises
    ------
    EvaluationError
        As :func:`all_pairs`, and ``evaluation.share``.
    """
    nonmated = arguments.number("nonmated", nonmated, 0, 1, code="evaluation.share")
    references = arguments.count("references", references, 1, code="evaluation.share")
    seed = arguments.count("seed", seed)
    root, samples, notes, left_out = _people(folder, exclude)
    rng = np.random.default_rng(seed)
    photos: dict[str, list[int]] = {}
    for number, sample in enumerate(samples):
        photos.setdefault(sample.subject, []).append(number)
    order = [sorted(photos)[i] for i in rng.permutation(len(photos))]
    strangers = order[: _count_of_strangers([len(photos[name]) for name in order], references, nonmated)]
    gallery: list[int] = []
    probes: list[int] = [number for name in strangers for number in photos[name]]
    for name in order[len(strangers) :]:
        drawn = [photos[name][i] for i in rng.permutation(len(photos[name]))]
        gallery += drawn[:references]
        probes += drawn[references:]
    share = sum(len(photos[name]) for name in strangers) / max(1, len(probes))
    split = Note(
        "note.split",
        people=len(order) - len(strangers),
        references=references,
        strangers=len(strangers),
        share=share,
        probes=len(probes),
        seed=seed,
    )
    return gallery_of(root.name, root, samples, sorted(gallery), sorted(probes), (*notes, split), left_out)


def gallery_of(
    name: str,
    root: Path,
    samples: tuple[Sample, ...],
    gallery: Sequence[int],
    probes: Sequence[int],
    notes: tuple[str, ...] = (),
    left_out: LeftOut | None = None,
) -> Protocol:
    """Build the protocol of every probe against every reference; numbers are indices into ``samples``."""
    _refuse_many(len(gallery) * len(probes), root)
    probe = np.repeat(np.array(probes, np.int32), len(gallery))
    reference = np.tile(np.array(gallery, np.int32), len(probes))
    fold = np.zeros(probe.size, np.int16)
    return Protocol(name, "gallery", root, samples, probe, reference, fold, notes, left_out or LeftOut())


def one_form(forms: dict[str, str], name: str) -> str:
    """Return a subject's name in the form that it had first: what a gallery takes for one person is one here.

    Parameters
    ----------
    forms
        The forms so far, by what is compared of a name; a new one is added.
    name
        The name.
    """
    return forms.setdefault(names.key(name) or name, name)


def ten_folds(mated: Iterable[bool], folds: int = 10) -> Int16:
    """Assign folds 1 to ``folds`` in turn, separately for mated and non-mated comparisons."""
    is_mated = np.fromiter(mated, dtype=bool)
    fold: NDArray[np.int16] = np.zeros(is_mated.size, np.int16)
    for kind in (True, False):
        rows = np.flatnonzero(is_mated == kind)
        fold[rows] = np.arange(rows.size) % folds + 1
    return fold


def _people(folder: str | Path, exclude: Sequence[str]) -> tuple[Path, tuple[Sample, ...], tuple[str, ...], LeftOut]:
    folder = arguments.path("folder", folder)
    check_named(folder)
    root = Path(absolute(folder))
    exclude = arguments.texts("exclude", exclude)
    skipped = Skipped()
    samples, unnamed = [], 0
    forms: dict[str, str] = {}
    for entry in entries(root, exclude=exclude, skipped=skipped):
        if entry.error is not None:
            raise entry.error
        if entry.subject is None:
            unnamed += 1
            continue
        path = Path(entry.name)
        samples.append(Sample(path, as_text(path.relative_to(root).as_posix()), one_form(forms, entry.subject)))
    left_out = skipped.report()
    notes = [Note("note.outside-folders", count=unnamed)] if unnamed else []
    return root, tuple(samples), (*notes, *passed_over(left_out)), left_out


def _count_of_strangers(photos: Sequence[int], references: int, share: float) -> int:
    """Count the first people to leave unenrolled for the closest share of non-mated probes."""
    outside = np.concatenate([[0], np.cumsum(photos)])
    spare = np.maximum(np.array(photos) - references, 0)
    inside = spare.sum() - np.concatenate([[0], np.cumsum(spare)])
    reached = outside / np.maximum(outside + inside, 1)
    # Somebody has to be enrolled, or there is no gallery.
    return int(np.argmin(np.abs(reached[:-1] - share))) if len(photos) else 0


def _refuse_many(comparisons: int, root: Path) -> None:
    if comparisons > MOST_COMPARISONS:
        raise EvaluationError(
            "evaluation.size/comparisons", comparisons=comparisons, most=MOST_COMPARISONS, source=str(root)
        )
