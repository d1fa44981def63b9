"""ONNX Runtime sessions: one place that picks providers and threads."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from bareface import dependencies
from bareface.errors import ModelError
from bareface.forking import PerProcess

_SHORT_NAMES = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
}


def open_session(path: Path, *, providers: Sequence[str] | None = None, threads: int = 1) -> Any:
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
    wanted = [_SHORT_NAMES.get(name, name) for name in providers or ("cpu",)]
    available = onnxruntime.get_available_providers()
    for name in wanted:
        if name not in available:
            raise ModelError(
                "model.provider",
                f"{name} is not available here; ONNX Runtime offers {', '.join(available)}.",
                remedy="Install the ONNX Runtime build for your device, or leave the provider out to run on the CPU.",
            )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Threads that spin between runs would take the cores from decoding and detection.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        session = PerProcess(lambda: onnxruntime.InferenceSession(str(path), options, providers=wanted))
    except Exception as error:  # ONNX Runtime raises its own, undocumented classes
        raise ModelError("model.unreadable", f"ONNX Runtime cannot load it: {error}", source=str(path)) from error
    used = session.get_providers()
    if wanted[0] not in used:
        raise ModelError(
            "model.provider",
            f"{wanted[0]} could not be started; ONNX Runtime fell back to {', '.join(used)}.",
            remedy="Check the device's driver and libraries, or leave the provider out to run on the CPU.",
        )
    return session


@cache
def sums_8_bit_products_exactly() -> bool:
    """Whether this CPU adds 8-bit products in 32 bits (VNNI on x86, dot products on 64-bit Arm).

    Older x86 CPUs add pairs of them in 16 bits, which can saturate and change a template unnoticed.
    """
    if platform.machine().lower() in ("aarch64", "arm64"):
        return True
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    return "avx512_vnni" in flags or "avx_vnni" in flags
