"""Every route under /api/v1/ on a real gallery: what it answers, and what it leaves in the gallery."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bareface.audit.memory import MemoryAuditLog
from bareface.client import _LEFT_OUT, _PHOTOS, _part
from bareface.errors import http_status_of
from bareface.imaging.folders import PHOTO_SUFFIXES, SYSTEM_FOLDERS
from bareface.services.gallery import Gallery
from bareface.values.context import Context
from tests.gallery.pictures import colours, save
from tests.web.support import Served, png

STRANGER = colours(9, seed=5)[8]


def test_whoever_another_program_deletes_is_forgotten(served: Served, tmp_path: Path) -> None:
    search = served.call("POST", "/searches", 201, files={"photo": ("a.png", png(served.colours[1]))})
    assert served.call("GET", f"/searches/{search['id']}") == search
    with Gallery.open(served.service.gallery.path, served.service.gallery.engine) as other:
        other.enrol(save(tmp_path / "x.png", (9, 99, 199)), subject="X")
        assert served.call("GET", f"/searches/{search['id']}") == search
        other.delete(subject=search["lists"][0]["candidates"][-1]["subject"])
    assert served.call("GET", f"/searches/{search['id']}", 404)["code"] == "web.search"


def test_pictures_of_a_gallery_that_was_replaced_are_forgotten(served: Served, tmp_path: Path) -> None:
    search = served.call("POST", "/searches", 201, files={"photo": ("a.png", png(served.colours[1]))})
    views, path = served.service.views, served.service.gallery.path
    view = views.reference(served.service.gallery, 1, Context())
    assert views.reference(served.service.gallery, 1, Context()) is view
    with Gallery.open(tmp_path / "other", served.service.gallery.engine) as other:
        other.enrol(save(tmp_path / "x.png", (9, 99, 199)), subject="X")
    (tmp_path / "other").replace(path)
    assert served.call("GET", f"/searches/{search['id']}", 404)["code"] == "web.search"
    assert views.reference(served.service.gallery, 1, Context()) is not view


def test_whoever_is_deleted_during_a_search_is_not_held(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    search = Gallery.search

    def then_deleted(gallery: Gallery, *args: Any, **kwargs: Any) -> Any:
        result = search(gallery, *args, **kwargs)
        monkeypatch.setattr(Gallery, "search", search)
        served.call("DELETE", "/subjects/1")
        served.call("GET", "/gallery")
        return result

    monkeypatch.setattr(Gallery, "search", then_deleted)
    made = served.search(served.colours[0])
    assert "p0" not in str(made)
    assert "p0" not in str(served.call("GET", f"/searches/{made['id']}"))


def test_a_picture_of_whoever_is_deleted_while_it_is_made_is_not_kept(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    served.sign_in()
    view = Gallery.view

    def then_deleted(gallery: Gallery, *args: Any, **kwargs: Any) -> Any:
        made = view(gallery, *args, **kwargs)
        served.call("DELETE", "/subjects/1")
        return made

    monkeypatch.setattr(Gallery, "view", then_deleted)
    assert served.client.get("/references/1/aligned.jpg").status_code == 200
    monkeypatch.setattr(Gallery, "view", view)
    assert served.client.get("/references/1/aligned.jpg").status_code == 404


def test_health_and_readiness_need_no_token_and_tell_nothing(served: Served) -> None:
    for path in ("/api/v1/health", "/api/v1/readiness"):
        answer = served.client.get(path)
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_a_body_that_does_not_say_how_long_it_is_is_bounded(served: Served) -> None:
    answer = served.ask("POST", "/searches", content=iter([b"x" * 2**20] * 3), headers={"Content-Type": "text/plain"})
    assert answer.status_code in (413, 422)
    boundary = b'--b\r\nContent-Disposition: form-data; name="photo"; filename="a"\r\n\r\n'
    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    problem = served.call("POST", "/searches", 413, content=iter([boundary, *[b"x" * 2**20] * 3]), headers=kind)
    assert problem["code"] == "web.too-large"


def test_a_bug_is_an_answer_without_details(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("/home/ada/secret")

    monkeypatch.setattr(type(served.service.gallery), "subject", fail)
    answer = served.ask("GET", "/subjects/1")
    assert (answer.status_code, answer.json()["code"]) == (500, "web.internal")
    assert "secret" not in answer.text
    assert "content-security-policy" in answer.headers


def test_a_gallery_that_is_gone_is_not_ready_but_healthy(served: Served) -> None:
    served.service.gallery.path.unlink()
    assert served.client.get("/api/v1/readiness").status_code == http_status_of("gallery.missing")
    assert served.client.get("/api/v1/health").status_code == 200


def test_the_gallery_in_figures_tells_no_path(served: Served) -> None:
    info = served.call("GET", "/gallery")
    assert (info["name"], info["subjects"], info["references"]) == ("people.bareface", 3, 6)
    assert str(served.folder) not in str(info)


def test_subjects_are_listed_page_by_page(served: Served) -> None:
    names, cursor = [], None
    while True:
        page = served.call("GET", "/subjects", params={"limit": 2, **({"cursor": cursor} if cursor else {})})
        assert page["total"] == 3
        names += [one["name"] for one in page["subjects"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert names == ["p0", "p1", "p2"]


def test_a_page_follows_the_one_before_even_if_its_last_subject_is_gone(served: Served) -> None:
    page = served.call("GET", "/subjects", params={"limit": 1})
    served.call("DELETE", f"/subjects/{page['subjects'][0]['id']}")
    assert [s["name"] for s in served.call("GET", "/subjects", params={"cursor": page["next"]})["subjects"]] == [
        "p1",
        "p2",
    ]


def test_unnamed_subjects_are_listed_after_the_named_ones(served: Served) -> None:
    served.call("POST", "/references/split", json={"references": [1]})
    page = served.call("GET", "/subjects", params={"limit": 3})
    rest = served.call("GET", "/subjects", params={"limit": 3, "cursor": page["next"]})
    assert [s["name"] for s in page["subjects"] + rest["subjects"]] == ["p0", "p1", "p2", None]


@pytest.mark.parametrize(("text", "names"), [("P1", ["p1"]), ("p", ["p0", "p1", "p2"]), ("#3", ["p2"]), ("x", [])])
def test_subjects_are_searched_by_part_of_a_name(served: Served, text: str, names: list[str]) -> None:
    found = served.call("GET", "/subjects", params={"text": text})["subjects"]
    assert [one["name"] for one in found] == names


@pytest.mark.parametrize("forge", [lambda cursor: cursor[:-2] + "AA", lambda _: "x", lambda _: "é", lambda _: "A" * 60])
def test_a_cursor_cannot_be_made_up(served: Served, forge: Any) -> None:
    cursor = served.call("GET", "/subjects", params={"limit": 1})["next"]
    problem = served.call("GET", "/subjects", 422, params={"cursor": forge(cursor)})
    assert problem["code"] == "web.cursor"


def test_a_cursor_holds_for_its_own_listing_only(served: Served) -> None:
    cursor = served.call("GET", "/subjects", params={"limit": 1})["next"]
    assert served.call("GET", "/references", 422, params={"cursor": cursor})["code"] == "web.cursor"
    assert served.call("GET", "/subjects", 422, params={"cursor": cursor, "text": "p"})["code"] == "web.cursor"


def test_rename_merge_split_assign(served: Served) -> None:
    assert served.call("PATCH", "/subjects/1", json={"name": "Ada"})["aliases"] == ["p0"]
    assert served.call("POST", "/subjects/1/merge", json={"merged": 2})["references"] == 4
    split = served.call("POST", "/references/split", json={"references": [3, 4], "name": "Grace"})
    assert (split["name"], split["references"]) == ("Grace", 2)
    moved = served.call("POST", "/references/assign", json={"references": [3], "subject": f"#{split['id']}"})
    assert moved["id"] == split["id"]
    assert served.call("GET", f"/subjects/{split['id']}") == moved
    assert served.call("PATCH", "/subjects/1", 409, json={"name": "Grace"})["code"] == "usage.subject-exists"


def test_references_are_listed_shown_rejected_and_deleted(served: Served) -> None:
    page = served.call("GET", "/references", params={"limit": 4})
    assert (len(page["references"]), page["total"]) == (4, 6)
    rest = served.call("GET", "/references", params={"cursor": page["next"]})
    assert [one["id"] for one in rest["references"]] == [5, 6]
    assert served.call("GET", "/references/5") == rest["references"][0]
    assert served.call("GET", "/references", params={"subject": 1})["total"] == 2
    assert served.ask("GET", "/references/1/crop").content[:3] == b"\xff\xd8\xff"
    assert served.call("POST", "/references/reject", json={"references": [1]})["references"] == 1
    assert served.call("DELETE", "/references/2")["subjects"] == 1
    assert served.call("GET", "/references/2", 404)["code"] == "usage.unknown-reference"


def test_an_uploaded_original_stays_for_its_owner_until_its_last_reference_is_deleted(served: Served) -> None:
    folder = served.folder / "people.bareface-photos"
    files = {"photo": ("C:\\photos\\bo.png", png(STRANGER))}
    outcome = served.call("POST", "/references", files=files, data={"subject": "Bo", "basis": "consent"})
    assert (outcome["status"], outcome["source"]) == ("enrolled", "bo.png")
    bo = served.call("GET", "/subjects", params={"text": "Bo"})["subjects"][0]
    (reference,) = served.call("GET", "/references", params={"subject": bo["id"]})["references"]
    (original,) = folder.glob("[!.]*")
    assert (reference["source"], reference["basis"]) == (str(original), "consent")
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700
    served.call("DELETE", f"/subjects/{bo['id']}")
    assert list(folder.glob("[!.]*")) == []


def test_a_photo_that_is_not_enrolled_leaves_no_original(served: Served) -> None:
    for content, status in ((png(), "no face"), (b"no photo", "failed"), (png(*served.colours[:2]), "ambiguous")):
        outcome = served.call("POST", "/references", files={"photo": ("a.png", content)}, data={"subject": "Bo"})
        assert outcome["status"] == status
    again = Path(served.call("GET", "/references/1")["source"]).read_bytes()
    assert served.call("POST", "/references", files={"photo": ("a.png", again)})["status"] == "already enrolled"
    assert list((served.folder / "people.bareface-photos").glob("[!.]*")) == []


def test_one_face_of_several_is_enrolled(served: Served) -> None:
    files = {"photo": ("a.png", png(*colours(2, seed=8)))}
    assert served.call("POST", "/references", files=files, data={"subject": "Bo", "face": "2"})["references"] == 1


def test_a_search_lists_candidates_for_every_face(served: Served) -> None:
    search = served.search(served.colours[0], served.colours[1], top=2)
    first, second = search["lists"]
    assert [entry["candidates"][0]["subject"] for entry in (first, second)] == ["p0", "p1"]
    assert len(first["candidates"]) == 2
    assert (first["probe"][0]["mask_state"], first["probe"][0]["source"]) == ("full", "probe.png")
    assert served.call("GET", f"/searches/{search['id']}") == search
    assert served.ask("GET", f"/searches/{search['id']}/lists/2/crop").content[:3] == b"\xff\xd8\xff"
    assert served.call("GET", f"/searches/{search['id']}/lists/3/crop", 404)["code"] == "web.picture"
    served.call("DELETE", f"/searches/{search['id']}", 204)
    assert served.call("GET", f"/searches/{search['id']}", 404)["code"] == "web.search"


def test_a_search_is_forgotten_with_whom_it_names(served: Served) -> None:
    search = served.search(served.colours[0])
    served.call("DELETE", "/subjects/1")
    served.call("GET", f"/searches/{search['id']}", 404)


def test_a_search_says_who_searched_and_why(served: Served, log: MemoryAuditLog) -> None:
    number = served.call("POST", "/cases", 201, json={"name": "2026-7", "purpose": "identify visitors"})["id"]
    served.search(served.colours[0], case=number)
    event = next(event for event in log.events if event.action == "Gallery.search")
    assert (event.purpose, event.case, event.subjects) == ("identify visitors", str(number), (1, 2, 3))


@pytest.mark.parametrize("sent", ["Jos\u00e9".encode(), "Jose\u0301".encode(), b"Jos\xe9"])
def test_a_name_in_a_header_is_one_name_in_utf_8_and_in_latin_1(
    served: Served, log: MemoryAuditLog, sent: bytes
) -> None:
    served.call("GET", "/gallery", headers={"X-Actor": sent})
    assert log.events[-1].actor == "José"


@pytest.mark.parametrize("name", ["é 100%.png", 'quo"te.png', "日本.png"])
def test_the_client_names_a_photo_as_its_file(served: Served, name: str) -> None:
    body = _part("b", "photo", png(served.colours[0], tick=40), name) + b"--b--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    source = served.call("POST", "/references", content=body, headers=headers)["source"]
    assert source.replace("%22", '"') == name


def test_a_probe_that_cannot_be_used_is_named_as_its_uploader_does(served: Served) -> None:
    problem = served.call("POST", "/searches", 422, files={"photo": ("no photo.jpg", b"no photo")})
    assert (problem["code"], problem["source"]) == ("image.not-an-image", "no photo.jpg")
    assert served.call("POST", "/searches", 422, files={"photo": ("a.png", png())})["code"] == "image.no-face"


def test_models(served: Served) -> None:
    listing = served.call("GET", "/models")
    names = [one["id"] for one in listing["models"]]
    assert "bareface-detector" in names
    assert served.call("GET", "/models/bareface-detector")["task"] == "detection"
    assert served.call("GET", "/models/nosuch", 404)["code"] == "model.unknown"


@pytest.mark.parametrize(
    ("method", "path", "options", "status", "code"),
    [
        ("GET", "/nosuch", {}, 404, "web.route"),
        ("GET", "/subjects/", {}, 404, "web.route"),
        ("PUT", "/subjects", {}, 405, "web.method"),
        ("GET", "/subjects", {"params": {"limit": 0}}, 422, "web.request"),
        ("GET", "/subjects/9", {}, 404, "usage.unknown-subject"),
        ("GET", "/subjects/x", {}, 422, "web.request"),
        ("PATCH", "/subjects/1", {"json": {"name": " "}}, 422, "usage.name"),
        ("PATCH", "/subjects/1", {"json": {"name": "Ada", "more": 1}}, 422, "web.request"),
        ("PATCH", "/subjects/1", {"content": b"{"}, 422, "web.request"),
        ("POST", "/subjects/1/merge", {"json": {"merged": 1}}, 422, "usage.merge"),
        ("POST", "/references/split", {"json": {"references": []}}, 422, "web.request"),
        ("POST", "/searches", {"data": {"top": "3"}}, 422, "web.request"),
        ("POST", "/searches", {"files": {"photo": ("a.png", b"x" * 2**21)}}, 413, "web.too-large"),
    ],
)
def test_errors_are_problem_details(
    served: Served, method: str, path: str, options: dict[str, Any], status: int, code: str
) -> None:
    answer = served.ask(method, path, headers={"X-Request-ID": "mine-1"}, **options)
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code)
    assert problem["type"] == f"urn:bareface:error:{code}"
    assert problem["request_id"] == answer.headers["x-request-id"] == "mine-1"


def test_measures_name_routes_and_nobody(served: Served) -> None:
    served.search(served.colours[0])
    served.call("GET", "/subjects/9", 404)
    served.client.request("BREW", "/api/v1/health")
    answer = served.ask("GET", "/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = answer.text.splitlines()
    assert 'bareface_requests_total{method="POST",route="/api/v1/searches",status="201"} 1' in lines
    assert 'bareface_requests_total{method="GET",route="/api/v1/subjects/{number}",status="404"} 1' in lines
    assert not any(":int" in line for line in lines)
    assert any(line.startswith('bareface_requests_total{method="-"') for line in lines)
    assert "bareface_searches_held 1" in lines
    assert "bareface_calls_running 0" in lines
    count = next(line for line in lines if line.startswith('bareface_request_seconds_bucket{method="POST"'))
    assert count.partition("le=")[2]
    assert all(line.startswith("#") or line.rpartition(" ")[2].replace(".", "").isdecimal() for line in lines if line)


def test_a_whole_number_may_be_written_with_a_point(served: Served) -> None:
    text = b'{"references": [1.0, 2], "name": null}'
    headers = {"Content-Type": "application/json"}
    assert served.call("POST", "/references/split", content=text, headers=headers)["references"] == 2
    assert served.call("POST", "/references/split", 422, json={"references": [1.5]})["code"] == "web.request"
    assert served.call("POST", "/references/split", 422, json={"references": ["1"]})["code"] == "web.request"


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/subjects/1", "DELETE, GET, PATCH"),
        ("/references/1", "DELETE, GET"),
        ("/references/split", "POST"),
        ("/cases", "GET, POST"),
    ],
)
def test_a_method_that_is_not_there_is_answered_with_those_that_are(served: Served, path: str, methods: str) -> None:
    answer = served.ask("PUT", path)
    assert (answer.status_code, answer.headers["allow"]) == (405, methods)
    assert served.ask("GET", "/references/split").status_code == 405


def test_the_client_takes_the_photos_that_the_command_line_takes() -> None:
    assert set(_LEFT_OUT) == set(SYSTEM_FOLDERS)
    assert set(_PHOTOS) == PHOTO_SUFFIXES
