"""One hierarchy of errors, each with a stable code, parameters, and sentences that the catalogue of messages holds.

Codes are part of the public interface: `image.truncated`, `model.checksum`, `template.space`, ... never change
their meaning. As text an error names the file (``source``) and ends with the remedy where there is one.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as in typing, whose import takes longer than all the rest
if TYPE_CHECKING:
    from typing import Literal, Self

    Kind = Literal["invalid", "not found", "conflict", "refused", "unavailable", "internal"]


class BarefaceError(Exception):
    """Base of every error that bareface raises on purpose.

    Parameters
    ----------
    code
        The id of the message: a stable, dotted identifier such as ``image.truncated``; one with several messages is
        followed by which, as in ``image.unsupported/jpeg``.
    message
        Message, if the catalogue has none: an engine of your own has messages of its own.
    source
        The file or resource concerned, as the user named it.
    remedy
        Remedy, if the catalogue has none.
    **params
        Parameters of the message and the remedy, as plain values.

    Attributes
    ----------
    code
        The stable identifier, without what follows a slash.
    id
        The id of the message.
    params, source
        As above.
    """

    def __init__(
        self,
        code: str,
        message: str | None = None,
        *,
        source: str | None = None,
        remedy: str | None = None,
        **params: object,
    ) -> None:
        from bareface.messages.catalogue import plain  # here, since importing it takes longer than all the rest

        self.id = code
        self.code = code.partition("/")[0]
        self.params = {name: plain(value) for name, value in params.items()}
        self.source = source
        self._message, self._remedy = message, remedy
        super().__init__(code)

    @property
    def message(self) -> str:
        """Message as a sentence."""
        from bareface.messages import Note

        return Note(self.id, **self.params) if self._message is None else self._message

    @property
    def remedy(self) -> str | None:
        """Remedy in the words of the interface; None if there is none."""
        from bareface import messages

        return messages.remedy(self.id, self.params) if self._message is self._remedy is None else self._remedy

    def at(self, source: str) -> Self:
        """Return the same error, of a file that only the caller can name."""
        return type(self)(self.id, self._message, source=source, remedy=self._remedy, **self.params)

    def __str__(self) -> str:
        where = f"{self.source}: " if self.source else ""
        remedy = self.remedy
        what_to_do = f" {remedy}" if remedy else ""
        return f"{where}{self.message}{what_to_do} [{self.code}]"

    @property
    def kind(self) -> Kind:
        """Kind of the failure, the same for every caller: see :data:`KINDS`."""
        return kind_of(self.code)

    def as_dict(self) -> dict[str, str | None]:
        """Return the error as plain JSON values."""
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


class WebError(BarefaceError):
    """A request that the web service does not answer as asked, codes ``web.*``."""


# One entry a code. A web service turns the kind into a status; the command line's exit code is the family's.
KINDS: dict[Kind, tuple[str, ...]] = {
    # What was given is wrong, and the same call fails again.
    "invalid": (
        "image.array", "image.corrupt", "image.directory", "image.empty", "image.encode", "image.no-face",
        "image.not-a-file", "image.not-an-image", "image.source", "image.suffix", "image.symlink-loop",
        "image.truncated", "image.unsupported",
        "model.external", "model.interface", "model.min-face", "model.name", "model.task", "model.terms",
        "model.threads", "model.unreadable",
        "face.not-computed",
        "template.value",
        "gallery.empty", "gallery.import-format", "gallery.import-read", "gallery.name",
        "calibration.format", "calibration.gallery", "calibration.llr", "calibration.rate", "calibration.scores",
        "calibration.sparse", "calibration.subjects", "calibration.ties",
        "evaluation.columns", "evaluation.empty", "evaluation.file", "evaluation.folds", "evaluation.format",
        "evaluation.fta", "evaluation.kind", "evaluation.labels", "evaluation.landmarks", "evaluation.line",
        "evaluation.mated", "evaluation.n", "evaluation.nan", "evaluation.plan", "evaluation.share",
        "evaluation.size", "evaluation.subject",
        "restoration.certificate", "restoration.completions", "restoration.fidelity", "restoration.method",
        "restoration.no-photo", "restoration.region",
        "usage.arguments", "usage.condition", "usage.degradation", "usage.delete", "usage.empty", "usage.engine",
        "usage.face", "usage.file-mode", "usage.forked", "usage.index", "usage.input", "usage.merge", "usage.name",
        "usage.output", "usage.pickle", "usage.probe", "usage.region", "usage.top", "usage.value",
        "web.cursor", "web.media-type", "web.method", "web.request",
    ),
    # Something that was named is not there.
    "not found": (
        "image.missing", "model.missing", "model.unknown", "gallery.missing", "gallery.no-photo",
        "gallery.face-lost", "calibration.missing", "evaluation.photo", "usage.demo-folder",
        "usage.demo-portrait", "usage.no-folder", "usage.photos", "usage.relink", "usage.unknown-photo",
        "usage.unknown-case", "usage.unknown-job", "usage.unknown-reference", "usage.unknown-review",
        "usage.unknown-search", "usage.unknown-subject", "web.no-audit", "web.picture", "web.route", "web.search",
    ),
    # It contradicts what is stored.
    "conflict": (
        "template.shape", "template.space", "gallery.linked", "gallery.namesakes", "gallery.photo-changed",
        "gallery.subject-name", "evaluation.unpaired", "usage.ambiguous-subject", "usage.job", "usage.review",
        "usage.subject-exists", "usage.suggestion", "usage.undo", "usage.watch", "web.repeated",
    ),
    # It was understood, and is not done: a limit, a missing consent, or too little of a face.
    "refused": (
        "image.too-many-bytes", "image.too-many-pixels", "face.hidden", "face.restored", "gallery.shared",
        "restoration.no-evidence", "restoration.no-information", "restoration.nothing-hidden", "usage.case",
        "usage.confirm", "usage.network", "usage.terms", "web.form", "web.host", "web.token", "web.too-large",
    ),
    # This machine cannot do it, or not now.
    "unavailable": (
        "image.memory", "image.unreadable", "model.precision", "model.provider", "gallery.disk-full",
        "gallery.index-write", "gallery.io", "gallery.locked", "gallery.newer", "gallery.read-only",
        "restoration.c2pa-missing", "restoration.record", "usage.demo-download", "usage.extra", "usage.home",
        "usage.port", "usage.setting", "web.busy",
    ),
    # What bareface keeps or runs is damaged.
    "internal": (
        "model.card", "model.checksum", "model.fitted", "model.output", "model.run", "model.trial", "gallery.corrupt",
        "gallery.index", "gallery.template", "gallery.unerased", "usage.access",
        "web.fatal-photo", "web.internal",
    ),
}  # fmt: skip

HTTP_STATUS: dict[Kind, int] = {
    "invalid": 422,
    "not found": 404,
    "conflict": 409,
    "refused": 403,
    "unavailable": 503,
    "internal": 500,
}

HTTP_STATUS_OF_CODE = {
    "web.token": 401,
    "web.method": 405,
    "web.too-large": 413,
    "web.media-type": 415,
    "web.host": 421,
}
"""Statuses that HTTP itself prescribes; all other codes have that of their kind."""

EXIT_CODES = {"usage": 2, "gallery": 4, "template": 4, "model": 5}
"""Exit codes of the command line by the first word of a code; every other family has :data:`EXIT_INPUT`."""
EXIT_INPUT = 3

_KIND_OF: dict[str, Kind] = {code: kind for kind, codes in KINDS.items() for code in codes}


def kind_of(code: str) -> Kind:
    """Return the kind of a code; ``internal`` for one that is not listed."""
    return _KIND_OF.get(code, "internal")


def http_status_of(code: str) -> int:
    """Return the HTTP status of an answer with this error."""
    return HTTP_STATUS_OF_CODE.get(code, HTTP_STATUS[kind_of(code)])


def exit_code_of(code: str) -> int:
    """Return the exit code of a command that ends with this error."""
    return EXIT_CODES.get(code.partition(".")[0], EXIT_INPUT)
