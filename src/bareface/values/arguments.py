"""Arguments of the library's functions, checked on entry: an error names the argument and what is allowed."""

from __future__ import annotations

import math
import operator
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from bareface.errors import (
    BarefaceError,
    CalibrationError,
    EvaluationError,
    ImageError,
    ModelError,
    RestorationError,
    UsageError,
)
from bareface.messages import Note

_LARGEST_ROW: Final = 2**63 - 2  # whoever lists a page asks for one row more

_KINDS: Final[dict[str, type[BarefaceError]]] = {
    "calibration": CalibrationError,
    "evaluation": EvaluationError,
    "image": ImageError,
    "model": ModelError,
    "restoration": RestorationError,
}


def number(
    name: str, value: object, least: float = -math.inf, most: float = math.inf, *, code: str = "usage.value"
) -> float:
    """Return a finite number between two bounds, of any numeric type; text and truth values are not numbers.

    Parameters
    ----------
    name
        The argument, as the caller writes it.
    value
        The argument passed.
    least, most
        The bounds, which are allowed themselves.
    code
        Of the error.

    Raises
    ------
    BarefaceError
        Of the kind that the code belongs to.
    """
    result = _as_float(value)
    if result is None or not least <= result <= most or math.isinf(result):
        raise refused(name, value, _between("number", least, most), code)
    return result


def count(
    name: str, value: object, least: int | None = 0, most: int | None = None, *, code: str = "usage.value"
) -> int:
    """Return a whole number between two bounds; parameters and errors as in :func:`number`."""
    try:
        result = None if isinstance(value, bool) else operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        result = None
    if result is None or (least is not None and result < least) or (most is not None and result > most):
        bounds = -math.inf if least is None else least, math.inf if most is None else most
        raise refused(name, value, _between("whole", *bounds), code)
    return result


def row(name: str, value: object, least: int = 0) -> int:
    """Return a whole number that a database can hold; errors as in :func:`number`."""
    return count(name, value, least, _LARGEST_ROW)


def choice(name: str, value: object, allowed: Sequence[object], *, code: str = "usage.value") -> None:
    """Refuse a value that is not among those allowed."""
    if not any(type(value) is type(one) and value == one for one in allowed):
        raise refused(name, value, Note("argument.choice", allowed=list(map(str, allowed))), code)


def text(name: str, value: object) -> str:
    """Return text; refuse anything else."""
    if not isinstance(value, str):
        raise refused(name, value, Note("argument.text"))
    return value


def path(name: str, value: object) -> str:
    """Return a path as text; bytes are refused, since some systems have no paths of bytes."""
    result = None
    if isinstance(value, str | os.PathLike):
        try:
            result = os.fspath(value)
        except Exception:  # any object may have a method of that name
            result = None
    if not isinstance(result, str) or not _encodes(result):
        raise refused(name, value, Note("argument.path"))
    return result


def file_path(name: str, value: object) -> Path:
    """Return a path; errors as in :func:`path`."""
    return Path(path(name, value))


def file_paths(name: str, value: object) -> tuple[Path, ...]:
    """Return several paths; one alone counts as one, not as its letters."""
    if isinstance(value, str | os.PathLike):
        return (file_path(name, value),)
    if isinstance(value, bytes) or not isinstance(value, Iterable):
        raise refused(name, value, Note("argument.paths"))
    return tuple(file_path(name, one) for one in value)


def instance(name: str, value: object, kind: type, what: str, *, code: str = "usage.value") -> None:
    """Refuse a value of another type."""
    if not isinstance(value, kind):
        raise refused(name, value, what, code)


def able(name: str, value: object, methods: Iterable[str], what: str) -> None:
    """Refuse an object that lacks one of these attributes."""
    if isinstance(value, type) or not all(hasattr(value, method) for method in methods):
        raise refused(name, value, what)


def called(name: str, value: Callable[..., Any] | None) -> None:
    """Refuse a value that cannot be called; None is allowed."""
    if value is not None and not callable(value):
        raise refused(name, value, Note("argument.function"))


def texts(name: str, value: object) -> tuple[str, ...]:
    """Return several texts; one alone counts as one, not as its letters."""
    several = (value,) if isinstance(value, str) else value
    if isinstance(several, bytes) or not isinstance(several, Iterable):
        raise refused(name, value, Note("argument.texts"))
    listed = tuple(several)
    for one in listed:
        if not isinstance(one, str):
            raise refused(name, one, Note("argument.texts"))
    return listed


def items(name: str, value: object, kind: type, what: str) -> None:
    """Refuse a value that is not a sequence of a type."""
    if isinstance(value, str | bytes) or not isinstance(value, Sequence):
        raise refused(name, value, Note("argument.list", of=what))
    for one in value:
        instance(name, one, kind, Note("argument.list", of=what))


def refused(name: str, value: object, allowed: str, code: str = "usage.value") -> BarefaceError:
    """Return the error that names an argument, its value and what is allowed."""
    kind = _KINDS.get(code.partition(".")[0], UsageError)
    return kind(code, Note("argument.refused", name=name, allowed=allowed, value=shown(value)))


def said(error: Exception) -> str:
    """Return the message of an error of a user's object, whatever its own ``__str__`` does."""
    try:
        words = str(error)
    except Exception:
        words = ""
    return " ".join(words.split())[:200].rstrip(".") or type(error).__name__


def shown(value: object) -> str:
    """Return a value in a few characters, whatever its own ``__repr__`` does."""
    try:
        said = repr(value)
    except Exception:
        said = ""
    said = " ".join(said.split())
    return said if 0 < len(said) <= 60 else f"a {type(value).__name__}"


def _encodes(path: str) -> bool:
    try:
        os.fsencode(path)
    except UnicodeEncodeError:  # half of a surrogate pair, as JSON may hold it
        return False
    return True


def _as_float(value: object) -> float | None:
    if isinstance(value, bool | str | bytes | bytearray):
        return None
    try:
        return float(value)  # type: ignore[arg-type]
    except Exception:  # arrays, objects: whatever they raise, they are not numbers
        return None


def _between(kind: str, least: float, most: float) -> Note:
    low, high = math.isfinite(least), math.isfinite(most)
    bounds = {"least": least} if low else {}
    return Note(_BOUNDS[kind, low, high], **bounds, **({"most": most} if high else {}))


_BOUNDS: Final = {
    ("number", False, False): "argument.number",
    ("number", True, False): "argument.number/from",
    ("number", False, True): "argument.number/to",
    ("number", True, True): "argument.number/between",
    ("whole", False, False): "argument.whole",
    ("whole", True, False): "argument.whole/from",
    ("whole", False, True): "argument.whole/to",
    ("whole", True, True): "argument.whole/between",
}
