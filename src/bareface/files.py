"""Writing a result: all of it or none of it."""

from __future__ import annotations

import contextlib
import os
import secrets
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
    # Short of the name of the target, which may already be as long as a name can be.
    beside = path.with_name(f".{path.name[:40]}.{secrets.token_hex(4)}.part")
    try:
        try:
            with beside.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())  # or a power cut could leave the new name on an empty file
            beside.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                beside.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UsageError(
            "usage.output",
            f"cannot be written: {error.strerror or error}.",
            source=str(path),
            remedy="Check the folder, its permissions and the free space.",
        ) from error
    return path
