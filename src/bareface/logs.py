"""The loggers of bareface: silent until a program listens, and without personal data.

Every module logs below ``bareface``. Levels mean:

- ``DEBUG``: which network was opened, why an index was read or built, how long a step took;
- ``INFO``: each call of a service with its outcome, time and counts; a gallery migrated, a model added;
- ``WARNING``: what is odd and was handled.

No record names a subject or holds a template, and none names a photo. Counts, times, codes, networks and the files
that bareface itself keeps are enough to see what happened; errors, which name a photo, go to the caller.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

ROOT = "bareface"
logging.getLogger(ROOT).addHandler(logging.NullHandler())


def logger(name: str) -> logging.Logger:
    """Return a module's logger.

    Parameters
    ----------
    name
        The module's ``__name__``.
    """
    return logging.getLogger(name)


@contextmanager
def timed(log: logging.Logger, message: str, *arguments: object) -> Iterator[None]:
    """Log at DEBUG how long the body took, unless it failed."""
    start = time.perf_counter()
    yield
    log.debug(f"{message} in %.0f ms", *arguments, 1000 * (time.perf_counter() - start))
