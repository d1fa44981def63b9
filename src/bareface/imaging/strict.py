"""Refuse pictures that are cut short, also in programs that let Pillow read them.

``PIL.ImageFile.LOAD_TRUNCATED_IMAGES`` holds for a whole process, and training scripts often set it: what is missing
of a photo is then grey or black, without a word.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from PIL import ImageFile


class _Elsewhere(threading.local):
    """A flag that is true but for threads that decode strictly.

    Pillow asks for the flag's truth each time. To set it to False for a while would refuse pictures of other threads.
    """

    strict = 0

    def __bool__(self) -> bool:
        return not self.strict


_ELSEWHERE: Final = _Elsewhere()


@contextmanager
def strict() -> Iterator[None]:
    """Refuse what is cut short while this runs in this thread, whatever the program asked of Pillow."""
    if ImageFile.LOAD_TRUNCATED_IMAGES:
        ImageFile.LOAD_TRUNCATED_IMAGES = _ELSEWHERE  # type: ignore[assignment]  # only its truth counts
    _ELSEWHERE.strict += 1
    try:
        yield
    finally:
        _ELSEWHERE.strict -= 1
