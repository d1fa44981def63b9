"""``bareface evaluate import`` and ``export``: score files of other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bareface.cli.evaluate import read_scores
from bareface.cli.output import Json, print_json, print_pairs
from bareface.system.files import check_place
from bareface.values.words import plural

if TYPE_CHECKING:
    from bareface.scores.score_file import ScoreFile


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="bob.bio's four columns.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="SCORES", help="Score file to write.")],
    json: Json = False,
) -> None:
    """Turn bob.bio's four-column scores into a score file."""
    from bareface.scores.formats import check, read_bob

    check(out)
    check_place(out, [file])
    scores = read_bob(file)
    scores.write(out)
    _print_written(out, scores, json)


def export(
    scores: Annotated[Path, typer.Argument(metavar="SCORES", help="A score file.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="Text file to write.")],
    json: Json = False,
) -> None:
    """Write scores as bob.bio's four columns."""
    from bareface.scores.formats import write_bob

    check_place(out, [scores])
    loaded = read_scores(scores)
    write_bob(loaded, out)
    _print_written(out, loaded, json)


def _print_written(out: Path, scores: ScoreFile, json: bool) -> None:
    if json:
        print_json({"scores": str(out), "comparisons": len(scores), "mated": int(scores.mated.sum())})
    else:
        print_pairs([("scores", out), ("comparisons", plural(len(scores), "comparison"))])
