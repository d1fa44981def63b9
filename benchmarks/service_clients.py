"""A service in a process of its own, photos for it, and clients that load it."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import psutil
from PIL import Image, ImageEnhance, ImageFilter

from bareface.client import Client

VARIANTS = 48
"""Pictures that are made of a portrait; further photos differ in their bytes only."""


@dataclass(frozen=True)
class Serving:
    """A service that runs.

    Attributes
    ----------
    process
        Its process.
    address, token
        Where it is, and what opens it.
    """

    process: subprocess.Popen[str]
    address: str
    token: str

    def client(self) -> Client:
        """Return a client of it."""
        return Client(self.address, self.token)

    def memory(self) -> int:
        """Return the bytes of memory that it holds."""
        return int(psutil.Process(self.process.pid).memory_info().rss)


@contextmanager
def serving(gallery: Path, *options: str, token: str = "") -> Iterator[Serving]:
    """Serve a gallery at a free port, with a record of restorations of its own; without a token, make a new one."""
    command = [sys.executable, "-m", "bareface", "serve", str(gallery), "--port", "0", "--json", *options]
    if not token:
        command.append("--new-token")
    environment = os.environ | {"BAREFACE_RESTORATIONS": f"{gallery}-record"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            lines = list[str]()
            while not lines or lines[-1] != "}\n":
                lines.append(process.stdout.readline())
                if not lines[-1]:
                    raise RuntimeError(f"the service ended: {' '.join(command)}")
            said = json.loads("".join(lines))
            yield Serving(process, said["address"], token or said["token"])
        finally:
            process.terminate()
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()


def pictures(portrait: Path, count: int = VARIANTS) -> list[bytes]:
    """Return JPEG files of a portrait, each a little different: cut, turned, lighter, softer."""
    random, whole = Random(0), Image.open(portrait).convert("RGB")
    files = []
    for _ in range(count):
        x, y = random.uniform(0, 0.05) * whole.width, random.uniform(0, 0.05) * whole.height
        box = (round(x), round(y), whole.width - round(x / 2), whole.height - round(y / 2))
        made = whole.rotate(random.uniform(-6, 6), Image.Resampling.BILINEAR).crop(box)
        made = ImageEnhance.Brightness(made).enhance(random.uniform(0.8, 1.2))
        made = made.filter(ImageFilter.GaussianBlur(random.uniform(0, 1)))
        file = io.BytesIO()
        made.save(file, "JPEG", quality=90)
        files.append(file.getvalue())
    return files


def numbered(picture: bytes, number: int) -> bytes:
    """Return a JPEG file with a number in its comment: another photo, without encoding it anew."""
    comment = b"photo %d" % number
    return picture[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + picture[2:]


@dataclass
class Load:
    """What clients have measured.

    Attributes
    ----------
    seconds
        Of each call that was answered.
    errors
        What was answered otherwise.
    """

    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def call(self, task: Callable[[], object], since: float | None = None) -> None:
        """Make a call, and measure it, from an earlier moment if one is given."""
        since = time.perf_counter() if since is None else since
        try:
            task()
        except Exception as error:  # whatever it is, a client was not served
            self.errors.append(f"{type(error).__name__}: {error}")
        else:
            self.seconds.append(time.perf_counter() - since)

    def at(self, share: float) -> float:
        """Return the time within which a share of the calls was answered; NaN if none was."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")

    def figures(self, seconds: float) -> dict[str, Any]:
        """Return the figures of a phase that took some seconds."""
        return {
            "seconds": seconds,
            "calls": len(self.seconds),
            "per_s": len(self.seconds) / seconds,
            "median_s": self.at(0.5),
            "p95_s": self.at(0.95),
            "p99_s": self.at(0.99),
            "errors": self.errors[:10],
            "error_count": len(self.errors),
        }


def closed_loop(task: Callable[[], object], clients: int, seconds: float) -> dict[str, Any]:
    """Let clients call again as soon as they are answered; calls that begin in time are measured to their end."""
    load, began = Load(), time.perf_counter()

    def client() -> None:
        while time.perf_counter() - began < seconds:
            load.call(task)

    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {"clients": clients, **load.figures(time.perf_counter() - began)}


def open_loop(task: Callable[[], object], per_s: float, seconds: float) -> dict[str, Any]:
    """Call at random moments, whether or not earlier calls are answered; each is measured from its moment on."""
    load, random = Load(), Random(1)
    moments, moment = list[float](), random.expovariate(per_s)
    while moment < seconds:
        moments.append(moment)
        moment += random.expovariate(per_s)
    with ThreadPoolExecutor(64) as pool:
        began = time.perf_counter()
        for moment in moments:
            time.sleep(max(0.0, began + moment - time.perf_counter()))
            pool.submit(load.call, task, began + moment)
    return {"arrivals_per_s": per_s, **load.figures(time.perf_counter() - began)}


class Enroller:
    """One client that enrols photos one after the other until it is stopped.

    Parameters
    ----------
    client
        The client.
    photo, numbers
        Makes a photo of a number, and the numbers.

    Attributes
    ----------
    acknowledged
        Numbers of the photos that the service says are enrolled.
    load
        What was measured.
    """

    def __init__(self, client: Client, photo: Callable[[int], bytes], numbers: Iterable[int]) -> None:
        self.acknowledged = list[int]()
        self.load = Load()
        self._client, self._photo, self._numbers = client, photo, numbers
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._enrol)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, seconds: float = 0.0) -> None:
        """Let it go on for some seconds, or until all are enrolled; then stop it."""
        self._thread.join(seconds)
        self._stop.set()
        self._thread.join()

    def _enrol(self) -> None:
        for number in self._numbers:
            if self._stop.is_set():
                return
            photo = self._photo(number)
            self.load.call(partial(self._one, number, photo))

    def _one(self, number: int, photo: bytes) -> None:
        outcome = self._client.enrol(photo, subject=person(number), basis="consent")
        if outcome["status"] != "enrolled":
            raise RuntimeError(str(outcome))
        self.acknowledged.append(number)


def person(number: int) -> str:
    """Return whose photo it is: each person has five."""
    return f"new person {number // 5}"


class Memory:
    """Samples the memory of a service, once a second.

    Parameters
    ----------
    service
        The service.
    """

    def __init__(self, service: Serving) -> None:
        self.samples = list[tuple[float, int]]()
        self._service, self._began = service, time.perf_counter()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()

    def _sample(self) -> None:
        while not self._stop.wait(1):
            self.samples.append((time.perf_counter() - self._began, self._service.memory()))

    def stop(self) -> None:
        """Stop."""
        self._stop.set()
        self._thread.join()
