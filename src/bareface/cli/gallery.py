"""``bareface gallery``: look into a gallery, and put it right."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bareface.cli.complete import subject_names
from bareface.cli.options import EngineOptions
from bareface.cli.output import ExitCode, Json, print_json, print_pairs, print_table
from bareface.cli.shapes import plain

if TYPE_CHECKING:
    from bareface.gallery.records import Reference
    from bareface.service import Gallery

app = typer.Typer(help="Look into a gallery, and put it right.", no_args_is_help=True)

GalleryPath = Annotated[Path, typer.Argument(metavar="GALLERY", help="The gallery's file.")]
Subject = Annotated[
    str, typer.Argument(metavar="SUBJECT", help="Name, or number as #7.", autocompletion=subject_names)
]
References = Annotated[
    list[int],
    typer.Argument(metavar="REFERENCE", help="Numbers, as `gallery references` lists them."),
]


def _open(path: Path, options: EngineOptions | None = None) -> Gallery:
    from bareface.service import Gallery

    return Gallery.open(path, engine=options.engine() if options else None, create=False)


def _who(text: str) -> int | str:
    """A subject as the user names it: ``#7`` is a number, all else a name."""
    number = text.removeprefix("#")
    return int(number) if text.startswith("#") and number.isdecimal() else text


@app.command()
def info(gallery: GalleryPath, json: Json = False) -> None:
    """Show what a gallery holds."""
    with _open(gallery) as opened:
        found = opened.info()
    if json:
        print_json(plain(found))
        return
    print_pairs(
        [
            ("gallery", found.path),
            ("subjects", f"{found.subjects:,}"),
            ("references", f"{found.references:,}"),
            ("photos", f"{found.photos:,}"),
            ("corrections", f"{found.corrections:,}"),
            ("space", found.space),
            *(
                ("templates", f"{made.references:,} by {made.model} in {made.precision}")
                for made in found.templates
            ),
            ("size on disk", f"{found.size / 1e6:,.1f} MB"),
            ("made", f"{found.created:%Y-%m-%d %H:%M} UTC"),
        ]
    )


@app.command()
def subjects(gallery: GalleryPath, json: Json = False) -> None:
    """List the subjects."""
    with _open(gallery) as opened:
        found = opened.subjects()
    if json:
        print_json({"subjects": plain(found)})
    else:
        rows = [(f"#{one.id}", one.name, one.references) for one in found]
        print_table(("number", "name", "references"), rows, right=("number", "references"))
    if not found:
        raise typer.Exit(ExitCode.NOTHING_FOUND)


@app.command()
def references(
    gallery: GalleryPath,
    subject: Annotated[
        str | None,
        typer.Option(metavar="SUBJECT", help="Name, or number as #7.", autocompletion=subject_names),
    ] = None,
    json: Json = False,
) -> None:
    """List the references: which face from which photo stands for whom."""
    with _open(gallery) as opened:
        found = opened.references(None if subject is None else _who(subject))
    if json:
        print_json({"references": plain(found)})
    else:
        _print_references(found)
    if not found:
        raise typer.Exit(ExitCode.NOTHING_FOUND)


def _print_references(found: tuple[Reference, ...]) -> None:
    print_table(
        ("number", "subject", "photo", "box", "basis", "enrolled"),
        [
            (
                one.id,
                one.subject or f"#{one.subject_id}",
                one.source,
                ", ".join(f"{value:.0f}" for value in one.box),
                one.basis,
                f"{one.enrolled:%Y-%m-%d}",
            )
            for one in found
        ],
        right=("number",),
    )
