"""``bareface evaluate import`` and ``export``: score files of other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bareface.cli.output import Json, print_json, print_pairs
from bareface.values.words import plural

if TYPE_CHECKING:
    from bareface.services.evaluation import Scored


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="bob.bio's four columns.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="SCORES", help="Write this score file.")],
    json: Json = False,
) -> None:
    """Convert bob.bio's four-column scores to a score file."""
    from bareface.services.evaluation import Evaluation

    _print_written(Evaluation().import_scores(file, out), json)


def export(
    scores: Annotated[Path, typer.Argument(metavar="SCORES", help="A score file.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="Write this text file.")],
    json: Json = False,
) -> None:
    """Write scores as bob.bio's four columns."""
    from bareface.services.evaluation import Evaluation

    _print_written(Evaluation().export_scores(scores, out), json)


def _print_written(written: Scored, json: bool) -> None:
    out, scores = written.path, written.scores
    if json:
        print_json({"scores": str(out), "comparisons": len(scores), "mated": int(scores.mated.sum())})
    else:
        print_pairs([("scores", out), ("comparisons", plural(len(scores), "comparison"))])
