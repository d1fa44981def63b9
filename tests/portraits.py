"""Public-domain portraits that come with declared dependencies."""

from __future__ import annotations

from pathlib import Path

import matplotlib
import skimage


def astronaut() -> Path:
    """Return Eileen Collins, 512 x 512, one face (NASA)."""
    return Path(skimage.__file__).parent / "data" / "astronaut.png"


def hopper() -> Path:
    """Return Grace Hopper, 512 x 600, one face (US Navy)."""
    return Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"
