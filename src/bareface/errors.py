"""One hierarchy of errors, each with a stable code and a sentence that says what to do.

Codes are part of the public interface: `image.truncated`, `model.checksum`, `template.space`, ... never change
their meaning. The message names the file (``source``) and ends with the remedy where there is one.
"""

from __future__ import annotations


class BarefaceError(Exception):
    """Base of every error that bareface raises on purpose.

    Parameters
    ----------
    code
        Stable, dotted identifier, e.g. ``image.truncated``.
    message
        What happened, in a sentence.
    source
        The file or resource concerned, as the user named it.
    remedy
        What the user can do about it.
    """

    def __init__(self, code: str, message: str, *, source: str | None = None, remedy: str | None = None) -> None:
        self.code = code
        self.message = message
        self.source = source
        self.remedy = remedy
        super().__init__(code, message)

    def __str__(self) -> str:
        where = f"{self.source}: " if self.source else ""
        what_to_do = f" {self.remedy}" if self.remedy else ""
        return f"{where}{self.message}{what_to_do} [{self.code}]"

    def as_dict(self) -> dict[str, str | None]:
        """The error as plain JSON values."""
        return {"code": self.code, "message": self.message, "source": self.source, "remedy": self.remedy}


class ImageError(BarefaceError):
    """A photo that cannot be read, codes ``image.*``."""


class ModelError(BarefaceError):
    """A model that is missing, damaged or cannot run as asked, codes ``model.*``."""


class FaceError(BarefaceError):
    """A face that says too little to be used, codes ``face.*``."""


class TemplateError(BarefaceError):
    """Templates that cannot be compared, codes ``template.*``."""


class GalleryError(BarefaceError):
    """A gallery that cannot be opened or changed as asked, codes ``gallery.*``."""


class EvaluationError(BarefaceError):
    """A protocol, score file or metric input that is not valid, codes ``evaluation.*``."""


class CalibrationError(BarefaceError):
    """A calibration that cannot be fitted or applied, codes ``calibration.*``."""


class RestorationError(BarefaceError):
    """A restoration that cannot be made or saved as asked, codes ``restoration.*``."""


class UsageError(BarefaceError):
    """Arguments that contradict each other or name nothing, codes ``usage.*``."""
