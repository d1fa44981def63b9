"""A model from elsewhere is run once before it is used, in a process of its own that may take only so much.

What it computes is checked there on two known faces (:mod:`bareface.faces.trial_run`), so that a file that crashes,
never ends or asks for all memory does so where nothing is lost.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from bareface.errors import ModelError
from bareface.imaging.portraits import portraits
from bareface.models.card import ModelCard

SECONDS: Final = 10
"""Processor time that a trial may take, and one second more for every 10 MB of the file."""
PATIENCE: Final = 6
"""Allowed ratio of elapsed time to CPU time, for a busy machine or a slow disk."""
MEMORY: Final = 3 << 30
"""Bytes that loading and running may take beyond the libraries and a few times the file itself."""


def try_out(card: ModelCard, path: Path, source: Path | None = None) -> None:
    """Run a model once on known faces, in a limited process, and check what it gives.

    Parameters
    ----------
    card
        Its card.
    path
        Its file.
    source
        The file that messages name, if `path` is a copy of it.

    Raises
    ------
    ModelError
        ``model.unreadable``, ``model.external``, ``model.interface``, ``model.run`` or ``model.output``: what is wrong
        with it. ``model.trial``: it crashed, or took too much time or memory.
    UsageError
        ``usage.extra`` if the packages that bring the two portraits are not installed.
    """
    portraits()
    file = str(path.absolute())
    seconds = SECONDS + path.stat().st_size // 10_000_000
    request = json.dumps({"card": card.to_json(), "path": file, "seconds": seconds, "memory": MEMORY})
    try:
        run = subprocess.run(
            [sys.executable, "-P", "-m", "bareface.faces.trial_run"],
            input=request.encode(),
            capture_output=True,
            timeout=seconds * PATIENCE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(os.path.isabs, sys.path))},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ModelError("model.trial/time", model=card.id, seconds=seconds * PATIENCE) from None
    except (OSError, ValueError) as error:
        raise ModelError("model.trial/no-process", model=card.id, reason=error) from error
    fault = _fault(card, run.returncode, run.stdout, run.stderr)
    if fault:
        named = {
            key: value.replace(file, str(source or path)) if isinstance(value, str) else value
            for key, value in fault.items()
        }
        raise ModelError(**named)


def _fault(card: ModelCard, code: int, said: bytes, complaints: bytes) -> dict[str, Any]:
    """Return what makes the error of a trial that failed; nothing if it did not."""
    lines = said.decode("utf-8", "replace").splitlines()
    if not lines:  # it did not come to the model
        last = (complaints.decode("utf-8", "replace").strip().splitlines() or [f"exit code {code}"])[-1]
        return {"code": "model.trial/start", "model": card.id, "reason": last}
    if len(lines) > 1:
        answer: dict[str, Any] = json.loads(lines[1])
        return answer
    if code in (-9, -24):  # SIGKILL and SIGXCPU, which not all systems name
        return {"code": "model.trial/stopped", "model": card.id}
    how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
    return {"code": "model.trial/crash", "model": card.id, "how": how}
