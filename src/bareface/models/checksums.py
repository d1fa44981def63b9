"""Checksums of weights: a file is compared with its card before it is loaded."""

from __future__ import annotations

import hashlib
import stat
from functools import lru_cache
from pathlib import Path
from typing import Final

from bareface.errors import ModelError
from bareface.models.card import ModelCard as ModelCard
from bareface.models.card import ModelFile as ModelFile
from bareface.models.card import Task as Task
from bareface.system.reading import open_regular

LARGEST_FILE: Final = 1 << 31
"""Bytes of the largest file: no ONNX file can be larger without external files."""


def check_file(path: Path, entry: ModelFile, model: ModelCard) -> None:
    """Refuse a file that is missing or is not the one on its card.

    Raises
    ------
    ModelError
        ``model.missing``, ``model.checksum``, or as :func:`digest_of`.
    """
    added = not model.packaged
    if not path.is_file():
        raise ModelError("model.missing/added" if added else "model.missing/packaged", model=model.id, source=str(path))
    if digest_of(path) != entry.sha256:
        raise ModelError(
            "model.checksum/added" if added else "model.checksum/packaged", model=model.id, source=str(path)
        )


def digest_of(path: Path) -> str:
    """Return a file's SHA-256 in hex; computed again only if the file changed.

    Raises
    ------
    ModelError
        ``model.missing``, ``model.unreadable``.
    """
    try:
        how = path.stat()
        if not stat.S_ISREG(how.st_mode) or how.st_size > LARGEST_FILE:
            code = "model.unreadable/long" if stat.S_ISREG(how.st_mode) else "model.unreadable/not-a-file"
            raise ModelError(code, source=str(path))
        return _sha256(path, how.st_mtime_ns, how.st_size)
    except FileNotFoundError:
        raise ModelError("model.missing/file", source=str(path)) from None
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the path
        why = getattr(error, "strerror", None) or error
        raise ModelError("model.unreadable/file", reason=why, source=str(path)) from error


@lru_cache(maxsize=64)
def _sha256(path: Path, _modified: int, _size: int) -> str:
    with open_regular(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
