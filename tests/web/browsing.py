"""A service at a port, and a browser window that looks at it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import uvicorn

from bareface.web.app import make_app
from bareface.web.state import Service
from tests.web.support import png


@contextmanager
def serving(service: Service) -> Iterator[str]:
    """Serve at a free port of this machine; yield the address."""
    server = uvicorn.Server(uvicorn.Config(make_app(service), log_level="error", ws="none"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        server.should_exit = True
        thread.join(20)


class Walk:
    """One browser window that collects complaints and requests to other hosts."""

    def __init__(self, chromium: Any, address: str, **options: Any) -> None:
        self.address, self.complaints = address, list[str]()
        self.context = chromium.new_context(**options)
        self.page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.page.on("console", lambda said: said.type in ("error", "warning") and self.complaints.append(said.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self._asked(request.url))

    def _asked(self, url: str) -> None:
        if not url.startswith((self.address, "blob:", "data:")):
            self.complaints.append(f"asked elsewhere: {url}")

    def sign_in(self, token: str) -> None:
        """Follow the link that the service prints."""
        self.page.goto(f"{self.address}#token={token}")
        self.page.wait_for_url(self.address)

    def file(self, *faces: tuple[int, int, int], tick: int = 0, name: str = "photo.png") -> dict[str, Any]:
        return {"name": name, "mimeType": "image/png", "buffer": png(*faces, tick=tick)}
