"""Cases and reviews through the interface for programs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from starlette.testclient import TestClient

from bareface.services.cases import Cases
from bareface.web.app import make_app
from tests.web.support import Served, png


def case(served: Served) -> Any:
    return served.call("POST", "/cases", 201, json={"name": "2026-7", "purpose": "identify visitors"})


def by(name: str) -> dict[str, dict[str, str]]:
    return {"headers": {"X-Actor": name}}


def test_a_search_is_kept_reviewed_by_two_and_revealed(served: Served) -> None:
    number = case(served)["id"]
    search = served.search(served.colours[0], case=number)
    assert search["kept"] == 1
    listed = served.call("GET", f"/cases/{number}/searches")["searches"]
    assert "candidates" not in str(listed)
    review = served.call("POST", "/reviews", 201, json={"face": listed[0]["faces"][0], "length": 2})
    address = f"/reviews/{review['id']}"
    for name, verdict in (("bo", "same"), ("cy", "cannot say")):
        while (pair := served.call("POST", f"{address}/next", **by(name))["pair"]) is not None:
            assert not {"similarity", "rank", "decision", "subject_id", "subject"} & set(pair)
            given = {"item": pair["item"], "verdict": verdict, "confidence": "low", "note": "blurred"}
            served.call("POST", f"{address}/answers", json=given, **by(name))
        if name == "bo":
            assert served.call("GET", f"{address}/outcome", 409)["code"] == "usage.review"
    outcome = served.call("GET", f"{address}/outcome")
    assert outcome["review"]["complete"]
    assert [one["agreed"] for one in outcome["items"]] == [False, False]
    assert [a["reviewer"] for a in outcome["items"][0]["answers"]] == ["bo", "cy"]
    assert outcome["knew"] == []
    assert served.call("GET", "/reviews")["reviews"][0]["complete"]
    kept = served.call("GET", f"/cases/{number}/searches/1")
    assert kept["faces"][0]["candidates"][0]["subject"] == "p0"


def test_a_review_with_controls_and_a_checklist(served: Served) -> None:
    number = case(served)["id"]
    served.search(served.colours[0], case=number, top=1)
    wish = {"face": 1, "two_person": False, "checklist": True, "controls": 2}
    review = served.call("POST", "/reviews", 201, json=wish)
    assert (review["items"], review["checklist"]) == (1 + review["controls"], True)
    address, controls = f"/reviews/{review['id']}", 0
    while (pair := served.call("POST", f"{address}/next", **by("bo"))["pair"]) is not None:
        controls += pair["face_id"] is None
        assert (pair["face_id"] is None) == (pair["probe_reference_id"] is not None)
        given = {"item": pair["item"], "verdict": "different", "confidence": "low", "features": {"ears": "dissimilar"}}
        served.call("POST", f"{address}/answers", json=given, **by("bo"))
    assert controls == review["controls"] > 0
    outcome = served.call("GET", f"{address}/outcome")
    assert outcome["measures"][0]["reviewer"] == "bo"
    assert len(outcome["controls"]) == controls
    assert outcome["items"][0]["answers"][0]["features"] == {"ears": "dissimilar"}
    assert served.call("POST", f"{address}/exclude")["items"][0]["excluded"]
    assert not served.call("POST", f"{address}/include")["items"][0]["excluded"]
    labels = served.ask("GET", f"/cases/{number}/labels")
    assert labels.headers["content-type"] == "text/csv; charset=utf-8"
    assert labels.text.count("\n") == 2


def test_a_held_search_is_kept_later(served: Served) -> None:
    search = served.search(served.colours[0], served.colours[1])
    number = case(served)["id"]
    kept = served.call("POST", f"/cases/{number}/searches", 201, json={"search": search["id"]})
    assert len(kept["faces"]) == 2
    assert served.call("GET", f"/searches/{search['id']}")["kept"] == kept["id"]


def test_the_report_is_a_page_or_a_pdf_as_asked(served: Served) -> None:
    number = case(served)["id"]
    served.search(served.colours[0], case=number)
    address = f"/cases/{number}/report"
    for query, accept, kind in (
        ("", "*/*", "text/html; charset=utf-8"),
        ("", "application/pdf", "application/pdf"),
        ("?format=pdf", "*/*", "application/pdf"),
        ("?format=html", "application/pdf", "text/html; charset=utf-8"),
    ):
        answer = served.ask("GET", address + query, headers={"Accept": accept})
        assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
        assert answer.content.startswith(b"%PDF" if "pdf" in kind else b"<!doctype html>")
    assert 'lang="de"' in served.ask("GET", f"{address}?language=de").text
    served.call("GET", f"{address}?format=doc", 422)


def test_closing_and_erasing(served: Served) -> None:
    number = case(served)["id"]
    assert served.call("POST", f"/cases/{number}/close")["closed"]
    files = {"photo": ("a.png", png(served.colours[0], tick=3))}
    assert served.call("POST", "/searches", 403, files=files, data={"case": number})["code"] == "usage.case"
    assert served.call("POST", "/searches", 404, files=files, data={"case": 99})["code"] == "usage.unknown-case"
    served.call("DELETE", f"/cases/{number}", 204)
    assert served.call("GET", f"/cases/{number}", 404)["code"] == "usage.unknown-case"
    assert served.call("GET", "/cases") == {"cases": []}


def test_where_several_people_search_each_search_has_a_case(served: Served) -> None:
    app = make_app(replace(served.service, shared=True))
    with TestClient(app, base_url="http://localhost") as client:
        headers = {"Authorization": f"Bearer {served.token}"}
        files = {"photo": ("a.png", png(served.colours[0], tick=3))}
        answer = client.post("/api/v1/searches", headers=headers, files=files)
        assert (answer.status_code, answer.json()["code"]) == (403, "usage.case")
        number = client.post("/api/v1/cases", headers=headers, json={"name": "a", "purpose": "b"}).json()["id"]
        answer = client.post("/api/v1/searches", headers=headers, files=files, data={"case": number})
        assert answer.status_code == 201


@pytest.mark.parametrize("how", ["api", "page", "elsewhere"])
def test_a_search_of_an_erased_case_is_not_shown_any_more(served: Served, how: str) -> None:
    form = served.sign_in()
    number = case(served)["id"]
    held = served.search(served.colours[0], case=number)["id"]
    other = served.search(served.colours[0])["id"]
    if how == "api":
        served.call("DELETE", f"/cases/{number}", 204)
    elif how == "page":
        served.client.post(f"/cases/{number}/erase", data={"_form": form})
    else:
        Cases(served.service.gallery).erase(number)
    for path in (f"/searches/{held}", f"/searches/{held}/photo.jpg"):
        assert served.client.get(path).status_code == 404
    assert served.client.get(f"/searches/{other}").status_code == 200
