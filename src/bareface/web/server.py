"""The server process: one socket, one event loop, and an end that lets running calls finish."""

from __future__ import annotations

import ctypes
import ipaddress
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import uvicorn
from fastapi import FastAPI

from bareface.errors import UsageError

_GRACE_S = 20
_CONNECTIONS = 256
_M_ARENA_MAX, _ARENAS = -8, 2


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach an address.

    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("0.0.0.0"), is_loopback("example.org")
    (True, True, False, False)
    """
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def bind(host: str, port: int) -> socket.socket:
    """Open the socket to listen at, before anything else is loaded.

    Raises
    ------
    UsageError
        ``usage.port``: it cannot be opened.
    """
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server((host.strip("[]"), port), family=family, backlog=_CONNECTIONS)
    except OSError as error:
        raise UsageError("usage.port", host=host, port=port, reason=error.strerror or str(error)) from error
    # Connections inherit it; asyncio sets it only on sockets that name their protocol, which these do not. Without it
    # the body of an answer waits until its head was acknowledged: 40 ms on Linux.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def address_of(listener: socket.socket, host: str) -> str:
    """Return the address to open in a browser."""
    name = host.strip("[]")
    return f"http://{f'[{name}]' if ':' in name else name}:{listener.getsockname()[1]}/"


class _Server(uvicorn.Server):
    """A server that ends when a signal asks for it, as having done its work."""

    def __init__(self, config: uvicorn.Config, started: Callable[[], None], ending: Callable[[], None]) -> None:
        super().__init__(config)
        self._say_started, self._say_ending = started, ending

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer, then say so: a signal ends the server well from then on."""
        await super().startup(sockets)
        self._say_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End; say so first, to streams that would never end by themselves."""
        self._say_ending()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handle the signals that end a server while it runs."""
        names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
        numbers = [getattr(signal, name) for name in names]
        before = {number: signal.getsignal(number) for number in numbers}
        for number, handler in before.items():
            if handler is not signal.SIG_IGN:
                signal.signal(number, self.handle_exit)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def run(
    app: FastAPI, listener: socket.socket, started: Callable[[], None], ending: Callable[[], None] = lambda: None
) -> None:
    """Serve until a signal comes; then refuse new connections and finish what runs, for 20 seconds at most."""
    _share_memory()
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,  # paths name subjects; the guard logs what may be logged
        server_header=False,
        proxy_headers=False,
        limit_concurrency=_CONNECTIONS,
        timeout_graceful_shutdown=_GRACE_S,
        ws="none",
        lifespan="on",
    )
    _Server(config, started, ending).run(sockets=[listener])


def _share_memory() -> None:
    """Let threads share what they free: glibc gives many threads memory of their own, and keeps what each once used.

    Under load this was a quarter of the memory of a service.
    """
    if sys.platform == "linux":
        with suppress(AttributeError, OSError):  # another library than glibc
            ctypes.CDLL(None).mallopt(_M_ARENA_MAX, _ARENAS)
