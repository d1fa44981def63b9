"""Photograph pages of the web service for the documentation: ``python -m docs.figures.web_service``.

The gallery holds the public-domain portraits that ship with dependencies; the probe is one of them under a simulated
mask. Chromium is Debian's.
"""

from __future__ import annotations

import socket
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

import uvicorn
from PIL import Image, ImageFilter
from playwright.sync_api import sync_playwright

from bareface.imaging.decode import encode
from bareface.imaging.portraits import portraits
from bareface.services.access import Access
from bareface.services.cases import Cases
from bareface.services.engine import Engine
from bareface.services.faces import Faces
from bareface.services.gallery import Gallery
from bareface.services.jobs import Jobs
from bareface.services.models import Models
from bareface.synthesis.masks import apply_mask, sample_mask
from bareface.web.app import make_app
from bareface.web.state import Service

IMAGES = Path(__file__).parents[1] / "images"
_CHROMIUM = "/usr/bin/chromium"


def main() -> None:
    """Serve a gallery, walk through it, and write the pictures."""
    with TemporaryDirectory(prefix="bareface-figures-") as folder:
        engine = Engine()
        with Gallery.open(Path(folder) / "people.bareface", engine) as gallery:
            for person in portraits():
                for photo in person.photos:
                    gallery.enrol_upload(photo.read_bytes(), person.name, "public domain", name=photo.name)
            access, token = Access.open(gallery.path)
            assert token is not None
            service = Service(gallery, Faces(engine), Models(), Cases(gallery), access, jobs=Jobs(gallery))
            server = uvicorn.Server(uvicorn.Config(make_app(service), log_level="error", ws="none"))
            with socket.create_server(("127.0.0.1", 0)) as listener:
                thread = Thread(target=server.run, kwargs={"sockets": [listener]})
                thread.start()
                try:
                    _walk(f"http://127.0.0.1:{listener.getsockname()[1]}/", token, masked(engine))
                finally:
                    server.should_exit = True
                    thread.join()


def masked(engine: Engine) -> bytes:
    """Return a portrait under a mask, a little out of focus."""
    (face,) = engine.faces(portraits()[0].photos[0])
    assert face.photo is not None
    pixels = apply_mask(face.photo.pixels, face.landmarks, sample_mask(7, half="test", kind="surgical")).pixels
    file = BytesIO(encode(pixels, "PNG"))
    blurred = BytesIO()
    Image.open(file).filter(ImageFilter.GaussianBlur(1)).save(blurred, "PNG")
    return blurred.getvalue()


def _walk(address: str, token: str, probe: bytes) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1180, "height": 800})
        page.goto(f"{address}#token={token}")
        page.wait_for_url(address)
        page.set_input_files("#photo", {"name": "visitor.png", "mimeType": "image/png", "buffer": probe})
        page.wait_for_url("**/searches/*")
        result = page.url
        _take(page, "web-search")
        page.goto(f"{result}/faces/1/candidates/1")
        page.keyboard.press("2")
        _take(page, "web-compare")
        page.goto(f"{address}cases")
        page.get_by_label("Name").fill("2026-7")
        page.get_by_label("Purpose").fill("identify visitors")
        page.get_by_role("button", name="Open a case").click()
        page.wait_for_url("**/cases/*")
        page.goto(result)
        page.get_by_role("button", name="Keep in this case").click()
        page.goto(f"{address}cases/1")
        page.get_by_role("button", name="Ask for a review").click()
        page.goto(f"{address}reviews/1")
        _take(page, "web-review")
        browser.close()


def _take(page: Any, name: str) -> None:
    page.wait_for_load_state("networkidle")
    picture = Image.open(BytesIO(page.screenshot()))
    picture.convert("RGB").save(IMAGES / f"{name}.jpg", quality=86, optimize=True)


if __name__ == "__main__":
    main()
