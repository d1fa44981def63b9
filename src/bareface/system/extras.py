"""Optional dependencies: imported when they are used, with an error that names the extra that brings each."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

from bareface.errors import UsageError
from bareface.messages import Note

EXTRAS: Final = {
    "fpdf": ("web", "purpose.pdf"),
    "matplotlib": ("evaluate", "purpose.plots"),
    "pyarrow": ("evaluate", "purpose.score-files"),
    "scipy": ("evaluate", "purpose.statistics"),
    "skimage": ("evaluate", "purpose.pictures"),
    "fastapi": ("web", "purpose.web"),
    "multipart": ("web", "purpose.web"),
    "uharfbuzz": ("web", "purpose.pdf"),
    "uvicorn": ("web", "purpose.web"),
}
"""Optional packages as they are imported: the extra that brings each, and the id of what it is for."""
DISTRIBUTIONS: Final = {"fpdf": "fpdf2", "skimage": "scikit-image", "multipart": "python-multipart"}
"""Names under which packages are installed, where they differ."""


def optional(module: str) -> Any:
    """Import a module of an optional package.

    Parameters
    ----------
    module
        Its full name, e.g. ``pyarrow.parquet``; its package is one of :data:`EXTRAS`.

    Raises
    ------
    UsageError
        ``usage.extra`` if the package is not installed, or cannot be loaded; the message names the extra.
    """
    package = module.partition(".")[0]
    try:
        return import_module(module)
    except ImportError as error:
        if isinstance(error, ModuleNotFoundError) and (error.name or "").partition(".")[0] == package:
            raise missing(package) from error
        # Half installed, or made for another version of what it needs.
        extra, purpose = EXTRAS[package]
        name, reason = DISTRIBUTIONS.get(package, package), " ".join(str(error).split())[:200].rstrip(".")
        code = "usage.extra/broken"
        raise UsageError(code, purpose=Note(purpose), package=name, extra=extra, reason=reason) from error


def require(*packages: str) -> None:
    """Refuse to begin long work whose result could not be written.

    Parameters
    ----------
    packages
        Required packages of :data:`EXTRAS`; nothing is imported.

    Raises
    ------
    UsageError
        ``usage.extra`` for the first that is not installed.
    """
    for package in packages:
        if find_spec(package) is None:
            raise missing(package)


def missing(package: str, needed_for: Note | None = None) -> UsageError:
    """Make the error for an optional package that is not installed.

    Parameters
    ----------
    package
        One of :data:`EXTRAS`.
    needed_for
        Purpose of the package; the one in :data:`EXTRAS` by default.
    """
    extra, purpose = EXTRAS[package]
    name = DISTRIBUTIONS.get(package, package)
    return UsageError("usage.extra", purpose=needed_for or Note(purpose), package=name, extra=extra)
