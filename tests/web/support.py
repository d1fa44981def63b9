"""What tests of the web service share."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from httpx2 import Response
from PIL import Image
from starlette.testclient import TestClient

from bareface.faces.occlusion.base import FACE
from bareface.values.face import Computed, Face, Landmarks, Photo, Want
from bareface.web.state import Service
from tests.gallery.pictures import TILE, Colour, LookEngine, picture


def png(*faces: Colour, tick: int = 0) -> bytes:
    """Return a picture of tiles as a file."""
    file = BytesIO()
    Image.fromarray(picture(*faces, tick=tick)).save(file, "PNG")
    return file.getvalue()


class FaceTiles(LookEngine):
    """Sees each tile as a face that looks straight ahead, so that it can be aligned."""

    def _faces(self, photo: Photo) -> Iterator[Face]:
        for face in super()._faces(photo):
            points = np.array(_POINTS, np.float32) * TILE + (face.box.x1, face.box.y1)
            yield replace(face, landmarks=Landmarks(points.astype(np.float32), "five"))

    def _computed(self, face: Face, want: set[Want]) -> Computed:
        shown = np.full((150, 150), FACE, np.uint8)
        return replace(super()._computed(face, want), occlusion=shown)


_POINTS = ((0.3, 0.35), (0.7, 0.35), (0.5, 0.55), (0.35, 0.75), (0.65, 0.75))


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

    def sign_in(self) -> str:
        """Sign in as a browser does; return the secret of the session's forms."""
        answer = self.client.post("/sign-in", data={"token": self.token}, follow_redirects=False)
        assert answer.status_code == 303
        return re.findall(r'data-form="([^"]+)"', self.client.get("/people").text)[0]

    def post(self, path: str, **data: Any) -> Response:
        """Send a form of a page; return the page that it leads to."""
        form = re.findall(r'data-form="([^"]+)"', self.client.get("/people").text)[0]
        return self.client.post(path, data={"_form": form, **data})

    def rested(self, job: int) -> Any:
        """Follow a job until nothing happens any more; return it."""
        (last,) = [event["data"] for event in self.events(job) if event["event"] == "end"]
        return last

    def events(self, job: int, after: int = 0) -> list[Any]:
        """Return the events of a job, when it rests."""
        headers = {"Authorization": f"Bearer {self.token}", "Last-Event-ID": str(after)}
        text = self.client.get(f"/api/v1/jobs/{job}/events", headers=headers).text
        events = [dict(re.findall(r"^(event|id|data): (.*)$", block, re.MULTILINE)) for block in text.split("\n\n")]
        return [{**one, "id": int(one["id"]), "data": json.loads(one["data"])} for one in events if "event" in one]

    def search(self, *faces: Colour, **form: Any) -> Any:
        """Search with a picture of these faces."""
        return self.call("POST", "/searches", 201, files={"photo": ("probe.png", png(*faces, tick=99))}, data=form)
