"""``bareface models``: which networks there are, and on what terms."""

from __future__ import annotations

import json as json_format
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from bareface.cli.commands import App
from bareface.cli.complete import detector_names, model_names, preset_names
from bareface.cli.options import EngineOptions, Exclude
from bareface.cli.output import (
    ExitCode,
    Json,
    agreed,
    confirm,
    note,
    print_error,
    print_json,
    print_pairs,
    print_table,
    progress,
)
from bareface.errors import UsageError
from bareface.messages import Note
from bareface.reports.json_plain import plain
from bareface.values.defaults import DETECTOR, EMBEDDER, SEGMENTER
from bareface.values.words import passed_over, plural

if TYPE_CHECKING:
    from bareface.services.models import ModelCard

app = App(help="List, inspect and add models.", invoke_without_command=True)

FMR = 1e-3
_DEFAULTS = {"detection": f"{DETECTOR}-detector", "embedding": EMBEDDER, "occlusion": SEGMENTER}


@app.callback()
def models(ctx: typer.Context, json: Json = False) -> None:
    """List, inspect and add models; lists them if no command is given."""
    if ctx.invoked_subcommand is None:
        list_models(json)
    elif json:
        ctx.default_map = {ctx.invoked_subcommand: {"json": True}}


@app.command("list")
def list_models(json: Json = False) -> None:
    """List all models with the terms of the data behind them, and the precisions that this CPU computes exactly."""
    from bareface.services.models import Models

    listed = Models().list()
    known, damaged, exact = listed.models, listed.damaged, listed.precisions
    if json:
        precisions = {"default": exact[0], "auto": exact[-1], "exact": list(exact)}
        print_json(
            {
                "models": plain(known),
                "defaults": _DEFAULTS,
                "precision": precisions,
                "errors": [error.as_dict() for error in damaged],
            }
        )
    else:
        _print_list(known, exact)
        for error in damaged:
            print_error(error)
    if damaged:
        raise typer.Exit(ExitCode.MODEL)


def _print_list(known: Sequence[ModelCard], exact: Sequence[str]) -> None:
    print_table(
        ("model", "for", "precision", "MB", "licence", "training data"),
        [
            (
                card.id,
                f"{card.task} (default)" if card.id in _DEFAULTS.values() else card.task,
                ", ".join(file.precision for file in card.files),
                f"{sum(file.size for file in card.files) / 1e6:.1f}",
                card.licence,
                card.training_data.splitlines()[0],
            )
            for card in known
        ],
        right=("MB",),
        long=("model", "precision", "licence", "training data"),
    )
    also = "int8 is exact here, too" if "int8" in exact else "no int8: this CPU lacks VNNI or does not report it"
    note(f"precision on this CPU: {exact[0]} by default; {also}")


@app.command()
def show(
    model: Annotated[str, typer.Argument(metavar="MODEL", autocompletion=model_names)], json: Json = False
) -> None:
    """Show a model's card."""
    from bareface.services.models import Models

    card = Models().show(model)
    if json:
        print_json(plain(card))
    else:
        _print_card(card)


@app.command()
def add(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="Its name, e.g. yunet; leave it out to name it as the file.")
    ],
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="The ONNX file; it is copied.")] = None,
    preset: Annotated[
        str | None,
        typer.Option(
            help="Fill in the card: arcface, arcface-mxnet, adaface, magface, sface, mobilefacenet-foamliu, yunet.",
            autocompletion=preset_names,
        ),
    ] = None,
    name: Annotated[str | None, typer.Option(help="Its name, if MODEL is not given.")] = None,
    task: Annotated[Literal["detection", "embedding"] | None, typer.Option(help="State what the model does.")] = None,
    licence: Annotated[str | None, typer.Option(help="State the terms of use.")] = None,
    training_data: Annotated[str | None, typer.Option(help="State the training data and its terms.")] = None,
    space: Annotated[str | None, typer.Option(help="Name the space of its templates; by default as the model.")] = None,
    input: Annotated[
        str | None,
        typer.Option(
            metavar="JSON", help="Describe the input of an embedder, or what differs from the preset: see docs/cli.md."
        ),
    ] = None,
    sha256: Annotated[str | None, typer.Option(help="Refuse a file with another SHA-256.")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Accept its terms without confirmation.")] = False,
    json: Json = False,
) -> None:
    """Register a third-party ONNX model, after showing its terms."""
    from bareface.services.models import Models, name_for

    models = Models()
    if file is None:
        model, file = name_for(model), Path(model)
    elif name is not None and name != model:
        raise UsageError("usage.arguments/named-twice", name=model, other=name)
    model = name or model
    known = models.terms(model, preset) or (None, None)
    shown = (("licence", licence or known[0]), ("training data", training_data or known[1]))
    if not yes and all(value for _, value in shown):
        _accept(model, shown)
    former = next((card.space for card in models.list().models if card.id == model), None)
    card = models.add(
        model,
        file,
        preset=preset,
        task=task,
        licence=licence,
        training_data=training_data,
        space=space,
        input=_mapping(input),
        sha256=sha256,
    )
    if json:
        print_json(plain(card))
    else:
        _print_card(card)
        if former is not None and former != card.space:
            note(f"Another network was called {model}: convert its galleries with `bareface gallery reembed`.")


@app.command()
def fit(
    model: Annotated[str, typer.Argument(metavar="MODEL", autocompletion=model_names)],
    faces: Annotated[
        Path,
        typer.Option(metavar="DIR", help="Read photos from this folder, one folder for each of 100 or more people."),
    ],
    exclude: Exclude = None,
    detector: Annotated[str, typer.Option(help="Use this face detector.", autocompletion=detector_names)] = DETECTOR,
    threads: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Use N processor threads; all by default.")
    ] = None,
    provider: Annotated[
        Literal["cpu", "cuda"], typer.Option(help="Run networks on this device. A missing GPU is an error.")
    ] = "cpu",
    json: Json = False,
) -> None:
    """Learn from photos of many people what an added embedder's scores mean.

    The result is kept next to the model: calibrations, and templates of up to 2,000 of these faces, which scores are
    compared with. It stays on this machine, readable by you only; `bareface models remove` deletes it.
    """
    from bareface.services.models import Models

    options = EngineOptions(detector=detector, embedder=model, threads=threads, provider=provider)
    with progress("Analysing photos") as advance:
        fit = Models().fit(model, faces, engine=options.engine, exclude=exclude or (), progress=advance)
    rows = [
        {
            "kind": one.kind,
            "probe": states[0],
            "reference": states[1],
            "score": at.similarity,
            "extrapolated": at.extrapolated,
        }
        for one in fit.calibrations
        for states in sorted(one.entries)
        for at in [one.threshold(FMR, states)]
    ]
    if json:
        shown = ("model", "space", "people", "photos", "lost", "twice", "cohort", "left_out")
        basis = fit.calibrations[0].basis
        print_json({**{name: plain(getattr(fit, name)) for name in shown}, "basis": basis, "fmr": FMR, "scores": rows})
        return
    print_pairs(
        [("model", fit.model), ("rests on", fit.calibrations[0].basis), ("cohort", f"{fit.cohort:,} templates")]
    )
    for reason, count in fit.lost.items():
        note(f"left out: {plural(count, 'photo')} ({reason})")
    for sentence in passed_over(fit.left_out):
        note(sentence)
    for names in fit.twice:
        note(f"not compared, as alike as photos of one person: {' and '.join(names)}")
    cells = [(*list(row.values())[:3], f"{row['score']:.4f}{' *' * bool(row['extrapolated'])}") for row in rows]
    print_table(("score", "probe", "reference", f"at FMR {FMR:g}"), cells, right=(f"at FMR {FMR:g}",))
    note("Searches and comparisons by this model use these calibrations from now on.")


@app.command()
def remove(
    model: Annotated[str, typer.Argument(metavar="MODEL", autocompletion=model_names)],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Skip the confirmation.")] = False,
    json: Json = False,
) -> None:
    """Remove a model that was added, with its files and its fit."""
    from bareface.services.models import Models

    confirm(f"Remove {model} and its files?", yes)
    Models().remove(model)
    if json:
        print_json({"removed": model})
    else:
        note(f"Removed: {model}.")


def _accept(model: str, terms: Sequence[tuple[str, str | None]]) -> None:
    for name, value in terms:
        note(f"{name}: {value}")
    if sys.stdin is None or not sys.stdin.isatty():
        raise UsageError("usage.terms/unasked", model=model)
    if not agreed("Use it on these terms?"):
        raise UsageError("usage.terms/refused", model=model)


def _mapping(text: str | None) -> dict[str, Any] | None:
    try:
        value = json_format.loads(text) if text else None
    except (ValueError, RecursionError) as error:
        reason = Note("reason.nested") if isinstance(error, RecursionError) else error
        raise UsageError("usage.input/json", reason=reason) from error
    if value is not None and not isinstance(value, dict):
        raise UsageError("usage.input/object")
    return value


def _print_card(card: ModelCard) -> None:
    print_pairs(
        [
            ("model", card.id),
            ("for", card.task),
            ("", card.summary),
            ("training data", " ".join(card.training_data.splitlines())),
            ("licence", card.licence),
            ("source", card.source),
            ("space", card.space),
            *(("limit", limit) for limit in card.limits),
            *(("measured", f"{name}: {value}") for name, value in card.metrics.items()),
            *((f"file, {file.precision}", f"{file.size:,} bytes, SHA-256 {file.sha256}") for file in card.files),
        ]
    )
