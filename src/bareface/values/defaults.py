"""Default values that services and interfaces share."""

from __future__ import annotations

from typing import Final

MIN_VISIBLE: Final = 0.2
"""Share of a face that must be visible, or it is refused: with less, three of four mated pairs are lost at a false
match rate of 1e-3 (``python -m benchmarks.evidence``)."""

MOST_PAD: Final = 4096
"""Pixels of the widest border around a photo that is evaluated."""

DETECTOR: Final = "bareface"
"""The detector, unless another is named."""
EMBEDDER: Final = "bareface-mobile"
"""The embedder, unless another is named."""
SEGMENTER: Final = "bareface-occlusion"
"""Draws the occlusion maps, unless another is named."""
