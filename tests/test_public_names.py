"""The public names, and what their callables take: all of it stays, so that programs keep working.

``public_names.json`` holds what is promised. An addition to a class needs no change there, a new public name does:
``python -m tests.test_public_names`` writes the file anew. Nothing promised is ever removed.
"""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import bareface

PINNED = Path(__file__).with_suffix("").with_name("public_names.json")
_NEEDED = "needed"
_MADE_BY_USERS = ("Box", "Engine")  # other objects are handed to users, who need their attributes only


def parameters(function: Any) -> list[list[str]]:
    """Name, kind and default of each parameter."""
    return [[one.name, one.kind.name.lower(), _default(one)] for one in inspect.signature(function).parameters.values()]


def _default(one: inspect.Parameter) -> str:
    if one.default is one.empty:
        return _NEEDED
    return repr(one.default) if isinstance(one.default, str | int | float | tuple | None) else "an object"


def public(value: Any) -> Any:
    """Return the callables of a public name: a function's parameters, or those of a class and of its methods."""
    if not inspect.isclass(value):
        return parameters(value)
    members: dict[str, Any] = {"__init__": parameters(value)} if value.__name__ in _MADE_BY_USERS else {}
    for name in sorted({*dir(value)} - {*dir(Exception), *dir(tuple)}):
        member = inspect.getattr_static(value, name)
        if name.startswith("_"):
            continue
        if isinstance(member, classmethod | staticmethod) or inspect.isfunction(member):
            members[name] = parameters(getattr(value, name))
        else:
            members[name] = "attribute"
    return members


def test_the_names_are_those_that_are_promised() -> None:
    assert sorted(bareface.__all__) == sorted(pinned()), "run `python -m tests.test_public_names`"


def test_what_was_promised_is_there() -> None:
    broken = []
    for name, promised in pinned().items():
        now = public(getattr(bareface, name))
        for member, taken in (promised if isinstance(promised, dict) else {"": promised}).items():
            found = now.get(member) if isinstance(now, dict) else now
            broken += [f"{name}.{member}: {fault}" for fault in faults(taken, found)]
    assert broken == []


def faults(promised: Any, now: Any) -> list[str]:
    """Return the reasons why a caller of the promised names would fail now."""
    if now is None:
        return ["is gone"]
    if isinstance(promised, str) or isinstance(now, str):
        return [] if promised == now else ["was a method or an attribute, and is the other now"]
    kept = {name: [name, kind, default] for name, kind, default in now}
    found = [f"{one[0]} was {one}, is {kept.get(one[0])}" for one in promised if kept.get(one[0]) != one]
    positions = [name for name, kind, _ in promised if kind != "keyword_only"]
    if [name for name, kind, _ in now if kind != "keyword_only"][: len(positions)] != positions:
        found.append("the order has changed")
    told = {one[0] for one in promised}
    found += [f"{name} is needed now" for name, _, default in now if default == _NEEDED and name not in told]
    return found


def test_a_break_is_noticed() -> None:
    promised = [["a", "positional_or_keyword", _NEEDED], ["b", "keyword_only", "1"]]
    assert faults(promised, [*promised, ["c", "keyword_only", "None"]]) == []
    assert faults(promised, promised[:1]) == ["b was ['b', 'keyword_only', '1'], is None"]
    assert faults(promised, [["z", "positional_or_keyword", "0"], *promised]) == ["the order has changed"]
    assert faults(promised, [*promised, ["c", "keyword_only", _NEEDED]]) == ["c is needed now"]
    assert faults(promised, None) == ["is gone"]


def pinned() -> dict[str, Any]:
    """Read what is promised."""
    names: dict[str, Any] = json.loads(PINNED.read_text(encoding="utf-8"))
    return names


if __name__ == "__main__":
    lines = []
    for name in sorted(bareface.__all__):
        promise = public(getattr(bareface, name))
        members = promise.items() if isinstance(promise, dict) else ()
        inner = ",\n".join(f"  {json.dumps(member)}: {json.dumps(taken)}" for member, taken in members)
        lines.append(f"{json.dumps(name)}: " + (f"{{\n{inner}\n}}" if members else json.dumps(promise)))
    PINNED.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
