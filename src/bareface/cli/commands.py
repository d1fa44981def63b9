"""Commands that name what Typer decides in silence: options given twice or in vain, and ``-`` in place of a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import typer
from typer.core import TyperCommand

from bareface.cli.output import note
from bareface.errors import UsageError

_Function = TypeVar("_Function", bound=Callable[..., Any])

_ONCE = frozenset({"--subject", "--photo", "--face", "--name", "--basis"})
# Of other options the last counts, as a shell's alias needs it, and a note says so.
_GIVEN = "bareface.given"
_Arguments: TypeAlias = Mapping[str, Any]


def _a_list(given: _Arguments) -> bool:
    return Path(given["source"]).is_file()


_IDLE: tuple[tuple[str, tuple[str, ...], Callable[[_Arguments], bool], str], ...] = (
    ("search", ("completions", "seed"), lambda given: not given["with_restored"], "without --with-restored"),
    ("enrol", ("largest",), lambda given: given["face"] is not None, "next to --face"),
    ("evaluate run", ("references", "seed"), lambda given: given["open_set"] is None, "without --open-set"),
    ("evaluate run", ("photos",), lambda given: Path(given["source"]).is_dir(), "for a folder"),
    ("evaluate run", ("exclude",), _a_list, "for a list"),
    ("evaluate restoration", ("exclude",), _a_list, "for a gallery"),
    (
        "evaluate report",
        ("exclude", "pad"),
        lambda given: not any(Path(one).is_dir() for one in given["sources"]),
        "for score files",
    ),
)
"""Options without an effect: a command, its options, when they have none, and that in words."""


class Command(TyperCommand):
    """A command that checks its arguments as they were typed, before and after they are converted."""

    def make_parser(self, ctx: Any) -> Any:
        """Make a parser that looks at what is given more than once.

        `enrol GALLERY --subject Ada a.jpg --subject Bo b.jpg` would make Bo of both.
        """
        parser: Any = super().make_parser(ctx)
        parse = parser.parse_args

        def parse_args(args: list[str]) -> Any:
            given, rest, order = parse(args)
            if not ctx.resilient_parsing:
                ctx.meta[_GIVEN] = dict(given)
                _check_repeated(order)
            return given, rest, order

        parser.parse_args = parse_args
        return parser

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Convert the arguments; refuse ``-`` where a file or folder is meant."""
        rest = super().parse_args(ctx, args)
        given = ctx.meta.get(_GIVEN, {})
        for param in self.params:
            if "-" in _several(given.get(param.name)) and _is_path(param, ctx.params.get(param.name)):
                option = max(param.opts, key=len) if param.param_type_name == "option" else param.metavar
                raise UsageError("usage.arguments/stream", option=option or param.name)
        if not ctx.resilient_parsing:
            _tell_idle(ctx.command_path, given, ctx.params)
        return rest


class App(typer.Typer):
    """A Typer application of such commands."""

    def command(self, name: str | None = None, **more: Any) -> Callable[[_Function], _Function]:
        """Register a function as a command."""
        return super().command(name, **{"cls": Command, **more})


def _check_repeated(order: Sequence[Any]) -> None:
    for param, count in Counter(order).items():
        if count == 1 or param.param_type_name != "option" or param.multiple:
            continue
        for option in _ONCE.intersection(param.opts):
            raise UsageError("usage.arguments/repeated", option=option)
        if param.secondary_opts or not param.is_flag:
            options = "/".join((max(param.opts, key=len), *param.secondary_opts))
            note(f"{options} is given {count} times; the last one counts.")


def _tell_idle(path: str, given: _Arguments, values: _Arguments) -> None:
    """Name options that were given and have no effect."""
    for command, names, idle, where in _IDLE:
        if path.endswith(f" {command}"):
            for name in names:
                if given.get(name) is not None and idle(values):
                    note(f"--{name} has no effect {where}.")


def _is_path(param: Any, value: object) -> bool:
    """Tell whether a parameter is a path; some versions of Typer make paths of texts only later."""
    return Path("-") in _several(value) or "Path" in type(getattr(param, "type", None)).__name__


def _several(value: object) -> Sequence[object]:
    return value if isinstance(value, list | tuple) else (value,)
