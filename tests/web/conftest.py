"""A served gallery of tiles, and clients of it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from bareface.audit.memory import MemoryAuditLog
from bareface.errors import GalleryError
from bareface.services.access import Access
from bareface.services.cases import Cases
from bareface.services.faces import Faces
from bareface.services.gallery import Gallery
from bareface.services.jobs import Jobs
from bareface.services.models import Models
from bareface.web.app import make_app
from bareface.web.state import Service
from tests.browser import browser
from tests.gallery.pictures import Colour, Look, people
from tests.web.support import FaceTiles, Served

HOST = "http://localhost"


@pytest.fixture
def log() -> MemoryAuditLog:
    return MemoryAuditLog()


@pytest.fixture(scope="session")
def enrolled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Colour], FaceTiles]:
    """Return the gallery that each test gets a copy of, the people's colours, and the engine."""
    folder = tmp_path_factory.mktemp("served")
    made = people(folder / "photos", 3)
    engine = FaceTiles({made[0]: Look("full", 0.4)})
    with Gallery.open(folder / "people.bareface", engine) as gallery:
        gallery.enrol(folder / "photos", basis="consent")
    return folder / "people.bareface", made, engine


@pytest.fixture
def served(enrolled: tuple[Path, list[Colour], FaceTiles], tmp_path: Path, log: MemoryAuditLog) -> Iterator[Served]:
    """Return a gallery of three people with two photos each, served."""
    first, made, engine = enrolled
    path = Path(shutil.copy(first, tmp_path / "people.bareface"))
    gallery = Gallery.open(path, engine, audit=log)
    access, token = Access.open(path)
    assert token is not None
    faces = Faces(lambda: engine, audit=log)  # type: ignore[arg-type, return-value]
    service = Service(
        gallery,
        faces,
        Models(log),
        Cases(gallery, log),
        access,
        jobs=Jobs(gallery, log),
        hosts=frozenset({"localhost"}),
        max_upload=2**20,
    )
    with TestClient(make_app(service), base_url=HOST, raise_server_exceptions=False) as client:
        yield Served(client, service, token, made, tmp_path)
    with suppress(GalleryError):
        gallery.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """Start a browser; skip the test if there is none."""
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=browser(), args=["--no-sandbox", "--disable-gpu"])
        yield started
        started.close()
