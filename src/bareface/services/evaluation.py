"""Evaluation: compare photos by a protocol, measure errors, draw and report them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from bareface.audit.port import AuditLog
from bareface.errors import CalibrationError, EvaluationError, UsageError
from bareface.evaluation.analysis import Analysis as Analysis
from bareface.evaluation.bootstrap import Plan as Plan
from bareface.evaluation.tables import GroupTable as GroupTable
from bareface.evaluation.verification import Difference as Difference
from bareface.messages import Note
from bareface.scores.score_file import ScoreFile as ScoreFile
from bareface.services.deferred import DeferredEngine, EngineSource
from bareface.services.recorded import Recorder
from bareface.system.extras import require
from bareface.system.files import check_page, check_place, output_folder, write_atomically
from bareface.system.reading import read_regular
from bareface.values import arguments
from bareface.values.context import Context
from bareface.values.enrolment import LeftOut
from bareface.values.gallery import Progress

if TYPE_CHECKING:
    from bareface.calibration.calibration import Calibration
    from bareface.evaluation.protocols import Protocol
    from bareface.evaluation.tables import Labelling


@dataclass(frozen=True, slots=True)
class Scored:
    """A score file that was written.

    Attributes
    ----------
    path
        The path of the file.
    scores
        Its content.
    left_out
        Files and folders that were skipped.
    """

    path: Path
    scores: ScoreFile
    left_out: LeftOut | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """Errors of score files.

    Attributes
    ----------
    analyses
        One for each file.
    differences
        Of each further file from the first, by its name.
    tables
        Errors by group, each with the name of its file.
    uncompared
        Files that cannot be compared with the first, and why.
    """

    analyses: tuple[Analysis, ...]
    differences: tuple[tuple[str, Sequence[Difference]], ...]
    tables: tuple[tuple[str, GroupTable], ...]
    uncompared: tuple[tuple[str, EvaluationError], ...]


class Evaluation:
    """Measures how sure matches are, on the user's own photos.

    Parameters
    ----------
    engine
        Analyses photos: an engine, a function that makes one when it is first needed, or None for the packaged one.
    audit
        Takes one event for each call; see :class:`bareface.audit.port.AuditLog`.
    """

    def __init__(self, engine: EngineSource = None, audit: AuditLog | None = None) -> None:
        self._engine = DeferredEngine(engine)
        self._recorder = Recorder(audit)

    def run(
        self,
        source: str | Path,
        out: str | Path,
        *,
        photos: str | Path | None = None,
        probes: str | Path | None = None,
        labels: str | Path | None = None,
        open_set: float | None = None,
        references: int = 1,
        seed: int = 0,
        exclude: Sequence[str] = (),
        pad: int = 0,
        progress: Progress | None = None,
        context: Context | None = None,
    ) -> Scored:
        """Compare photos by a protocol, and write the scores.

        Parameters
        ----------
        source
            A folder with a folder for each person, a ``pairs.txt``, or a CSV list.
        out
            Score file to write: ``.parquet``, ``.csv`` or ``.csv.gz``.
        photos, probes, labels, open_set, references, seed, exclude
            See :func:`bareface.evaluation.sources.protocol_of`; `open_set` is the share of probes without a mate.
        pad
            Width in pixels of the border to put around each photo.
        progress
            Called after each photo.
        context
            The caller and the purpose.
        """
        from bareface.evaluation.sources import protocol_of
        from bareface.scores import formats

        with self._recorder.call("Evaluation.run", context) as facts:
            source, out = arguments.file_path("source", source), arguments.file_path("out", out)
            photos, probes, labels = _given(photos=photos, probes=probes, labels=labels)
            formats.check(out)
            check_place(out, (source, probes, labels))
            protocol = protocol_of(
                source,
                photos=photos,
                probes=probes,
                labels=labels,
                nonmated=open_set,
                references=references,
                seed=seed,
                exclude=exclude,
            )
            scores = self._scores(protocol, pad, progress)
            scores.write(out)
            facts.add(comparisons=len(scores))
            return Scored(out, scores, protocol.left_out)

    def measure(
        self,
        scores: str | Path | Iterable[str | Path],
        plan: Plan,
        *,
        groups: str | Path | None = None,
        fmr: float = 0.01,
        context: Context | None = None,
    ) -> Measured:
        """Count errors, with confidence intervals, and compare score files of the same people.

        Parameters
        ----------
        scores
            Score files; the others are compared with the first.
        plan
            Replicates, seed and level of the intervals.
        groups
            CSV file of labels: a column ``subject`` or ``file``, and one column for each label.
        fmr
            False match rate that groups are compared at.
        context
            The caller and the purpose.
        """
        with self._recorder.call("Evaluation.measure", context) as facts:
            scores, (groups,) = arguments.file_paths("scores", scores), _given(groups=groups)
            facts.add(files=len(scores))
            labels = _labels(groups)
            return _measured(_analyses(scores, plan), plan, labels, groups, fmr)

    def plot(
        self,
        scores: str | Path | Iterable[str | Path],
        out: str | Path,
        plan: Plan,
        *,
        format: Literal["png", "svg", "pdf"] = "png",
        calibration: str | Path | None = None,
        context: Context | None = None,
    ) -> tuple[Path, ...]:
        """Draw all plots of score files into a folder, and return their paths.

        Parameters
        ----------
        scores, plan
            As in :meth:`measure`.
        out
            The folder; made if absent.
        format
            Kind of file.
        calibration
            A calibration to judge by its reliability; by default the packaged one.
        context
            The caller and the purpose.
        """
        from bareface.reports import plots

        with self._recorder.call("Evaluation.plot", context) as facts:
            scores, (calibration,) = arguments.file_paths("scores", scores), _given(calibration=calibration)
            out = arguments.file_path("out", out)
            given = _calibration(calibration)
            analyses = _analyses(scores, plan)
            paths = []
            with output_folder(out):
                for name, figure in plots.all_plots(analyses, given or _packaged(analyses)):
                    paths.append(out / f"{name}.{format}")
                    plots.write(figure, paths[-1])
            facts.add(files=len(scores), plots=len(paths))
            return tuple(paths)

    def report(
        self,
        sources: str | Path | Iterable[str | Path],
        out: str | Path,
        plan: Plan,
        *,
        groups: str | Path | None = None,
        fmr: float = 0.01,
        photos: str | Path | Iterable[str | Path] = (),
        calibration: str | Path | None = None,
        exclude: Sequence[str] = (),
        pad: int = 0,
        progress: Callable[[], Progress] | None = None,
        context: Context | None = None,
    ) -> Measured:
        """Write a page with figures, plots, the worst pairs, and the limits of the sample.

        Parameters
        ----------
        sources
            Score files, or folders of people, which are run first.
        out
            The page.
        plan, groups, fmr
            As in :meth:`measure`.
        photos
            Folders that photos are shown from.
        calibration
            As in :meth:`plot`.
        exclude, pad
            As in :meth:`run`.
        progress
            Returns, for each folder, a function to call after each photo.
        context
            The caller and the purpose.
        """
        with self._recorder.call("Evaluation.report", context) as facts:
            require("matplotlib", "scipy")  # a folder may take hours first
            from bareface.evaluation.protocols import all_pairs
            from bareface.reports.evaluation import report as page

            sources, photos = arguments.file_paths("sources", sources), arguments.file_paths("photos", photos)
            groups, calibration = _given(groups=groups, calibration=calibration)
            out = arguments.file_path("out", out)
            check_page(out)
            for folder in photos:
                if not folder.is_dir():
                    raise UsageError("usage.photos", source=str(folder))
            labels, given = _labels(groups), _calibration(calibration)  # a folder may take hours first
            loaded = [
                self._scores(all_pairs(source, exclude), pad, progress() if progress else None)
                if source.is_dir()
                else ScoreFile.read(source)
                for source in sources
            ]
            facts.add(files=len(sources))
            measured = _measured(_analyses(sources, plan, loaded), plan, labels, groups, fmr)
            html = page(
                measured.analyses,
                plan=plan,
                tables=measured.tables,
                differences=measured.differences,
                calibration=given or _packaged(measured.analyses),
                photos=[*(source for source in sources if source.is_dir()), *photos],
            )
            write_atomically(out, html)
            return measured

    def import_scores(self, path: str | Path, out: str | Path, *, context: Context | None = None) -> Scored:
        """Write a score file from bob.bio's four-column scores."""
        from bareface.scores.formats import check, read_bob

        with self._recorder.call("Evaluation.import_scores", context) as facts:
            path, out = arguments.file_path("path", path), arguments.file_path("out", out)
            check(out)
            check_place(out, [path])
            scores = read_bob(path)
            scores.write(out)
            facts.add(comparisons=len(scores))
            return Scored(out, scores)

    def export_scores(self, scores: str | Path, out: str | Path, *, context: Context | None = None) -> Scored:
        """Write a score file's scores as bob.bio's four columns."""
        from bareface.scores.formats import write_bob

        with self._recorder.call("Evaluation.export_scores", context) as facts:
            scores, out = arguments.file_path("scores", scores), arguments.file_path("out", out)
            check_place(out, [scores])
            loaded = ScoreFile.read(scores)
            write_bob(loaded, out)
            facts.add(comparisons=len(loaded))
            return Scored(out, loaded)

    def _scores(self, protocol: Protocol, pad: int, progress: Progress | None) -> ScoreFile:
        from bareface.evaluation.run import run

        return run(protocol, self._engine.get(), pad=pad, progress=progress or (lambda *_: None))


def _given(**paths: str | Path | None) -> Iterator[Path | None]:
    return (None if path is None else arguments.file_path(name, path) for name, path in paths.items())


def _analyses(paths: Sequence[Path], plan: Plan, loaded: Sequence[ScoreFile] | None = None) -> tuple[Analysis, ...]:
    from bareface.evaluation.analysis import analyse

    short = [path.name.split(".")[0] or path.name for path in (path.absolute() for path in paths)]
    names = short if len(set(short)) == len(short) else [str(path) for path in paths]
    files = loaded if loaded is not None else [ScoreFile.read(path) for path in paths]
    return tuple(analyse(name, scores, plan) for name, scores in zip(names, files, strict=True))


def _labels(groups: Path | None) -> Sequence[Labelling]:
    """Return the user's labels, if a file of them is given."""
    from bareface.evaluation.tables import read_labels

    return read_labels(groups) if groups else ()


def _measured(
    analyses: tuple[Analysis, ...], plan: Plan, labels: Sequence[Labelling], groups: Path | None, fmr: float
) -> Measured:
    """Compare each further file with the first, where both hold the same people; make the tables."""
    from bareface.evaluation.verification import compare

    differences: list[tuple[str, Sequence[Difference]]] = []
    uncompared: list[tuple[str, EvaluationError]] = []
    for other in analyses[1:]:
        try:
            differences.append((other.name, compare(analyses[0].scores, other.scores, plan)))
        except EvaluationError as error:
            uncompared.append((other.name, error))
    return Measured(
        analyses, tuple(differences), tuple(_tables(analyses, labels, groups, fmr, plan)), tuple(uncompared)
    )


def _tables(
    analyses: Sequence[Analysis], labellings: Sequence[Labelling], groups: Path | None, fmr: float, plan: Plan
) -> list[tuple[str, GroupTable]]:
    """Make tables by mask state and condition where stated, and by the user's labels."""
    from bareface.evaluation import tables
    from bareface.evaluation.metrics import support

    found: list[tuple[str, GroupTable]] = []
    for analysis in analyses:
        if not labellings and support(fmr, analysis.trials.nonmated.size) == "too small":
            continue
        built_in = (make(analysis.scores, fmr, plan) for make in (tables.by_state, tables.by_condition))
        found += [(analysis.name, table) for table in built_in if table is not None]
        try:
            found += [(analysis.name, tables.by_labels(analysis.scores, of, fmr, plan)) for of in labellings]
        except EvaluationError as error:
            if error.code == "evaluation.labels":
                raise error.at(str(groups)) from error
            raise
    return found


def _calibration(path: Path | None) -> Calibration | None:
    """Return the user's calibration to judge, if one is given."""
    from bareface.calibration.calibration import Calibration

    if path is None:
        return None
    try:
        return Calibration.from_json(read_regular(path).decode("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        what = error.strerror if isinstance(error, OSError) else Note("reason.not-utf-8")
        raise EvaluationError("evaluation.file/read", reason=what, source=str(path)) from error
    except CalibrationError as error:
        raise error.at(str(path)) from error


def _packaged(analyses: Sequence[Analysis]) -> Calibration | None:
    """Return the calibration that is packaged for the scores' space."""
    from bareface.calibration.calibration import Calibration

    made = {(analysis.scores.info.space, analysis.scores.info.model) for analysis in analyses}
    if len(made) != 1:
        return None
    try:
        return Calibration.packaged(*made.pop())
    except CalibrationError:  # other people's scores, or a space without one
        return None
