"""The audit log of a served gallery, and the restorations that were made through it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from bareface.services.audit import AuditTrail
from bareface.services.cases import Cases
from bareface.services.gallery import Gallery
from bareface.services.jobs import Jobs
from bareface.web.app import make_app
from tests.restoration.made import restored
from tests.web.support import FaceTiles, Served, png


@pytest.fixture
def watched(served: Served) -> Iterator[Served]:
    """Serve the gallery with a log that is kept."""
    path = served.service.gallery.path
    trail = AuditTrail.of(path)
    with Gallery.open(path, FaceTiles({}), audit=trail.log) as gallery:
        cases, jobs = Cases(gallery, trail.log), Jobs(gallery, trail.log)
        service = replace(served.service, gallery=gallery, cases=cases, jobs=jobs, trail=trail)
        with TestClient(make_app(service), base_url="http://localhost") as client:
            yield replace(served, client=client, service=service)


def by(name: str) -> dict[str, str]:
    return {"X-Actor": name}


def test_who_did_what_for_which_purpose(watched: Served) -> None:
    case = watched.call("POST", "/cases", 201, json={"name": "2026-7", "purpose": "identify visitors"})["id"]
    files = {"photo": png(watched.colours[0])}
    watched.call("POST", "/searches", 201, files=files, data={"case": case}, headers=by("ada"))
    watched.call("PATCH", "/subjects/1", json={"name": "Ada Lovelace"}, headers=by("bo"))
    watched.call("PATCH", "/subjects/99", 404, json={"name": "Nobody"}, headers=by("bo"))
    searches = watched.call("GET", "/audit", params={"actor": "ada", "kind": "search"})["events"]
    (search,) = [one for one in searches if one["action"] == "Gallery.search"]
    assert (search["purpose"], search["case"], search["outcome"]) == ("identify visitors", str(case), "done")
    assert 1 in search["subjects"]
    changes = watched.call("GET", "/audit", params={"actor": "bo", "kind": "change"})["events"]
    assert [one["outcome"] for one in changes] == ["usage.unknown-subject", "done"]
    assert search in watched.call("GET", "/audit", params={"case": str(case)})["events"]
    text = watched.ask("GET", "/audit", params={"limit": 500}).text
    assert "Lovelace" not in text
    assert str(watched.folder) not in text
    assert watched.call("GET", "/audit", params={"kind": "audit"})["events"][0]["action"] == "AuditTrail.events"


def test_signing_in_and_out_are_events(watched: Served) -> None:
    watched.sign_in()
    watched.post("/sign-out")
    events = watched.call("GET", "/audit", params={"kind": "sign-in"})["events"]
    assert [one["action"] for one in events] == ["Access.sign_out", "Access.sign_in"]


def test_events_are_found_by_a_name_however_it_is_typed(watched: Served) -> None:
    watched.call("PATCH", "/subjects/1", json={"name": "Ada"}, headers={"X-Actor": "Zoë O’Brien".encode()})
    for typed in ("Zoë O'Brien", "Zoe\u0308 \u200b O’Brien"):
        (event,) = watched.call("GET", "/audit", params={"actor": typed, "kind": "change"})["events"]
        assert event["actor"] == "Zoë O'Brien"


def test_the_log_is_read_some_at_a_time(watched: Served) -> None:
    for number in range(5):
        watched.call("PATCH", "/subjects/1", json={"name": f"Ada {number}"})
    wish = {"kind": "change", "limit": 2}
    first = watched.call("GET", "/audit", params=wish)
    second = watched.call("GET", "/audit", params={**wish, "cursor": first["next"]})
    numbers = [one["id"] for one in first["events"] + second["events"]]
    assert numbers == sorted(numbers, reverse=True)
    assert len(set(numbers)) == 4
    other = {**wish, "kind": "delete", "cursor": first["next"]}
    assert watched.call("GET", "/audit", 422, params=other)["code"] == "web.cursor"


def test_a_page_of_people_is_a_few_events(watched: Served) -> None:
    watched.sign_in()
    page = watched.client.get("/people").text
    for number in (1, 2, 3):
        assert f"/people/{number}.jpg" in page
        watched.client.get(f"/people/{number}.jpg")
    views = watched.call("GET", "/audit", params={"kind": "view"})["events"]
    seen = sorted((one["action"], one["times"]) for one in views)
    assert seen == [("Gallery.best_reference", 3), ("Gallery.crop", 3)]
    assert len(views[0]["references"]) == 3


def test_the_page_shows_and_filters(watched: Served) -> None:
    watched.client.post("/sign-in", data={"token": "wrong"})
    watched.client.post("/sign-in", data={"token": watched.token, "name": "Zoe"})
    watched.call("PATCH", "/subjects/1", json={"name": "Ada"}, headers=by("bo"))
    page = watched.client.get("/audit").text
    for text in ("Sign-in", "web.token", "Zoe", "Correction", "Gallery.rename", 'href="/audit"'):
        assert text in page
    only = watched.client.get("/audit?kind=change&actor=bo").text
    assert "Gallery.rename" in only
    assert "Access.sign_in" not in only
    assert "There is no such event." in watched.client.get("/audit?actor=nobody").text
    assert "Protokoll" in watched.client.get("/audit", headers={"Accept-Language": "de"}).text


def test_a_service_without_a_log_says_so(served: Served) -> None:
    assert served.call("GET", "/audit", 404)["code"] == "web.no-audit"
    served.sign_in()
    assert served.client.get("/audit").status_code == 404
    assert 'href="/audit"' not in served.client.get("/people").text


def test_restorations_are_listed_latest_first(served: Served) -> None:
    gallery = served.service.gallery
    photo = gallery.reference(1).sha256
    assert served.call("GET", "/restorations") == {"restorations": [], "next": None}
    for seed in range(3):
        made = restored(seed)
        provenance = replace(made.provenance, source_sha256=photo, seed=seed)
        assert gallery.keep_restoration(replace(made, provenance=provenance))
    first = served.call("GET", "/restorations", params={"limit": 2})
    second = served.call("GET", "/restorations", params={"limit": 2, "cursor": first["next"]})
    both = first["restorations"] + second["restorations"]
    assert [one["seed"] for one in both] == [2, 1, 0]
    assert all(one["references"] == [1] for one in both)
    assert second["next"] is None
