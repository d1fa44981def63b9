"""Face image quality (ISO/IEC 29794-1 and -5): measures, components, one score."""

from bareface.faces.quality.components import measure
from bareface.faces.quality.score import assess, rate, reasons
from bareface.values.quality import Measures, Quality

__all__ = ["Measures", "Quality", "assess", "measure", "rate", "reasons"]
