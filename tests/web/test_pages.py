"""Pages through the app: who sees them, what they say, and what their forms do."""

from __future__ import annotations

import re
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFilter
from starlette.testclient import TestClient

from bareface.errors import http_status_of
from bareface.imaging.decode import Limits, labels
from bareface.services.access import Access
from bareface.services.cases import Cases
from bareface.services.engine import Engine
from bareface.services.faces import Faces
from bareface.services.gallery import Gallery
from bareface.services.jobs import Jobs
from bareface.services.models import Models
from bareface.web.app import make_app
from bareface.web.pages.visitors import local_path
from bareface.web.state import Service
from tests.gallery.pictures import colours, save
from tests.portraits import astronaut
from tests.web.support import Served, png

HOSTILE = "<script>alert(1)</script>\"'><img src=x>"
STRANGER = colours(9, seed=5)[8]


@pytest.fixture
def signed_in(served: Served) -> Served:
    served.sign_in()
    return served


def searched(served: Served, *faces: tuple[int, int, int]) -> str:
    """Search on the page; return the address of the result."""
    form = served.sign_in()
    files = {"photo": ("probe.png", png(*faces, tick=77))}
    answer = served.client.post("/searches", data={"_form": form}, files=files, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def every_page(served: Served) -> list[str]:
    result = searched(served, served.colours[0], served.colours[1])
    case = served.post("/cases", name="2026-7", purpose=HOSTILE).url.path
    served.post(f"{result}/keep", case=case.rpartition("/")[2])
    served.post("/kept/1/review", case="1", length="2", two_person="true")
    files = {"photo": (HOSTILE, png(STRANGER))}
    served.client.post("/add", data={"_form": served.sign_in(), "name": HOSTILE}, files=files)
    served.rested(1)
    pages = ["/jobs", "/jobs/1", "/cases", case, f"{case}/searches/1", "/reviews/1"]
    return ["/", result, f"{result}/faces/1/candidates/1", "/people", "/people/1", "/add", "/models", *pages]


def test_a_page_leads_to_signing_in_and_back(served: Served) -> None:
    answer = served.client.get("/people?text=p1", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=%2Fpeople%3Ftext%3Dp1")
    page = served.client.get(answer.headers["location"]).text
    assert 'value="/people?text=p1"' in page
    answer = served.client.post(
        "/sign-in", data={"token": f" {served.token} ", "next": "/people?text=p1"}, follow_redirects=False
    )
    assert answer.headers["location"] == "/people?text=p1"
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "max-age" not in cookie
    part = served.client.get("/people", headers={"HX-Request": "true"})
    assert part.status_code == 200


def test_a_part_of_a_page_leads_the_whole_page_to_signing_in(served: Served) -> None:
    answer = served.client.get("/people?text=a", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["hx-redirect"]) == (204, "/sign-in?next=%2Fpeople%3Ftext%3Da")


def test_a_wrong_token_opens_nothing(served: Served) -> None:
    answer = served.client.post("/sign-in", data={"token": "wrong"})
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers
    assert served.client.get("/people", follow_redirects=False).status_code == 303


@pytest.mark.parametrize(
    "path",
    ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "", "/a\nb"],
)
def test_signing_in_leads_nowhere_else(served: Served, path: str) -> None:
    answer = served.client.post("/sign-in", data={"token": served.token, "next": path}, follow_redirects=False)
    assert answer.headers["location"] == "/"


@given(st.text(max_size=20))
def test_a_local_path_begins_with_one_slash(text: str) -> None:
    for path in (text, f"/{text}", f"//{text}"):
        assert re.match(r"/(?![/\\])", local_path(path))


def test_signing_out_ends_the_session(signed_in: Served) -> None:
    cookies = dict(signed_in.client.cookies)
    signed_in.post("/sign-out")
    signed_in.client.cookies.update(cookies)
    assert signed_in.client.get("/people", follow_redirects=False).status_code == 303


def test_a_cookie_does_not_open_the_interface_for_programs(signed_in: Served) -> None:
    assert signed_in.client.get("/api/v1/subjects").status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Form": "wrong"},
        {"X-Form": "{form}", "Sec-Fetch-Site": "cross-site"},
        {"X-Form": "{form}", "Sec-Fetch-Site": "same-site"},
        {"X-Form": "{form}", "Origin": "http://localhost:9999"},
        {"X-Form": "{form}", "Origin": "null"},
    ],
)
def test_a_form_of_another_page_changes_nothing(served: Served, headers: dict[str, str]) -> None:
    form = served.sign_in()
    sent = {name: value.format(form=form) for name, value in headers.items()}
    for path in ("/people/1/rename", "/people/1/delete", "/add", "/searches", "/undo", "/look", "/sign-out"):
        data, files = {"name": "Ada"}, {"photo": ("a.png", png(STRANGER))}
        assert served.client.post(path, data=data, files=files, headers=sent).status_code == 403
    assert served.call("GET", "/subjects/1")["name"] == "p0"


def test_behind_a_proxy_that_names_another_host_forms_work_or_the_page_says_why(signed_in: Served) -> None:
    form = re.findall(r'data-form="([^"]+)"', signed_in.client.get("/people").text)[0]
    headers = {"Origin": "https://faces.example.org:8443"}
    answer = signed_in.client.post("/people/1/rename", data={"_form": form, "name": "Ada"}, headers=headers)
    assert answer.status_code == 403
    assert "he form was sent from https://faces.example.org:8443" in answer.text
    headers["Sec-Fetch-Site"] = "same-origin"  # as browsers say where the page was encrypted
    signed_in.client.post("/people/1/rename", data={"_form": form, "name": "Ada"}, headers=headers)
    assert signed_in.service.gallery.subject(1).name == "Ada"


def test_a_page_of_another_gallery_at_the_same_place_changes_nothing(signed_in: Served, tmp_path: Path) -> None:
    form = re.findall(r'data-form="([^"]+)"', signed_in.client.get("/people/1").text)[0]
    for number, colour in enumerate(colours(9, seed=5)[5:8]):
        save(tmp_path / "others" / f"x{number}" / "0.png", colour)
    with Gallery.open(tmp_path / "other.bareface", signed_in.service.gallery.engine) as other:
        other.enrol(tmp_path / "others")
    (tmp_path / "other.bareface").replace(signed_in.service.gallery.path)
    answer = signed_in.client.post("/people/1/delete", data={"_form": form})
    assert answer.status_code == 403
    assert [one.name for one in signed_in.service.gallery.subjects()] == ["x0", "x1", "x2"]
    signed_in.post("/people/1/rename", name="Ada")
    assert signed_in.service.gallery.subject(1).name == "Ada"


def test_damaged_cases_are_said_and_stop_no_search(signed_in: Served) -> None:
    Path(f"{signed_in.service.gallery.path}-cases").write_bytes(b"junk" * 300)
    page = signed_in.client.get("/")
    assert page.status_code == 200
    assert "people.bareface-cases" in page.text
    form = re.findall(r'data-form="([^"]+)"', page.text)[0]
    photo = {"photo": ("p.png", png(signed_in.colours[0], tick=98))}
    result = signed_in.client.post("/searches", data={"_form": form}, files=photo)
    assert result.status_code == 200
    assert "p0" in result.text
    assert signed_in.client.get("/cases").status_code == 500


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_page_speaks_the_language_of_its_reader(served: Served, language: str) -> None:
    served.client.headers["Accept-Language"] = f"{language}-XX, en;q=0.5"
    for path in [*every_page(served), "/nosuch", "/people?text=nobody"]:
        page = served.client.get(path).text
        assert f'<html lang="{language}"' in page
        assert ("Zum Inhalt" in page) == (language == "de")
        assert not re.search(r"\bpage\.[a-z]", page), path
        assert not re.search(r"<script(?! src=\"/static/)|style=|\bon\w+=|https?://", page), path


def test_language_and_colours_are_chosen_for_good(signed_in: Served) -> None:
    page = signed_in.post("/look", language="de", theme="dark", next="/people").text
    assert '<html lang="de" data-theme="dark">' in page
    assert '<html lang="de" data-theme="dark">' in signed_in.post("/look", language="xx", theme="xx", next="/add").text


def test_hostile_names_are_only_text(served: Served) -> None:
    served.call("PATCH", "/subjects/1", json={"name": HOSTILE})
    for path in every_page(served):
        page = served.client.get(path).text
        assert HOSTILE not in page, path
        assert "<script>alert" not in page


def test_a_search_shows_faces_candidates_and_no_match_plainly(served: Served) -> None:
    result = searched(served, served.colours[0], STRANGER)
    page = served.client.get(result).text
    assert page.count('role="group"') == 1
    assert len(re.findall(r'<a [^>]+ data-face="\d" aria-label', page)) == 2
    assert "p0" in page
    assert "full mask, 40 % visible" in page
    second = served.client.get(f"{result}?face=2").text
    part = served.client.get(f"{result}?face=2", headers={"HX-Request": "true"}).text
    assert "No match: nobody in this gallery scores higher than strangers do" in second
    assert "No match" in part
    assert "<html" not in part
    assert served.client.get(f"{result}?face=3").status_code == 404
    for picture in ("photo.jpg", "faces/1.jpg", "faces/1/aligned.jpg", "faces/1/map.jpg"):
        assert served.client.get(f"{result}/{picture}").content[:3] == b"\xff\xd8\xff"
    assert "probe.png" in served.client.get("/").text
    served.post(f"{result}/forget")
    assert served.client.get(result).status_code == 404


def test_a_photo_that_cannot_be_searched_is_said_on_the_search_page(served: Served) -> None:
    form = served.sign_in()
    for content, sentence in ((b"no photo", "The file is not a picture."), (png(), "No face was found")):
        page = served.client.post("/searches", data={"_form": form}, files={"photo": ("a.png", content)})
        assert page.status_code == 200
        assert sentence.lower() in page.text.lower()
        assert 'class="toast failed"' in page.text


def test_a_comparison_shows_both_faces_and_measures_nothing(served: Served) -> None:
    result = searched(served, served.colours[0])
    page = served.client.get(f"{result}/faces/1/candidates/2").text
    assert 'rel="prev"' in page
    assert 'rel="next"' in page
    for address in set(re.findall(r'src="(/[^"]+\.jpg)"', page)):
        assert served.client.get(address).content[:3] == b"\xff\xd8\xff", address
    assert served.client.get(f"{result}/faces/1/candidates/9").status_code == 404


def test_without_the_photo_the_kept_crop_is_shown(served: Served) -> None:
    reference = served.call("GET", "/references/1")
    Path(reference["source"]).rename(served.folder / "moved.png")
    try:
        result = searched(served, served.colours[0])
        assert "not aligned" in served.client.get(f"{result}/faces/1/candidates/1").text
        assert served.client.get("/references/1/photo.jpg").status_code in (404, 422)
    finally:
        (served.folder / "moved.png").rename(reference["source"])


def test_people_are_found_by_name_and_listed_page_by_page(signed_in: Served) -> None:
    assert 'href="/people/2"' in signed_in.client.get("/people?text=P1").text
    assert 'href="/people/1"' not in signed_in.client.get("/people?text=P1").text
    assert "<option" in signed_in.client.get("/people/names?other=p").text
    signed_in.service.gallery.enrol([png(colour) for colour in colours(60, seed=3)])
    page = signed_in.client.get("/people").text
    assert page.count('class="card"') == 48
    more = re.findall(r'hx-get="(/people\?[^"]+)"', page)[0].replace("&amp;", "&")
    rest = signed_in.client.get(more).text
    assert rest.count('class="card"') == 15
    assert 'class="more"' not in rest


def test_corrections_are_made_said_and_undone(signed_in: Served) -> None:
    page = signed_in.post("/people/1/rename", name="Ada").text
    assert "Renamed to Ada." in page
    undo = re.findall(r'name="undo" value="([^"]+)"', page)[0]
    assert "<h1>p0</h1>" in signed_in.post("/undo", undo=undo).text
    assert "can no longer be undone" in signed_in.post("/undo", undo=undo).text

    page = signed_in.post("/people/1/merge", other="p1").text
    assert signed_in.call("GET", "/subjects/1")["references"] == 4
    signed_in.post("/undo", undo=re.findall(r'name="undo" value="([^"]+)"', page)[0])
    assert signed_in.call("GET", "/subjects/1")["references"] == 2

    page = signed_in.post("/people/1/split", reference=["1"], other="Grace").text
    assert "<h1>Grace</h1>" in page
    page = signed_in.post("/people/1/assign", reference=["2"], other="Grace").text
    assert signed_in.call("GET", "/subjects", params={"text": "Grace"})["subjects"][0]["references"] == 2


def test_a_correction_that_fails_is_said_where_it_was_made(signed_in: Served) -> None:
    page = signed_in.post("/people/1/rename", name="p1").text
    assert 'class="toast failed"' in page
    assert "There is a subject called" in page
    assert 'class="toast failed"' not in signed_in.client.get("/people/1").text
    assert 'class="toast failed"' in signed_in.post("/people/1/assign", other="p1").text
    assert signed_in.call("GET", "/subjects/1")["references"] == 2


def test_rejecting_and_deleting(signed_in: Served) -> None:
    assert "1 face deleted." in signed_in.post("/people/1/reject", reference=["1"]).text
    assert "1 face deleted." in signed_in.post("/people/1/delete-references", reference=["2"]).text
    assert signed_in.client.get("/people/1").status_code == 404
    assert "2 faces deleted." in signed_in.post("/people/2/delete").text
    assert signed_in.call("GET", "/gallery")["references"] == 2


def test_photos_are_added_with_an_outcome_each(signed_in: Served) -> None:
    form = signed_in.sign_in()
    photos = [("photo", (f"{n}.png", content)) for n, content in enumerate([png(STRANGER), png(), b"no photo"])]
    answer = signed_in.client.post("/add", data={"_form": form, "name": "Bo", "basis": "consent"}, files=photos)
    assert answer.url.path == "/jobs/1"
    signed_in.rested(1)
    page = signed_in.client.get("/jobs/1").text
    assert [page.count(f'<li class="{state}"') for state in ("enrolled", "no-face", "failed")] == [1, 1, 1]
    assert page.count(" · Bo") == 2  # of no face, nobody's
    assert 'data-events="' not in page
    only = signed_in.client.get("/jobs/1?status=failed").text
    assert (only.count('<li class="failed"'), only.count('<li class="enrolled"')) == (1, 0)


def test_files_of_pages_are_cached_and_others_are_not_given(served: Served) -> None:
    page = served.client.get("/sign-in").text
    for address in set(re.findall(r'"(/static/[^"]+)"', page)):
        answer = served.client.get(address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
    for address in ("/static/x/app.css", "/static/000000000000/../app.py", "/static/x/htmx.LICENSE"):
        assert served.client.get(address).status_code == 404


def test_an_unknown_address_is_a_page_with_a_way_on(signed_in: Served) -> None:
    answer = signed_in.client.get("/nosuch")
    assert answer.status_code == 404
    assert "There is nothing at this address." in answer.text
    assert 'href="/people"' in answer.text


def signed_in_as(served: Served, name: str) -> None:
    served.client.cookies.clear()
    served.client.post("/sign-in", data={"token": served.token, "name": name})


def test_a_review_is_blind_and_its_outcome_comes_when_two_have_answered(served: Served) -> None:
    signed_in_as(served, "ada")
    served.post("/cases", name="2026-7", purpose="identify visitors", basis="consent", days="30")
    form = re.findall(r'data-form="([^"]+)"', served.client.get("/").text)[0]
    files = {"photo": ("probe.png", png(served.colours[0], tick=77))}
    page = served.client.post("/searches", data={"_form": form, "case": "1"}, files=files).text
    assert "kept in a case" in page
    case = served.client.get("/cases/1").text
    assert "p0" not in case
    assert "asked" not in case
    served.post("/kept/1/review", case="1", length="2", two_person="true", shuffle="true")
    for name, verdict in (("bo", "same"), ("cy", "different")):
        signed_in_as(served, name)
        assert 'href="/reviews/1"' in served.client.get("/cases").text
        for item in ("0", "1"):
            page = served.client.get("/reviews/1").text
            main = page[page.index("<main") : page.index("</main>")]
            assert f"Pair {int(item) + 1} of 2" in main
            assert not re.search(r"p[012]\b|similarity|searches by strangers|Rank \d|match", main)
            served.post("/reviews/1", item=item, verdict=verdict, confidence="high", note="ears")
        if name == "bo":
            assert "Your answers are recorded" in served.client.get("/reviews/1").text
            assert served.client.get("/reviews/1/outcome").status_code == 409
    outcome = served.client.get("/reviews/1").text
    assert outcome.count("the reviewers disagree") == 2
    assert "searches by strangers" in outcome
    report = served.client.get("/cases/1/report.html")
    assert 'attachment; filename="case-1.html"' in report.headers["content-disposition"]
    assert "different people" in report.text
    assert served.client.get("/cases/1/report.pdf").content.startswith(b"%PDF")
    assert served.client.get("/cases/1/report.doc").status_code == 422
    signed_in_as(served, "dee")
    assert 'href="/reviews/1"' not in served.client.get("/cases").text


def test_a_review_of_somebody_who_was_deleted_goes_on(signed_in: Served) -> None:
    case = signed_in.call("POST", "/cases", 201, json={"name": "a", "purpose": "b"})["id"]
    signed_in.search(signed_in.colours[0], case=case)
    signed_in.call("POST", "/reviews", 201, json={"face": 1, "length": 1, "two_person": False})
    signed_in.call("DELETE", "/subjects/1")
    page = signed_in.client.get("/reviews/1")
    assert page.status_code == 200
    assert "no longer in the gallery" in page.text
    answered = signed_in.post("/reviews/1", item=0, verdict="cannot say", confidence="low")
    assert answered.status_code == 200
    assert signed_in.call("GET", "/reviews/1")["complete"]


def test_an_answer_is_given_once_and_whole(served: Served) -> None:
    signed_in_as(served, "ada")
    every_page(served)
    served.client.get("/reviews/1")
    assert served.post("/reviews/1", item="0", verdict="same").status_code == 422
    served.post("/reviews/1", item="0", verdict="same", confidence="low")
    page = served.post("/reviews/1", item="0", verdict="different", confidence="low").text
    assert "an answer stays as it is" in page


def test_a_case_is_closed_and_erased(served: Served) -> None:
    every_page(served)
    page = served.post("/cases/1/close").text
    assert "The case is closed." in page
    assert "<select" not in served.client.get("/").text
    assert "The case is erased." in served.post("/cases/1/erase").text
    assert served.client.get("/cases/1").status_code == 404
    assert served.client.get("/kept/1/crop.jpg").status_code == 404
    assert 'class="toast failed"' in served.post("/cases", name="", purpose="x").text


def test_where_several_people_sign_in_each_says_who_it_is(served: Served) -> None:
    with TestClient(make_app(replace(served.service, shared=True)), base_url="http://localhost") as client:
        assert client.post("/sign-in", data={"token": served.token}).status_code == 422
        page = client.post("/sign-in", data={"token": served.token, "name": "ada"}).text
        assert "Open a case first" in page


def test_an_engine_that_does_not_restore_says_so(served: Served) -> None:
    result = searched(served, served.colours[0])
    page = served.post(f"{result}/faces/1/restored").text
    assert 'class="toast failed"' in page
    assert served.client.get(f"{result}/faces/1/restored").status_code == 404


def blurred(path: Path) -> bytes:
    """Return a photo out of focus."""
    file = BytesIO()
    Image.open(path).convert("RGB").filter(ImageFilter.GaussianBlur(4)).save(file, "PNG")
    return file.getvalue()


@pytest.mark.slow
def test_restored_faces_are_labelled_and_apart_from_the_list(tmp_path: Path) -> None:
    engine = Engine(threads=1)
    path = tmp_path / "people.bareface"
    with Gallery.open(path, engine) as gallery:
        gallery.enrol(astronaut(), "Eileen Collins")
        access, token = Access.open(path)
        assert token is not None
        service = Service(gallery, Faces(engine), Models(), Cases(gallery), access, jobs=Jobs(gallery))
        with TestClient(make_app(service), base_url="http://localhost") as client:
            served = Served(client, service, token, [], tmp_path)
            form = served.sign_in()
            files = {"photo": ("a.png", blurred(astronaut()))}
            result = client.post("/searches", data={"_form": form}, files=files).url.path
            assert "Also search with an enhanced version" in client.get(result).text
            page = served.post(f"{result}/faces/1/restored").text
            assert "Viewing aids, not evidence" in page
            assert "Eileen Collins" in page, re.findall(r"<main.*</main>", page, re.DOTALL)
            picture = client.get(f"{result}/faces/1/restored.png").content
            assert labels(picture).comment
            outcome = gallery.enrol_upload(picture, "Eileen Collins")
            assert (outcome.status, outcome.code) == ("refused", "face.restored")


def test_photos_are_shown_and_kept_by_the_limits_they_were_searched_with(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    search = served.search(served.colours[0])
    monkeypatch.setattr(served.service.gallery.engine, "limits", Limits(max_bytes=10), raising=False)
    served.sign_in()
    refused = http_status_of("image.too-many-bytes")
    for picture in ("photo.jpg", "faces/1/aligned.jpg"):
        answer = served.client.get(f"/searches/{search['id']}/{picture}")
        assert answer.status_code == refused, picture
    case = served.call("POST", "/cases", 201, json={"name": "Visitors", "purpose": "identify visitors"})
    path = f"/cases/{case['id']}/searches"
    assert served.call("POST", path, refused, json={"search": search["id"]})["code"] == "image.too-many-bytes"


def test_a_photo_that_is_too_large_is_an_error_that_a_person_can_read(signed_in: Served) -> None:
    form = re.findall(r'data-form="([^"]+)"', signed_in.client.get("/people").text)[0]
    sent = {"data": {"_form": form}, "files": {"photo": ("a.png", b"x" * 2**21)}}
    answer = signed_in.client.post("/searches", headers={"X-Part": "1"}, **sent)  # type: ignore[arg-type]
    assert (answer.status_code, 'class="toast failed"' in answer.text) == (413, True)
    answer = signed_in.client.post("/searches", **sent)  # type: ignore[arg-type]
    assert (answer.status_code, answer.headers["content-type"]) == (413, "text/html; charset=utf-8")
    assert "longer than the limit" in answer.text
    signed_in.client.cookies.clear()
    answer = signed_in.client.post("/searches", follow_redirects=False, **sent)  # type: ignore[arg-type]
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=%2Fsearches")
