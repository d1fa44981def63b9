"""What tests of the web service share."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from httpx2 import Response
from PIL import Image
from starlette.testclient import TestClient

from bareface.web.state import Service
from tests.gallery.pictures import Colour, picture


def png(*faces: Colour, tick: int = 0) -> bytes:
    """Return a picture of tiles as a file."""
    file = BytesIO()
    Image.fromarray(picture(*faces, tick=tick)).save(file, "PNG")
    return file.getvalue()


@dataclass(frozen=True)
class Served:
    """A served gallery, and a client that has its token."""

    client: TestClient
    service: Service
    token: str
    colours: list[Colour]
    folder: Path

    def call(self, method: str, path: str, expect: int = 200, **options: Any) -> Any:
        """Call the interface for programs; return the JSON of the answer."""
        answer = self.ask(method, path, **options)
        assert answer.status_code == expect, answer.text
        return answer.json() if answer.content else None

    def ask(self, method: str, path: str, **options: Any) -> Response:
        """Call the interface for programs with the token; return the answer."""
        headers = {"Authorization": f"Bearer {self.token}"} | options.pop("headers", {})
        return self.client.request(method, f"/api/v1{path}", headers=headers, **options)

    def search(self, *faces: Colour, **form: Any) -> Any:
        """Search with a picture of these faces."""
        return self.call("POST", "/searches", 201, files={"photo": ("probe.png", png(*faces, tick=99))}, data=form)
