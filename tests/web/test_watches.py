"""Probe faces that are searched again: for programs, on the page of a case, and in the background."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from bareface.errors import GalleryError
from bareface.services.cases import Cases
from bareface.web import again
from bareface.web.again import SearchingAgain
from bareface.web.turns import Turns
from tests.gallery.pictures import Colour
from tests.web.support import Served, png


def near(colour: Colour) -> Colour:
    return colour[0] - 1, colour[1], colour[2]


def kept(served: Served) -> tuple[int, int]:
    """Keep a search in a case; return the numbers of the case and of its face."""
    case = served.call("POST", "/cases", 201, json={"name": "2026-7", "purpose": "identify visitors"})["id"]
    served.search(served.colours[1], case=case)
    return case, served.call("GET", f"/cases/{case}/searches")["searches"][0]["faces"][0]


def enrol_later(served: Served) -> None:
    photo = {"photo": ("later.png", png(near(served.colours[1]), tick=60))}
    served.call("POST", "/references", files=photo, data={"subject": "Later"})


def test_a_face_is_watched_and_what_is_new_is_a_search_of_the_case(served: Served) -> None:
    case, face = kept(served)
    (watch,) = served.call("GET", f"/cases/{case}/watches")["watches"]
    assert (watch["face_id"], watch["begun"]) == (face, None)
    begun = served.call("POST", f"/cases/{case}/watches", 201, json={"face": face}, headers={"X-Actor": "Ada Lovelace"})
    assert begun["begun_by"] == "Ada Lovelace"
    enrol_later(served)
    while served.service.cases.search_again():
        pass
    new, first = served.call("GET", f"/cases/{case}/searches")["searches"]
    assert (new["again"], new["since"], first["again"], first["since"]) == (face, first["made"], None, None)
    whole = served.call("GET", f"/cases/{case}/searches/{new['id']}")
    assert [one["subject"] for one in whole["faces"][0]["candidates"]] == ["Later"]
    served.call("DELETE", f"/cases/{case}/watches/{face}", 204)
    assert served.call("GET", f"/cases/{case}/watches")["watches"][0]["begun"] is None
    assert served.call("POST", f"/cases/{case}/watches", 404, json={"face": 99})["code"] == "usage.unknown-search"


def test_the_page_of_a_case_says_what_is_watched_and_what_is_new(served: Served) -> None:
    case, face = kept(served)
    served.sign_in()
    page = served.client.get(f"/cases/{case}").text
    assert "Search again when faces are added" in page
    page = served.post(f"/kept/{face}/watch", case=str(case)).text
    assert "Searched again when faces are added" in page
    assert "Search no more" in page
    enrol_later(served)
    while served.service.cases.search_again():
        pass
    page = served.client.get(f"/cases/{case}").text
    assert "new since" in page
    assert "Later" not in page, "names and scores are behind a click"
    page = served.client.get(f"/cases/{case}/searches/2").text
    assert "Later" in page
    assert "new since" in page
    page = served.post(f"/kept/{face}/watch", case=str(case), end="true").text
    assert "It is searched no more. What was found stays in the case." in page
    served.post(f"/cases/{case}/close")
    page = served.post(f"/kept/{face}/watch", case=str(case)).text
    assert "toast failed" in page
    assert "Search again when faces are added" not in page


def test_the_page_of_a_case_says_what_ended_a_watch(served: Served) -> None:
    case, face = kept(served)
    served.sign_in()
    served.post(f"/kept/{face}/watch", case=str(case))
    served.service.cases._book.note_trouble(face, "template.space")
    for language in ("en", "de"):
        answer = served.client.get(f"/cases/{case}", headers={"Accept-Language": language})
        assert (answer.status_code, "template.space" in answer.text) == (200, True)


class Due:
    """Stands for cases: so many faces are due, and then it fails once."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.failed = asyncio.Event()
        self.loop = asyncio.get_running_loop()

    def search_again(self) -> bool:
        self.count -= 1
        if self.count < 0 and not self.failed.is_set():
            self.loop.call_soon_threadsafe(self.failed.set)
            raise GalleryError("gallery.locked", source="g")
        return self.count > 0


def test_the_background_searches_all_that_is_due_and_outlives_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(again, "_LOOK_S", 0.0)

    async def run() -> int:
        due = Due(5)
        async with SearchingAgain(cast(Cases, due), Turns(1)).background():
            await due.failed.wait()
        return due.count

    assert asyncio.run(run()) <= -1
