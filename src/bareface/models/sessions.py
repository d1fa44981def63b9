"""ONNX Runtime sessions: one place that picks providers, threads and arithmetic."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

from bareface import settings
from bareface.errors import ModelError
from bareface.logs import logger, timed
from bareface.messages import Note
from bareface.system import dependencies
from bareface.system.forking import PerProcess
from bareface.values import arguments
from bareface.values.face import Precision

_log = logger(__name__)

_CPU: Final = "CPUExecutionProvider"
_SHORT_NAMES = {
    "cpu": _CPU,
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
}
_REMOTE: Final = "AzureExecutionProvider"
"""Calls models of a vendor over the network, and leaves ours to the CPU without saying so: never offered."""


class Network:
    """A loaded network, whose failures are typed errors that name its file.

    Parameters
    ----------
    session
        ONNX Runtime's session.
    path
        The ONNX file.
    """

    def __init__(self, session: Any, path: Path) -> None:
        self._session = session
        self._path = path

    def run(self, outputs: Sequence[str] | None, feeds: Mapping[str, Any]) -> list[Any]:
        """Run the network on named inputs.

        Raises
        ------
        ModelError
            ``model.run``.
        """
        try:
            results: list[Any] = self._session.run(outputs, feeds)
        except Exception as error:  # ONNX Runtime raises its own, undocumented classes
            raise ModelError("model.run", reason=_first_line(error), source=str(self._path)) from error
        return results

    def get_inputs(self) -> list[Any]:
        """Return the names, types and shapes of its inputs, as ONNX Runtime describes them."""
        return list(self._session.get_inputs())

    def get_outputs(self) -> list[Any]:
        """Return the names, types and shapes of its outputs, as ONNX Runtime describes them."""
        return list(self._session.get_outputs())

    def get_providers(self) -> list[str]:
        """Return the providers in use, in order of preference."""
        return list(self._session.get_providers())


def check_providers(providers: Sequence[str] | None) -> list[str]:
    """Return the ONNX Runtime names of providers; raise if one is not available here.

    Raises
    ------
    ModelError
        ``model.provider``.
    """
    asked = (providers,) if isinstance(providers, str) else ("cpu",) if providers is None else providers
    if isinstance(asked, bytes) or not isinstance(asked, Iterable):
        raise arguments.refused("providers", providers, Note("argument.providers"), "model.provider")
    named = [one if isinstance(one, str) else arguments.shown(one) for one in asked] or ["cpu"]
    wanted = list(dict.fromkeys(_SHORT_NAMES.get(name, name) for name in named))
    available = [name for name in dependencies.onnxruntime().get_available_providers() if name != _REMOTE]
    for name in wanted:
        if name not in available:
            raise ModelError("model.provider/missing", provider=name, available=available)
    return wanted


def open_session(path: Path, *, providers: Sequence[str] | None = None, threads: int = 1) -> Network:
    """Load a network.

    Parameters
    ----------
    path
        The ONNX file.
    providers
        ``cpu``, ``cuda``, ``tensorrt`` or ONNX Runtime's own names, in order of preference; None for the CPU.
        A provider that is not there is an error: bareface never falls back silently.
    threads
        Threads inside one run of the network.

    Raises
    ------
    ModelError
        ``model.provider`` or ``model.unreadable``.
    """
    onnxruntime = dependencies.onnxruntime()
    wanted = check_providers(providers)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Threads that spin between runs would take the cores from decoding and detection.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if wanted[0] == _CPU and not sums_8_bit_products_exactly():
        # 8-bit networks then run in float32 arithmetic on the same 8-bit values: slower, but without saturated sums.
        options.add_session_config_entry("session.disable_quant_qdq", "1")
    try:
        with timed(_log, "opened network %s/%s on %s", path.parent.name, path.name, wanted[0]):
            session = PerProcess(lambda: onnxruntime.InferenceSession(str(path), options, providers=wanted))
    except Exception as error:  # ONNX Runtime raises its own, undocumented classes
        raise ModelError("model.unreadable/onnx", reason=_first_line(error), source=str(path)) from error
    used = session.get_providers()
    if wanted[0] not in used:
        raise ModelError("model.provider/fallback", provider=wanted[0], used=used)
    return Network(session, path)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]


def runs_on_cpu(providers: Sequence[str] | None) -> bool:
    """Return whether these providers, in order of preference, use the CPU."""
    return check_providers(providers)[0] == _CPU


def exact_precisions(providers: Sequence[str] | None = None) -> tuple[Precision, ...]:
    """Return the precisions that the device computes without saturation, the default first."""
    if runs_on_cpu(providers) and not sums_8_bit_products_exactly():
        return ("float32",)
    return ("float32", "int8")


def check_precision(precision: str, providers: Sequence[str] | None) -> None:
    """Refuse a precision that this device cannot compute exactly.

    Raises
    ------
    ModelError
        ``model.precision``.
    """
    if precision == "int8" and "int8" not in exact_precisions(providers):
        raise ModelError("model.precision/vnni")


def sums_8_bit_products_exactly() -> bool:
    """Return whether this CPU adds 8-bit products in 32 bits (VNNI on x86, dot products on 64-bit Arm).

    Older x86 CPUs add pairs of them in 16 bits, which can saturate and change a template unnoticed. The setting
    ``no_vnni`` makes the answer False, so that tests can take the path of such a CPU on any machine.
    """
    return not settings.current().no_vnni and _cpu_reports_it()


@cache
def _cpu_reports_it() -> bool:
    if platform.machine().lower() in ("aarch64", "arm64"):
        return True
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    return "avx512_vnni" in flags or "avx_vnni" in flags
