"""Writing a result: all of it or none of it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from bareface.errors import UsageError


def make_folder(path: str | Path) -> Path:
    """Make a folder, with those above it, unless it is there.

    Raises
    ------
    UsageError
        ``usage.output``: it cannot be made here.
    """
    path = Path(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            "usage.output",
            f"no folder can be made here: {error.strerror or error}.",
            source=str(path),
            remedy="Choose a place that may be written to.",
        ) from error
    return path


def check_place(path: str | Path) -> None:
    """Refuse a file whose folder is not there before the work, not after it.

    Raises
    ------
    UsageError
        ``usage.output``.
    """
    if not Path(path).absolute().parent.is_dir():
        raise UsageError("usage.output", "its folder does not exist.", source=str(path), remedy="Make it first.")


def write_atomically(path: str | Path, data: bytes) -> Path:
    """Write a file so that readers see the old content or the new, never half of it.

    Parameters
    ----------
    path
        Where to write; an existing file is replaced, a missing folder is an error.
    data
        The whole content.

    Returns
    -------
    Path
        The path written.

    Raises
    ------
    UsageError
        ``usage.output``: the place cannot be written to (no such folder, no permission, disk full).
    """
    path = Path(path)
    temporary: Path | None = None
    try:
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.", suffix=".part")
        temporary = Path(name)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)  # mkstemp makes the file private, which is not what a user asked for
        temporary.replace(path)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise UsageError(
            "usage.output",
            f"cannot be written: {error.strerror or error}.",
            source=str(path),
            remedy="Choose a folder that exists and may be written to.",
        ) from error
    return path
