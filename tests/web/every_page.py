"""A service with something to see on each of its pages, and a crawl that finds them.

Pages are not listed anywhere: the crawl begins at the addresses without a parameter in the app's table of routes, and
follows every address that it reads. So a new page is found by itself, if some page leads to it; :func:`furnish` makes
what a page needs to exist.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx2
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from PIL import Image, ImageFilter, ImageOps

from bareface.imaging.decode import encode
from bareface.services.access import Access
from bareface.services.audit import AuditTrail
from bareface.services.cases import Cases
from bareface.services.engine import Engine
from bareface.services.faces import Faces
from bareface.services.gallery import Gallery
from bareface.services.jobs import Jobs
from bareface.services.models import Models
from bareface.synthesis.masks import apply_mask, sample_mask
from bareface.web.app import make_app
from bareface.web.state import Service
from tests.portraits import astronaut, hopper
from tests.web.browsing import serving

ADDRESS = re.compile(r'\s[\w-]+="(/[^"]*)"')
PARAMETER = re.compile(r"\{[^}]+\}")


@dataclass(frozen=True)
class House:
    """A service that runs.

    Attributes
    ----------
    address, token
        Where it is, and what opens it.
    service
        What is served.
    """

    address: str
    token: str
    service: Service

    @property
    def app(self) -> FastAPI:
        """The application, for its table of routes."""
        return make_app(self.service)

    @contextmanager
    def visitor(self, name: str) -> Iterator[Visitor]:
        """Sign somebody in."""
        with httpx2.Client(base_url=self.address, follow_redirects=True, timeout=60) as client:
            client.post("/sign-in", data={"token": self.token, "name": name})
            (form,) = re.findall(r'data-form="([^"]+)"', client.get("/models").text)
            yield Visitor(client, form)


@dataclass(frozen=True)
class Visitor:
    """Somebody who is signed in, without a browser."""

    client: httpx2.Client
    form: str

    def send(self, path: str, files: Any = None, **data: Any) -> str:
        """Send a form; return the path of the page that it leads to."""
        answer = self.client.post(path, data={"_form": self.form, **data}, files=files)
        assert answer.is_success, (path, answer.status_code, answer.text)
        assert "toast failed" not in answer.text, re.findall(r"toast failed.*", answer.text)
        return answer.url.path


@contextmanager
def a_house(folder: Path, *, enrolled: bool = True) -> Iterator[House]:
    """Serve a gallery of the portraits that ship with dependencies."""
    engine = Engine(threads=1)
    trail = AuditTrail.of(folder / "people.bareface")
    with Gallery.open(folder / "people.bareface", engine, audit=trail.log) as gallery:
        if enrolled:
            gallery.enrol(hopper(), "Grace Hopper", "public domain")
            gallery.enrol(astronaut())
        access, token = Access.open(gallery.path)
        assert token is not None
        service = Service(gallery, Faces(engine), Models(), Cases(gallery), access, jobs=Jobs(gallery), trail=trail)
        with serving(service) as address:
            yield House(address, token, service)


@cache
def masked_portrait() -> bytes:
    """Return Grace Hopper under a simulated mask."""
    (face,) = Engine(threads=1).faces(hopper())
    assert face.photo is not None
    return encode(apply_mask(face.photo.pixels, face.landmarks, sample_mask(7, half="test")).pixels, "PNG")


@cache
def two_faces() -> bytes:
    """Return Eileen Collins out of focus, face 1, next to Grace Hopper under a simulated mask, face 2."""
    left = Image.open(astronaut()).convert("RGB").filter(ImageFilter.GaussianBlur(3))
    right = Image.open(BytesIO(masked_portrait()))
    both = Image.new("RGB", (left.width + right.width, max(left.height, right.height)))
    both.paste(left, (0, 0))
    both.paste(right, (left.width, 0))
    file = BytesIO()
    both.save(file, "PNG")
    return file.getvalue()


def furnish(house: House) -> None:
    """Make something to see on every page: a search, its restored faces, cases, reviews in each state, a suggestion."""
    with house.visitor("Ada") as ada, house.visitor("Bo") as bo:
        ada.send("/add", {"photo": ("hopper.png", hopper().read_bytes(), "image/png")}, name="Grace Hopper")
        closed = ada.send("/cases", name="2026-7", purpose="identify visitors")
        ada.send(f"{closed}/close")
        photo = {"photo": ("two.png", two_faces(), "image/png")}
        result = ada.send("/searches", photo, purpose="identify visitors")
        for face in (1, 2):
            ada.send(f"{result}/faces/{face}/restored")
        case = ada.send("/cases", name="2026-8", purpose="identify visitors", basis="consent").rpartition("/")[2]
        ada.send(f"{result}/keep", case=case)
        for two_person in ("", "true", "true"):  # one is complete, one waits for somebody else, one for everybody
            wish = {"length": "2", "two_person": two_person, "checklist": "true"}
            ada.send("/kept/1/review", case=case, **wish)
        for review in (1, 2):
            for item in (0, 1):
                bo.client.get(f"/reviews/{review}")
                answer = {"verdict": "different", "confidence": "high", "feature-ears": "dissimilar"}
                bo.send(f"/reviews/{review}", item=str(item), **answer)
        bo.send("/reviews/1/exclude")
    house.service.gallery.enrol(ImageOps.mirror(Image.open(hopper())))  # like Grace Hopper, and unnamed


def templates_of(app: FastAPI) -> dict[str, re.Pattern[str]]:
    """Return the addresses that a browser can read, but for pictures, with an expression for each."""
    paths = [
        context.path_format
        for context in iter_route_contexts(app.routes)
        if "GET" in (context.methods or ())
        and not context.path_format.startswith("/api/")
        and not context.path_format.endswith((".jpg", ".png"))
    ]
    return {path: re.compile(PARAMETER.sub("[^/]+", re.escape(path).replace(r"\{", "{"))) for path in paths}


@dataclass(frozen=True)
class Crawl:
    """What a crawl has found.

    Attributes
    ----------
    pages
        Addresses of whole pages.
    saved
        Whole pages that a browser saves, by address.
    missed
        Templates in the table of routes that nothing leads to.
    """

    pages: tuple[str, ...]
    saved: dict[str, str]
    missed: frozenset[str]


def crawl(house: House, visitor: Visitor, each: int) -> Crawl:
    """Read every kind of page, and some of each kind."""
    templates = templates_of(house.app)
    read, counts, reached, pages = set[str](), Counter[tuple[str, ...]](), set[str](), list[str]()
    saved = dict[str, str]()
    waiting = deque(path for path in templates if "{" not in path)
    last = deque(PARAMETER.sub("1", path) for path in templates)  # addresses that only scripts make
    while waiting or last:
        address = waiting.popleft() if waiting else last.popleft()
        path, _, query = address.partition("?")
        template = next((one for one, form in templates.items() if form.fullmatch(path)), None)
        if template is None or address in read:
            continue
        kind = template, *sorted(part.partition("=")[0] for part in query.split("&"))
        if counts[kind] >= each:
            continue
        read.add(address)
        with visitor.client.stream("GET", address) as answer:  # what is no page may be large, or never end
            if not answer.is_success:
                continue
            counts[kind] += 1
            reached.add(template)
            if not answer.headers.get("content-type", "").startswith("text/html"):
                continue
            text = answer.read().decode()
        if text.lstrip().lower().startswith("<!doctype html"):
            if "attachment" in answer.headers.get("content-disposition", ""):
                saved[address] = text
            else:
                pages.append(address)
        waiting.extend(unescape(one).partition("#")[0] for one in ADDRESS.findall(text))
    return Crawl(tuple(pages), saved, frozenset(templates.keys() - reached))
