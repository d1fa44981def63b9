"""Settings: every environment variable that bareface reads, and the paths that follow from them.

Variables are read when a setting is used, not when bareface is imported. ``python -m bareface.settings`` prints the
table in ``docs/settings.md``.
"""

from __future__ import annotations

import os
from functools import cache, lru_cache
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, SettingsConfigDict

from bareface.errors import UsageError
from bareface.logs import logger

_PREFIX: Final = "BAREFACE_"
_OWNER: Final = 0o600
_RECORD: Final = "restorations.sqlite"
_log = logger(__name__)


def _place(value: object) -> object:
    """Make a path of a text; an empty one counts as not set, and ``~`` is the home folder, as in a shell."""
    if isinstance(value, str):  # a Path of it at once: pydantic refuses names that are not UTF-8
        return Path(os.path.expanduser(value)) if value.strip() else None  # noqa: PTH111 - never an error
    return value


def _mode(text: object) -> int:
    """Read permissions written in octal."""
    value = str(text).strip()
    if not value:
        return _OWNER
    try:
        mode = int(value, 8)
    except ValueError:
        mode = -1
    if mode & _OWNER != _OWNER or mode & ~0o666:
        raise UsageError("usage.file-mode", text=value, source="BAREFACE_FILE_MODE")
    return mode


def _home() -> Path | None:
    """Return the home folder in the system's list of users."""
    try:
        return Path.home()
    except RuntimeError:
        return None


def _variable(name: str, meaning: str, shown: str, default: object = None, **more: Any) -> Any:
    """Make a setting of an environment variable; `shown` is its default in words, for the table."""
    if "default_factory" not in more:
        more["default"] = default
    return Field(validation_alias=name, description=meaning, json_schema_extra={"shown": shown}, **more)


_Place = Annotated[Path | None, BeforeValidator(_place)]
_Mode = Annotated[int, BeforeValidator(_mode)]
_Switch = Annotated[bool, BeforeValidator(lambda text: str(text).strip() or False)]


class Settings(BaseSettings):
    """The settings of one moment, one field a variable; :func:`current` reads them."""

    model_config = SettingsConfigDict(case_sensitive=True, frozen=True, extra="ignore", validate_default=False)

    home: _Place = _variable(
        "BAREFACE_HOME",
        "The folder of added models and of the record of restorations.",
        "`bareface` in `XDG_DATA_HOME`",
    )
    restorations: _Place = _variable(
        "BAREFACE_RESTORATIONS",
        "The file that records restorations made without a gallery.",
        f"`{_RECORD}` in `BAREFACE_HOME`",
    )
    file_mode: _Mode = _variable(
        "BAREFACE_FILE_MODE",
        "Permissions of new files; folders can be entered by those who may read the files.",
        f"`{_OWNER:04o}`",
        _OWNER,
    )
    data: _Place = _variable(
        "BAREFACE_DATA",
        "The folder of photos for the demonstration (`lfw/images` in it), tests and training.",
        "`../shared/data` next to the checkout",
    )
    no_vnni: _Switch = _variable(
        "BAREFACE_NO_VNNI",
        "For tests: compute as on a CPU without VNNI, where int8 is refused.",
        "`0`",
        False,
    )
    data_home: _Place = _variable(
        "XDG_DATA_HOME",
        "The user's data folder; ignored unless absolute.",
        "`.local/share` in `HOME`",
    )
    user_home: _Place = _variable(
        "HOME",
        "The user's home folder; empty: none, and then no models are added and nothing is restored.",
        "as in the system's list of users",
        default_factory=_home,
    )

    @property
    def folder(self) -> Path | None:
        """The folder of what belongs to no gallery; None for a user without a home.

        Only ``BAREFACE_HOME`` may be relative: data in the current folder would be missed from the next one.
        """
        if self.home is not None:
            return self.home
        if self.data_home is not None and self.data_home.is_absolute():
            return self.data_home / "bareface"
        if self.user_home is not None and self.user_home.is_absolute():
            return self.user_home / ".local" / "share" / "bareface"
        return None

    @property
    def models(self) -> Path:
        """The folder of added models.

        Raises
        ------
        UsageError
            ``usage.home``: the user has no home.
        """
        return self._within("models", "usage.home/models")

    @property
    def record(self) -> Path:
        """The file that records restorations made without a gallery.

        Raises
        ------
        UsageError
            ``usage.home``: the user has no home.
        """
        return self.restorations or self._within(_RECORD, "usage.home/restorations")

    @property
    def photos(self) -> Path:
        """The folder of photos for the demonstration, tests and training; it need not exist."""
        checkout = Path(__file__).resolve().parents[2]
        return self.data or checkout.parent / "shared" / "data"

    def _within(self, name: str, code: str) -> Path:
        if self.folder is None:
            raise UsageError(code)
        return self.folder / name


def current() -> Settings:
    """Read the settings from the environment.

    Raises
    ------
    UsageError
        ``usage.setting`` or ``usage.file-mode``: a variable has a value that it cannot have.
    """
    for name in os.environ:
        if name.startswith(_PREFIX) and name not in _variables():
            _warn_of_unknown(name)
    return _read(tuple(map(os.environ.get, _variables())))


@lru_cache(maxsize=8)
def _read(_values: tuple[str | None, ...]) -> Settings:
    """Read the settings of variables of these values."""
    try:
        return Settings()
    except ValidationError as error:
        wrong = error.errors(include_url=False)[0]
        name = str(wrong["loc"][0])
        raise UsageError(
            "usage.setting", value=str(wrong["input"]), kind=_kind(_variables()[name]), source=name
        ) from None


@cache
def _variables() -> dict[str, FieldInfo]:
    return {str(field.validation_alias): field for field in Settings.model_fields.values()}


@cache
def _warn_of_unknown(name: str) -> None:
    _log.warning("%s is set, but bareface reads no variable of this name.", name)


def table() -> str:
    """Return the table of all settings in Markdown."""
    lines = ["| variable | value | default | meaning |", "|---|---|---|---|"]
    for name, field in _variables().items():
        assert isinstance(field.json_schema_extra, dict)
        lines.append(f"| `{name}` | {_kind(field)} | {field.json_schema_extra['shown']} | {field.description} |")
    return "\n".join(lines)


def _kind(field: FieldInfo) -> str:
    if field.annotation is int:
        return "an octal number"
    return "1 or 0" if field.annotation is bool else "a path"


if __name__ == "__main__":
    print(table())
