"""The detector, embedder and segmenter that are used unless others are named."""

from __future__ import annotations

from typing import Final

DETECTOR: Final = "bareface"
EMBEDDER: Final = "bareface128"
SEGMENTER: Final = "bareface-occlusion"
