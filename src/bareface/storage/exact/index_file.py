"""The file of an exact index: a digest of all that follows, a header, then the segments."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from os import fsync
from pathlib import Path

import numpy as np

from bareface.errors import GalleryError
from bareface.logs import logger
from bareface.storage.exact.segment import Segment, read_segments
from bareface.system.files import create
from bareface.values.face import Precision

_log = logger(__name__)

DIGEST = hashlib.sha256().digest_size


def write(path: Path, header: str, segments: Sequence[Segment], mode: int | None) -> None:
    """Write an index, atomically: ``<path>.new`` next to it is used meanwhile.

    Raises
    ------
    GalleryError
        ``gallery.index-write``: the file cannot be written (a full disk). The old file is left as it was.
    """
    fresh = unfinished(path)
    try:
        fresh.unlink(missing_ok=True)
        with create(fresh, mode) as file:
            file.write(bytes(DIGEST))
            np.save(file, np.array(header))
            for segment in segments:
                segment.write(file)
            file.seek(DIGEST)
            digest = hashlib.file_digest(file, "sha256").digest()
            file.seek(0)
            file.write(digest)
            file.flush()
            fsync(file.fileno())
        fresh.replace(path)
    except (FileNotFoundError, FileExistsError) as error:
        # Another process writes the index, too, or has just removed it: then its state is the later one.
        if not path.parent.is_dir():
            raise _unwritable(path, error) from error
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise _unwritable(path, error) from error


def read(path: Path, header: str, precision: Precision, dimension: int) -> tuple[Segment, ...] | None:
    """Read the segments of a sound file with this header; None where it is another one, or absent."""
    if not path.is_file():  # a named pipe would be waited for
        _log.debug("there is no index file")
        return None
    try:
        with path.open("rb") as file:
            expected = file.read(DIGEST)
            if hashlib.file_digest(file, "sha256").digest() != expected:
                _log.warning("the index file is damaged and is rebuilt")
                return None
            file.seek(DIGEST)
            if str(np.load(file)) != header:
                _log.debug("the index file is of another state or another version")
                return None
            return tuple(read_segments(file, precision, dimension))
    except (ValueError, EOFError):
        _log.debug("the index file is laid out by another version")
        return None
    except (OSError, MemoryError) as error:
        _log.warning("the index file cannot be read and is rebuilt: %s", type(error).__name__)
        return None


def unfinished(path: Path) -> Path:
    """Return where an index is written before it takes the place of the one at a path."""
    return path.with_name(path.name + ".new")


def _unwritable(path: Path, error: OSError) -> GalleryError:
    return GalleryError("gallery.index-write/write", reason=error.strerror or error, source=str(path))
