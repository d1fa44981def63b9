"""How useful a photo of a face is for recognition (ISO/IEC 29794-1 and -5): measures, components, one score."""

from bareface.quality.base import Measures, Quality
from bareface.quality.components import measure
from bareface.quality.score import assess, rate, reasons

__all__ = ["Measures", "Quality", "assess", "measure", "rate", "reasons"]
