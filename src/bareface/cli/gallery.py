"""``bareface gallery``: inspect and correct a gallery."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bareface.cli.commands import App
from bareface.cli.complete import subject_names
from bareface.cli.options import EngineOptions, with_engine
from bareface.cli.output import ExitCode, Json, confirm, note, print_json, print_pairs, print_table, progress
from bareface.cli.search import visible
from bareface.errors import GalleryError, UsageError
from bareface.reports.json_plain import plain
from bareface.values.words import plural, printable

if TYPE_CHECKING:
    from bareface.services.gallery import Gallery
    from bareface.values.gallery import Deleted, Reference
    from bareface.values.gallery import Subject as SubjectRecord

app = App(help="Inspect and correct a gallery.", no_args_is_help=True)

GalleryPath = Annotated[Path, typer.Argument(metavar="GALLERY", help="The gallery's file.")]
Subject = Annotated[str, typer.Argument(metavar="SUBJECT", help="Name, or number as #7.", autocompletion=subject_names)]
References = Annotated[
    list[int],
    typer.Argument(metavar="REFERENCE", help="Numbers, as `gallery references` lists them."),
]

_UNDO = 50
"""References in a command that a person copies."""

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Skip the confirmation.")]


def _open(path: Path, options: EngineOptions | None = None) -> Gallery:
    from bareface.services.gallery import Gallery

    return Gallery.open(path, engine=options.engine() if options else None, create=False)


@app.command()
def info(gallery: GalleryPath, json: Json = False) -> None:
    """Show what a gallery holds."""
    with _open(gallery) as opened:
        contents = opened.info()
    if json:
        print_json(plain(contents))
        return
    print_pairs(
        [
            ("gallery", contents.path),
            ("subjects", f"{contents.subjects:,}"),
            ("references", f"{contents.references:,}"),
            ("photos", f"{contents.photos:,}"),
            ("corrections", f"{contents.corrections:,}"),
            ("space", contents.space),
            *(("templates", f"{made.references:,} by {made.model} in {made.precision}") for made in contents.templates),
            ("size on disk", f"{contents.size / 1e6:,.1f} MB"),
            ("made", f"{contents.created:%Y-%m-%d %H:%M} UTC"),
        ]
    )


@app.command()
def subjects(gallery: GalleryPath, json: Json = False) -> None:
    """List the subjects."""
    with _open(gallery) as opened:
        listing = opened.subjects()
    if json:
        print_json({"subjects": plain(listing)})
    else:
        rows = [(f"#{one.id}", one.name, one.references, ", ".join(one.aliases)) for one in listing]
        columns = ("number", "name", "references", "also")[: 4 if any(one.aliases for one in listing) else 3]
        cells = [row[: len(columns)] for row in rows]
        print_table(columns, cells, right=("number", "references"), long=("name", "also"))
    if not listing:
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
    """List the references of the gallery or, best first, of one subject."""
    with _open(gallery) as opened:
        listing = opened.references(subject)
    if json:
        print_json({"references": plain(listing)})
    else:
        _print_references(listing)
    if not listing:
        raise typer.Exit(ExitCode.NOTHING_FOUND)


@app.command()
def delete(
    gallery: GalleryPath,
    subject: Annotated[
        str | None,
        typer.Option(metavar="SUBJECT", help="Name, or number as #7.", autocompletion=subject_names),
    ] = None,
    photo: Annotated[Path | None, typer.Option(metavar="PATH", help="Delete all faces from this photo.")] = None,
    reference: Annotated[
        list[int] | None, typer.Option(metavar="NUMBER", help="Delete this reference; may be repeated.")
    ] = None,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Delete a subject, a photo or references, from database, index and pictures, for good."""
    with _open(gallery) as opened:
        who = "them" if subject is None else _called(opened, subject)
        confirm(f"Delete {who} for good?", yes)
        deleted = opened.delete(subject=subject, photo=photo, reference=reference or None)
    if subject is not None:
        note(f"Deleted {who}.")
    _print_deleted(deleted, json)


@app.command()
def scrub(gallery: GalleryPath, json: Json = False) -> None:
    """Rewrite the files: free the space of deleted data and finish an interrupted deletion."""
    with _open(gallery) as opened:
        opened.scrub()
    if json:
        print_json({"scrubbed": str(gallery)})
    else:
        note("Rewritten: nothing that was deleted can be read from the files.")


@app.command()
def reject(gallery: GalleryPath, references: References, yes: Yes = False, json: Json = False) -> None:
    """Delete faces and never enrol them again."""
    confirm("Delete them, and never enrol them again?", yes)
    with _open(gallery) as opened:
        deleted = opened.reject(references)
    _print_deleted(deleted, json)


@app.command()
def assign(gallery: GalleryPath, subject: Subject, references: References, json: Json = False) -> None:
    """Give references to a subject, now and whenever their photos are enrolled again."""
    from bareface.values import names

    with _open(gallery) as opened:
        changed = opened.assign(references, subject)
    _print_subject(changed, json)
    if names.key(subject) in changed.aliases:
        note(f"{subject!r} was merged or renamed: it means {changed.name} (#{changed.id}).")


@app.command()
def merge(gallery: GalleryPath, kept: Subject, merged: Subject, json: Json = False) -> None:
    """Merge two subjects: the first keeps its name and gets the second's references, now and in future."""
    with _open(gallery) as opened:
        before = opened.references(kept), opened.references(merged)
        changed = opened.merge(kept, merged)
    _print_subject(changed, json)
    note(_undo(gallery, *before))


@app.command()
def rename(
    gallery: GalleryPath,
    subject: Subject,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The new name.")],
    json: Json = False,
) -> None:
    """Rename a subject; photos enrolled under the earlier name still belong to it."""
    with _open(gallery) as opened:
        changed = opened.rename(subject, name)
    _print_subject(changed, json)


@app.command()
def split(
    gallery: GalleryPath,
    references: References,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="Name the new subject.")] = None,
    json: Json = False,
) -> None:
    """Move references to a new subject."""
    with _open(gallery) as opened:
        changed = opened.split(references, name)
    _print_subject(changed, json)


@app.command()
def relink(
    gallery: GalleryPath,
    old: Annotated[Path, typer.Argument(metavar="OLD", help="The former folder of the photos.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The folder where they are now.")],
    json: Json = False,
) -> None:
    """Update the paths of photos after their folder was moved."""
    with _open(gallery) as opened:
        report = opened.relink(old, new)
    if json:
        print_json(plain(report))
    else:
        note(f"{plural(report.relinked, 'photo')} found again.")
        _print_some("not there", report.missing)
        _print_some("another file", report.changed)
    if report.missing or report.changed:
        raise typer.Exit(ExitCode.INPUT)


@app.command()
@with_engine
def reembed(gallery: GalleryPath, options: EngineOptions, json: Json = False) -> None:
    """Compute all templates again from the photos, after a change of model, precision or template format."""
    with _open(gallery, options) as opened, progress("Embedding") as advance:
        report, embedder = opened.reembed(advance), opened.engine.model
    if json:
        print_json(plain(report))
    else:
        note(f"{plural(report.references, 'reference')} embedded by {embedder}.")
        _print_some("unresolved", [f"{one.source}: {one.message} [{one.code}]" for one in report.unresolved])
        if not report.switched:
            note("The gallery keeps its old templates until the rest is found (relink) or deleted.")
        if report.recalibrate:
            note(
                f"Its own calibration is of the former model and not used: `bareface calibrate {gallery}` fits another."
            )
    if report.unresolved:
        raise typer.Exit(ExitCode.INPUT)


@app.command()
def check(
    gallery: GalleryPath,
    repair: Annotated[
        bool, typer.Option("--repair", help="Delete damaged rows of corrections and restorations for good.")
    ] = False,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Check for damage and repair the index; exit with 4 if damaged. Warn of files that others may read."""
    with _open(gallery) as opened:
        report = opened.check()
        if repair and report.problems and not report.repairable:
            note("No damaged row is one of corrections or restorations: there is nothing to repair.")
        elif repair and report.problems:
            for problem in report.problems:
                note(f"{problem.code}: {problem.message}")
            confirm("Delete damaged rows of corrections and restorations, and their content?", yes)
            note(f"Deleted: {plural(opened.repair(), 'damaged row')}.")
            report = opened.check()
    if json:
        print_json({"ok": report.ok, **plain(report)})
    else:
        for problem in report.problems:
            note(f"{problem.code}: {problem.message}")
        for warning in report.warnings:
            note(f"Warning: {warning.code}: {warning.message}")
        _print_some("photo no longer there", report.missing_photos)
        note(f"{plural(report.references, 'reference')} checked, {plural(len(report.problems), 'problem')}.")
    if not report.ok:
        raise typer.Exit(ExitCode.GALLERY)


@app.command("import")
def import_encodings(
    gallery: Annotated[Path, typer.Argument(metavar="GALLERY", help="The gallery's file; created if absent.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help=".npy, .json or .csv; see docs/cli.md.")],
    basis: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Record the legal basis for enrolling these people.")
    ] = None,
    json: Json = False,
) -> None:
    """Import encodings of the face_recognition library; they are searchable at once."""
    from bareface.services.gallery import Gallery

    with Gallery.open(gallery) as opened:
        outcome = opened.import_encodings(file, basis)
    if json:
        print_json(plain(outcome))
    else:
        note(f"{outcome.status}: {plural(outcome.references, 'reference')} from {outcome.source}")
        if outcome.message:
            note(outcome.message)


def _called(opened: Gallery, subject: str) -> str:
    """Say by name and number whom a name or number means, before it is deleted."""
    try:
        one = opened.references(subject)[0]
    except GalleryError:  # a damaged subject is deleted by its number
        return printable(subject)
    except UsageError as error:  # one without references may still be known by corrections: `delete` tells
        if error.code != "usage.unknown-subject":
            raise
        return printable(subject)
    return f"{'the unnamed subject' if one.subject is None else printable(one.subject)} (#{one.subject_id})"


def _print_deleted(deleted: Deleted, json: bool) -> None:
    if json:
        print_json(plain(deleted))
        return
    counts = (
        plural(deleted.references, "reference"),
        plural(deleted.photos, "photo"),
        plural(deleted.subjects, "subject"),
    )
    note(f"Deleted: {', '.join(counts)}.")


def _print_subject(subject: SubjectRecord, json: bool) -> None:
    if json:
        print_json(plain(subject))
    else:
        note(f"{subject.name or 'unnamed'} (#{subject.id}) has {plural(subject.references, 'reference')}.")


def _undo(gallery: Path, kept: Sequence[Reference], merged: Sequence[Reference]) -> str:
    """Word the command that undoes a merge: it splits off the references of the subject whose name did not stay."""
    from bareface.values import names

    first, second = (next((one.subject for one in several), None) for several in (kept, merged))
    apart, name = (kept, None) if first is None and second is not None else (merged, second)
    if name is not None and (names.same(first, name) or names.reads_as_number(name)):
        name = None
    if len(apart) > _UNDO:
        return f"To undo this, split off these {len(apart):,} references: `bareface gallery split`."
    words = ["bareface", "gallery", "split", str(gallery), *(str(one.id) for one in apart)]
    return f"To undo this: {shlex.join(words if name is None else [*words, '--name', name])}"


def _print_some(what: str, which: Sequence[str], at_most: int = 20) -> None:
    for one in which[:at_most]:
        note(f"{what}: {one}")
    if len(which) > at_most:
        note(f"... and {len(which) - at_most} more; --json lists them all.")


def _print_references(found: tuple[Reference, ...]) -> None:
    print_table(
        ("number", "subject", "photo", "quality", "visible", "basis", "enrolled"),
        [
            (
                one.id,
                one.subject or f"#{one.subject_id}",
                one.source,
                None if one.quality is None else f"{one.quality:.0f}",
                visible(one.mask_state, one.visible),
                one.basis,
                f"{one.enrolled:%Y-%m-%d}",
            )
            for one in found
        ],
        right=("number", "quality"),
        long=("subject", "photo", "basis"),
    )
