"""From what the user names to a protocol: a folder, a pairs file, a CSV list."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bareface.errors import EvaluationError, UsageError
from bareface.evaluation.pair_lists import csv_rows, read_csv_gallery, read_csv_pairs, read_labels, read_pairs
from bareface.evaluation.protocols import Protocol, all_pairs, open_set


def protocol_of(
    source: Path,
    *,
    photos: Path | None = None,
    probes: Path | None = None,
    labels: Path | None = None,
    nonmated: float | None = None,
    references: int = 1,
    seed: int = 0,
    exclude: Sequence[str] = (),
) -> Protocol:
    """Build the protocol that a user's source and options describe.

    Parameters
    ----------
    source
        A folder with one folder per person; a CSV list of pairs, or of a gallery where ``probes`` is given; or an
        LFW-style pairs file.
    photos
        The folder that a list's photos lie in.
    probes
        CSV list of probes; ``source`` is then the gallery's.
    labels
        CSV of mask states and conditions by file.
    nonmated
        Of a folder: a gallery and probes, with this share of probes without a mate, instead of all pairs.
    references, seed, exclude
        As :func:`~bareface.evaluation.protocols.open_set`.

    Raises
    ------
    EvaluationError
        Any error of the source's reader; ``evaluation.labels`` for labels that match no photo.
    UsageError
        ``usage.arguments``: probes for a folder, or a share of probes without a mate for a list.
    """
    if source.is_dir() and probes is not None:
        raise UsageError("usage.arguments/probes", source=str(source))
    if nonmated is not None and source.is_file():
        raise UsageError("usage.arguments/open-set", source=str(source))
    if source.is_dir():
        if nonmated is None:
            protocol = all_pairs(source, exclude)
        else:
            protocol = open_set(source, nonmated=nonmated, references=references, seed=seed, exclude=exclude)
    elif probes is not None:
        protocol = read_csv_gallery(source, probes, photos)
    elif source.suffix.lower() in (".csv", ".tsv"):
        protocol = read_csv_pairs(source, photos)
    else:
        protocol = read_pairs(source, photos)
    return protocol if labels is None else _labelled(protocol, labels)


def _labelled(protocol: Protocol, labels: Path) -> Protocol:
    stated = read_labels(labels)
    known = {sample.name for sample in protocol.samples}
    for line, row in csv_rows(labels, required={"file"}):
        if row["file"] not in known:
            raise EvaluationError(
                "evaluation.labels/line",
                line=line,
                file=row["file"],
                root=protocol.root,
                example=protocol.samples[0].name,
                source=str(labels),
            )
    return protocol.labelled(stated)
