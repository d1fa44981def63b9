"""The dependencies that would call home, or write into the user's home, imported so that they do not."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, suppress

TYPE_CHECKING = False  # as in typing, whose import takes long
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

_SWITCH = "ORT_DISABLE_TELEMETRY"
_OFF = ("1", "true", "yes", "on")


def forbid_telemetry() -> None:
    """Switch ONNX Runtime's telemetry off, for this process and those that it starts.

    ONNX Runtime reads the switch once, when it is first imported: without it, it writes a device id and a queue of
    events into the user's cache and uploads them. A program that imported it earlier without the switch has started
    that already. It can be told to record no more, but not to forget what it recorded: a warning says so.
    """
    early = sys.modules.get("onnxruntime")
    if early is not None and os.environ.get(_SWITCH, "").lower() not in _OFF:
        if hasattr(early, "disable_telemetry_events"):
            early.disable_telemetry_events()
        from logging import getLogger

        getLogger(__name__).warning(
            "ONNX Runtime was imported before bareface, so its telemetry has started, which cannot be undone in this "
            "process. Import bareface first, or set %s=1 in the environment.",
            _SWITCH,
        )
    os.environ[_SWITCH] = _OFF[0]


def onnxruntime(part: str = "") -> Any:
    """Import ONNX Runtime, or a part such as ``.quantization``, without telemetry; nothing else imports it."""
    from importlib import import_module

    forbid_telemetry()
    return import_module(f"onnxruntime{part}")


def matplotlib() -> Any:
    """Import Matplotlib, without a cache or a configuration folder in the user's home.

    A program that has imported Matplotlib already, or that names its folder with ``MPLCONFIGDIR``, keeps its own.

    Raises
    ------
    UsageError
        ``usage.extra`` if it is not installed.
    """
    from bareface.system.extras import optional

    if "matplotlib" in sys.modules:
        return optional("matplotlib")
    backend = os.environ.get("MPLBACKEND")
    # A notebook names its own backend to the programs that it starts, and Matplotlib fails where that is not installed.
    with _environment(MPLBACKEND=None):
        module = optional("matplotlib") if os.environ.get("MPLCONFIGDIR") else _without_folders()
    if backend:
        with suppress(ValueError):
            module.rcParams["backend"] = backend
    return module


def _without_folders() -> Any:
    """Import Matplotlib with a folder of its own that is removed afterwards."""
    from tempfile import TemporaryDirectory

    from bareface.system.extras import optional

    # The fonts that it brings will do: asking the system for others starts a program that keeps a cache, too.
    with (
        TemporaryDirectory(prefix="bareface-") as folder,
        _environment(MPLCONFIGDIR=folder, MPL_IGNORE_SYSTEM_FONTS="1"),
    ):
        module = optional("matplotlib")
        optional("matplotlib.font_manager")
        module.get_configdir()  # remembered, so that neither is searched for later
        module.get_cachedir()
    return module


@contextmanager
def _environment(**changed: str | None) -> Iterator[None]:
    """Change variables of the environment for a while; None removes one."""
    before = {name: os.environ.get(name) for name in changed}
    _set(changed)
    try:
        yield
    finally:
        _set(before)


def _set(variables: Mapping[str, str | None]) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
