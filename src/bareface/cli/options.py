"""The engine's options, the same on every command that looks at photos."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from bareface.cli.complete import detector_names, embedder_names
from bareface.values.defaults import DETECTOR, EMBEDDER

if TYPE_CHECKING:
    from bareface.services.engine import Engine
    from bareface.services.faces import Limits

_PANEL = "Engine"

MinVisible = Annotated[
    float,
    typer.Option(
        "--min-visible", min=0, max=1, metavar="SHARE", help="Refuse faces that show less than this share; 0: none."
    ),
]
"""Visible share that a face must have; its default is :data:`bareface.values.defaults.MIN_VISIBLE`."""

Exclude = Annotated[
    list[str] | None,
    typer.Option(
        "--exclude", metavar="PATTERN", help="Leave out files and folders whose name or path matches; repeatable."
    ),
]
"""Patterns that a walk through folders leaves out."""


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """Options of the engine that finds and embeds faces; one field for each option."""

    detector: Annotated[
        str,
        typer.Option(
            help="Use this face detector: bareface, dlib, or one added by `bareface models add`, e.g. yunet.",
            autocompletion=detector_names,
            rich_help_panel=_PANEL,
        ),
    ] = DETECTOR
    embedder: Annotated[
        str | None,
        typer.Option(
            help="Use this embedder, as `bareface models` lists them. By default, that of the gallery's templates; for "
            f"a new gallery, for `gallery reembed` and without a gallery, {EMBEDDER}.",
            autocompletion=embedder_names,
            rich_help_panel=_PANEL,
        ),
    ] = None
    precision: Annotated[
        Literal["float32", "int8", "auto"],
        typer.Option(
            help="Set the arithmetic of the embedder; int8 is faster and needs VNNI; auto uses it if it is exact.",
            rich_help_panel=_PANEL,
        ),
    ] = "float32"
    min_face: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="PX", help="Ignore faces narrower than this, 40 by default.", rich_help_panel=_PANEL
        ),
    ] = None
    threads: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Use N processor threads; all by default.", rich_help_panel=_PANEL),
    ] = None
    provider: Annotated[
        Literal["cpu", "cuda"],
        typer.Option(help="Run networks on this device. A missing GPU is an error.", rich_help_panel=_PANEL),
    ] = "cpu"

    max_pixels: Annotated[
        int,
        typer.Option(min=1, metavar="N", help="Refuse larger photos (pixels, as decoded).", rich_help_panel=_PANEL),
    ] = 100_000_000
    max_bytes: Annotated[int, typer.Option(min=1, metavar="N", help="Refuse longer files.", rich_help_panel=_PANEL)] = (
        268_435_456
    )

    def limits(self) -> Limits:
        """Return the limits on photos."""
        from bareface.services.faces import Limits

        return Limits(max_bytes=self.max_bytes, max_pixels=self.max_pixels)

    def for_gallery(self) -> Engine | Callable[[str], Engine]:
        """Make the engine, or return what makes it for the embedder of a gallery, where none is named."""
        return self.engine() if self.embedder else lambda embedder: replace(self, embedder=embedder).engine()

    def engine(self) -> Engine:
        """Make the engine that these options describe."""
        from bareface.services.engine import Engine

        return Engine(
            detector=self.detector,
            embedder=self.embedder or EMBEDDER,
            precision=self.precision,
            min_face=self.min_face,
            threads=self.threads,
            providers=[self.provider],
            limits=self.limits(),
        )


def with_engine(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command one option a field of :class:`EngineOptions`, handed over as its argument ``options``.

    Typer reads a command's signature, so the options are written once here and not in every command.
    """
    own = inspect.signature(command, eval_str=True)
    hints = inspect.get_annotations(EngineOptions, eval_str=True)
    names = [field.name for field in fields(EngineOptions)]

    @functools.wraps(command)
    def wrapper(**arguments: Any) -> None:
        chosen = {name: arguments.pop(name) for name in names}
        command(**arguments, options=EngineOptions(**chosen))

    added = [
        inspect.Parameter(
            field.name, inspect.Parameter.KEYWORD_ONLY, default=field.default, annotation=hints[field.name]
        )
        for field in fields(EngineOptions)
    ]
    parameters = [parameter for parameter in own.parameters.values() if parameter.name != "options"]
    parameters = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in parameters]
    signature = own.replace(parameters=[*parameters, *added])
    wrapper.__signature__ = signature  # type: ignore[attr-defined]
    wrapper.__annotations__ = {name: p.annotation for name, p in signature.parameters.items()}
    return wrapper
