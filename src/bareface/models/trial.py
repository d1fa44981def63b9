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
from typing import Final

from bareface.errors import ModelError
from bareface.imaging.portraits import portraits
from bareface.models.card import ModelCard

SECONDS: Final = 10
"""Processor time that a trial may take, and one second more for every 10 MB of the file."""
PATIENCE: Final = 6
"""How many times as long it may take by the clock, on a busy machine or a slow disk."""
MEMORY: Final = 3 << 30
"""Bytes that loading and running may take beyond the libraries and a few times the file itself."""
REMEDY: Final = "Get a sound file from its source, or use another model."


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
        raise _failed(card, f"it did not end within {seconds * PATIENCE} seconds") from None
    except (OSError, ValueError) as error:
        raise _failed(card, f"no process could be started for it: {error}", remedy="Try again.") from error
    fault = _fault(card, run.returncode, run.stdout, run.stderr)
    if fault:
        named = {key: value and value.replace(file, str(source or path)) for key, value in fault.items()}
        raise ModelError(named.pop("code") or "model.trial", named.pop("message") or "", **named)


def _fault(card: ModelCard, code: int, said: bytes, complaints: bytes) -> dict[str, str | None]:
    """What is wrong with a model, as an error's values; empty where nothing is."""
    lines = said.decode("utf-8", "replace").splitlines()
    if not lines:  # it did not come to the model
        last = (complaints.decode("utf-8", "replace").strip().splitlines() or [f"exit code {code}"])[-1]
        return _failed(card, f"the process for it could not start: {last}", remedy="Reinstall bareface.").as_dict()
    if len(lines) > 1:
        answer: dict[str, str | None] = json.loads(lines[1])
        return answer
    if code in (-9, -24):  # SIGKILL and SIGXCPU, which not all systems name
        return _failed(card, "it took too much processor time, or was stopped for its memory").as_dict()
    how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
    return _failed(card, f"it crashed ({how})").as_dict()


def _failed(card: ModelCard, what: str, remedy: str = REMEDY) -> ModelError:
    return ModelError("model.trial", f"{card.id} failed its trial run: {what}.", remedy=remedy)
