"""Rules that every door of the service keeps: the tests go through the doors, not through the rules."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from bareface.audit.memory import MemoryAuditLog
from bareface.client import Client
from bareface.errors import GalleryError
from bareface.services.cases import Cases
from bareface.services.gallery import Gallery
from bareface.web.app import make_app
from tests.web.support import Served, png


def case(served: Served, name: str = "2026-7") -> int:
    return int(served.call("POST", "/cases", 201, json={"name": name, "purpose": "find a missing person"})["id"])


def kept(served: Served, number: int) -> tuple[str, int]:
    """Keep a search in a case; return its id in memory, and the number of its face."""
    search = served.search(served.colours[0], case=number)
    return search["id"], served.call("GET", f"/cases/{number}/searches")["searches"][0]["faces"][0]


def test_a_search_is_found_in_its_own_case_only(served: Served) -> None:
    first, second = case(served), case(served, "2026-8")
    _, face = kept(served, first)
    served.sign_in()
    served.call("GET", f"/cases/{first}/searches/1")
    assert served.call("GET", f"/cases/{second}/searches/1", 404)["code"] == "usage.unknown-search"
    assert served.client.get(f"/cases/{second}/searches/1").status_code == 404
    served.call("POST", f"/cases/{second}/watches", 404, json={"face": face})
    served.call("POST", f"/cases/{first}/watches", 201, json={"face": face})
    served.call("DELETE", f"/cases/{second}/watches/{face}", 404)
    assert served.call("GET", f"/cases/{first}/watches")["watches"][0]["begun"] is not None


@pytest.mark.parametrize("end", ["erased", "expired"])
def test_no_door_shows_a_search_whose_case_is_gone(served: Served, end: str) -> None:
    id, _ = kept(served, case(served))
    served.sign_in()
    address = f"/searches/{id}"
    doors = ("", "/photo.jpg", "/faces/1.jpg", "/faces/1/aligned.jpg", "/faces/1/candidates/1")
    for door in doors:
        assert served.client.get(address + door).status_code == 200, door
    assert served.ask("GET", f"{address}/lists/1/crop").status_code == 200
    if end == "erased":
        Cases(served.service.gallery).erase(1)  # by another process
    else:
        object.__setattr__(served.service.cases, "_clock", lambda: datetime.now(UTC) + timedelta(days=91))
    assert address not in served.client.get("/").text
    for door in reversed(doors):
        assert served.client.get(address + door).status_code == 404, door
    assert served.ask("GET", f"{address}/lists/1/crop").status_code == 404
    assert served.post(f"{address}/faces/1/restored").status_code == 404


def test_a_case_is_erased_when_it_expires_though_nobody_looks(served: Served) -> None:
    kept(served, case(served))
    late = Cases(served.service.gallery, clock=lambda: datetime.now(UTC) + timedelta(days=91))
    late.search_again()
    assert late._book.cases() == ()


def test_who_sees_a_picture_that_is_in_memory_is_on_record_too(served: Served, log: MemoryAuditLog) -> None:
    served.sign_in()
    for _ in range(2):
        before = len(log.events)
        assert served.client.get("/references/1/aligned.jpg").status_code == 200
        assert any(1 in one.references for one in log.events[before:])


def test_somebody_else_who_opens_a_search_is_on_record(served: Served, log: MemoryAuditLog) -> None:
    search = served.search(served.colours[0], purpose="find a missing person")
    before = len(log.events)
    served.call("GET", f"/searches/{search['id']}", headers={"X-Actor": "Bo"})
    (event,) = log.events[before:]
    assert (event.actor, event.purpose, event.references) == ("Bo", "find a missing person", (1, 3, 5))


def test_events_of_a_case_name_it(served: Served, log: MemoryAuditLog) -> None:
    number = case(served)
    _, face = kept(served, number)
    review = served.call("POST", "/reviews", 201, json={"face": face, "length": 1, "two_person": False})["id"]
    before = len(log.events)
    for path in (f"/cases/{number}", f"/cases/{number}/searches/1", f"/cases/{number}/report", f"/reviews/{review}"):
        assert served.ask("GET", path).status_code == 200
    served.call("POST", f"/reviews/{review}/next")
    served.call("POST", f"/cases/{number}/close")
    served.ask("DELETE", f"/cases/{number}")
    events = [one for one in log.events[before:] if one.action.startswith("Cases.")]
    assert {one.action for one in events} >= {"Cases.report", "Cases.next", "Cases.close", "Cases.erase"}
    assert {one.case for one in events} == {str(number)}


def test_a_restored_search_is_of_its_case_and_ends_with_it(served: Served, log: MemoryAuditLog) -> None:
    number = case(served)
    id, _ = kept(served, number)
    served.sign_in()
    before = len(log.events)
    served.post(f"/searches/{id}/faces/1/restored")
    (event,) = (one for one in log.events[before:] if one.action == "Gallery.search")
    assert (event.purpose, event.case) == ("find a missing person", str(number))
    served.call("POST", f"/cases/{number}/close")
    before = len(log.events)
    assert 'class="toast failed"' in served.post(f"/searches/{id}/faces/1/restored").text
    assert "Gallery.search" not in [one.action for one in log.events[before:]]


def test_a_search_is_kept_once_in_a_case(served: Served) -> None:
    number = case(served)
    search = served.search(served.colours[0])
    first = served.call("POST", f"/cases/{number}/searches", 201, json={"search": search["id"]})
    again = served.call("POST", f"/cases/{number}/searches", 201, json={"search": search["id"]})
    assert again["id"] == first["id"]
    assert len(served.call("GET", f"/cases/{number}/searches")["searches"]) == 1


def test_a_correction_can_be_taken_back_after_a_try_that_failed(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    served.sign_in()
    page = served.post("/people/1/rename", name="Ada").text
    undo = re.findall(r'name="undo" value="([^"]+)"', page)[0]

    def busy(*_: Any, **__: Any) -> Any:
        raise GalleryError("gallery.locked")

    with monkeypatch.context() as patch:
        patch.setattr(Gallery, "rename", busy)
        page = served.post("/undo", undo=undo).text
        assert 'class="toast failed"' in page
    served.post("/undo", undo=re.findall(r'name="undo" value="([^"]+)"', page)[0])
    assert served.service.gallery.subject(1).name == "p0"


def test_where_several_people_work_nobody_is_shown_the_verdicts_of_others(served: Served) -> None:
    number = case(served)
    with TestClient(make_app(replace(served.service, shared=True)), base_url="http://localhost") as client:
        client.post("/sign-in", data={"token": served.token, "name": "ada"})
        form = re.findall(r'data-form="([^"]+)"', client.get("/people").text)[0]
        photo = {"photo": ("probe.png", png(served.colours[0], tick=99))}
        client.post("/searches", data={"_form": form, "case": str(number)}, files=photo)
        assert "probe.png" in client.get("/").text
        client.cookies.clear()
        client.post("/sign-in", data={"token": served.token, "name": "bo"})
        assert "probe.png" not in client.get("/").text


def test_a_field_that_a_form_does_not_have_is_refused(served: Served) -> None:
    photo = {"photo": ("a.png", png(served.colours[0], tick=5))}
    for data in ({"name": "Ada"}, {"subject": "Ada", "larges": "true"}, {"subject": ["Ada", "Bo"]}):
        refused = served.call("POST", "/references", 422, files=photo, data=data)
        assert refused["code"] == "web.request"
    assert served.call("GET", "/references?subjects=1", 422)["code"] == "web.request"
    assert served.call("GET", "/references?subject=1&subject=2", 422)["code"] == "web.request"
    assert "Ada" not in [one.name for one in served.service.gallery.subjects()]


def test_a_rejection_that_is_sent_again_has_its_first_answer(served: Served) -> None:
    unnamed = png((11, 222, 33), tick=4)
    served.call("POST", "/references", files={"photo": ("new.png", unnamed)})
    face = max(one.id for one in served.service.gallery.references())
    given = {"face": face, "candidate": 1, "answer": "not a face"}
    key = {"headers": {"Idempotency-Key": "once"}}
    first = served.call("POST", "/suggestions/answers", json=given, **key)
    assert served.call("POST", "/suggestions/answers", json=given, **key) == first


class Direct(Client):
    """A client without a socket."""

    served: Served

    def _once(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str | bytes]) -> bytes:
        answer = self.served.client.request(method, self._base + path, content=body, headers=dict(headers))  # type: ignore[arg-type]
        assert answer.is_success, answer.text
        return bytes(answer.content)


def test_a_folder_whose_name_is_no_unicode_names_a_person_as_on_the_command_line(served: Served) -> None:
    folder = served.folder / os.fsdecode(b"album/Jos\xe9")
    folder.mkdir(parents=True)
    (folder / "a.png").write_bytes(png((33, 44, 155)))
    client = Direct("http://localhost", served.token)
    client.served = served
    served.rested(client.enrol_folder(served.folder / "album")["id"])
    (one,) = served.call("GET", "/subjects?text=Jos")["subjects"]
    assert one["name"] == "Jos\\udce9"
