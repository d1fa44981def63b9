"""Suggestions through the interface for programs, and on their page, without scripts and by keyboard alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from bareface.client import Client
from bareface.web.erasing import LaterErasing
from tests.gallery.pictures import Colour, colours
from tests.web.browsing import Walk
from tests.web.support import Served, png
from tests.web.test_browser import PEOPLE, sync_api
from tests.web.test_browser import served as serving

NEAR = 2
SEEN = sync_api.expect
SEEN.set_options(timeout=20_000)


def near(colour: Colour, step: int = NEAR) -> Colour:
    return colour[0] - step, colour[1], colour[2]


@pytest.fixture
def asking(served: Served) -> Served:
    """Add two unnamed faces that look like people of the gallery, and one like nobody."""
    for tick, face in enumerate([near(served.colours[1]), near(served.colours[2]), colours(9, seed=5)[8]]):
        files = {"photo": (f"{tick}.png", png(face, tick=50 + tick))}
        assert served.call("POST", "/references", files=files)["status"] == "enrolled"
    return served


def suggested(asking: Served, after: int = 0, **query: Any) -> Any:
    return asking.call("GET", "/suggestions", params={"after": after, **query})


def test_suggestions_are_answered_and_taken_back_by_programs(asking: Served) -> None:
    page = suggested(asking, limit=2)
    assert (page["unnamed"], len(page["suggestions"])) == (3, 2)
    first, second = page["suggestions"]
    assert (first["subject"]["name"], first["decision"], first["face"]["subject"]) == ("p1", "match", None)
    assert 0 <= first["fpir"] <= 0.1
    pair = {"face": first["face"]["id"], "candidate": first["candidate"]["id"]}
    told = asking.call("POST", "/suggestions/answers", json={**pair, "answer": "different"})
    assert (told["subject"], told["moved"]) == (None, [])
    assert [one["subject"]["name"] for one in suggested(asking, limit=2)["suggestions"]] == ["p2"]
    kept = asking.call("GET", "/suggestions/answers")
    assert (kept["total"], kept["answers"][0]["id"], kept["next"]) == (1, told["answer_id"], None)
    assert set(kept["answers"][0]["faces"]) == set(pair.values())
    assert asking.call("DELETE", f"/suggestions/answers/{told['answer_id']}") == {"answers": 1}
    assert suggested(asking, limit=2) == page
    merged = asking.call("POST", "/suggestions/answers", json={**pair, "answer": "same"})
    assert merged["subject"]["name"] == "p1"
    assert merged["moved"] == [pair["face"]]
    asking.call("POST", "/references/split", json={"references": merged["moved"]})
    problem = asking.call(
        "POST", "/suggestions/answers", 409, json={**pair, "face": pair["candidate"], "answer": "same"}
    )
    assert problem["code"] == "usage.suggestion"
    assert second["subject"]["name"] == "p2"


def test_what_is_not_a_face_is_overwritten_when_the_service_ends(
    asking: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = asking.service.gallery._store
    first = suggested(asking)["suggestions"][0]
    pair = {"face": first["face"]["id"], "candidate": first["candidate"]["id"]}
    asking.call("POST", "/suggestions/answers", json={**pair, "answer": "not a face"})
    asking.call("GET", f"/references/{pair['face']}", 404)
    assert store.unerased()
    asking.service.erasing.finish()
    assert not store.unerased()
    asking.service.erasing.finish()


def test_what_was_asked_for_later_is_done_once() -> None:
    done: list[int] = []
    later = LaterErasing()
    later.finish()
    for _ in range(3):
        later.ask(lambda: done.append(1))
    later.finish()
    later.finish()
    assert done == [1]


def test_the_page_asks_without_scripts(asking: Served) -> None:
    asking.sign_in()
    page = asking.client.get("/people").text
    assert 'href="/suggestions"' in page
    page = asking.client.get("/suggestions").text
    assert "Is this the same person?" in page
    assert re.search(r"As similar as this: .* searches by strangers", page)
    fields = dict(re.findall(r'name="(face|candidate|after)" value="(\d+)"', page))
    page = asking.post("/suggestions", answer="different", **fields).text
    assert "Told apart, for good." in page
    assert f'name="face" value="{fields["face"]}"' not in page
    undo = re.findall(r'name="next" value="([^"]+)"><button name="undo" value="([^"]+)"', page)[0]
    page = asking.post("/undo", undo=undo[1], next=undo[0]).text
    assert "Undone." in page
    assert f'name="face" value="{fields["face"]}"' in page
    assert "usage.value" not in asking.post("/suggestions", answer="maybe", **fields).text
    page = asking.client.get("/suggestions?after=999").text
    assert "Nothing more to ask" in page
    assert asking.client.get("/suggestions?after=-1").status_code == 422


def test_a_part_of_the_page_brings_its_messages(asking: Served) -> None:
    form = asking.sign_in()
    fields = dict(re.findall(r'name="(face|candidate|after)" value="(\d+)"', asking.client.get("/suggestions").text))
    answer = asking.client.post(
        "/suggestions", data={"answer": "cannot say", **fields}, headers={"HX-Request": "true", "X-Form": form}
    )
    assert "<html" not in answer.text
    assert 'hx-swap-oob="true"' in answer.text
    assert "Left open." in answer.text
    page = asking.client.get("/suggestions?after=999").text
    assert "Ask again about 1 pair that nobody could say about" in page
    page = asking.client.get("/suggestions?undecided=true").text
    assert f'name="face" value="{fields["face"]}"' in page


def test_the_client_asks_and_answers(asking: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def once(method: str, path: str, body: bytes | None, headers: dict[str, str]) -> bytes:
        return bytes(asking.client.request(method, f"/api/v1{path}", content=body, headers=headers).content)

    client = Client("http://localhost/", asking.token)
    monkeypatch.setattr(client, "_once", once)
    first = client.suggestions(undecided=True)["suggestions"][0]
    told = client.answer_suggestion(first["face"]["id"], first["candidate"]["id"], "cannot say")
    assert [one["id"] for one in client.told_apart()] == [told["answer_id"]]
    assert client.forget_answer(told["answer_id"]) == {"answers": 1}


@pytest.fixture(scope="module")
def loose(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Serve two people and five unnamed faces that look like one of them."""
    with serving(tmp_path_factory.mktemp("loose"), "Ada", "Bo") as (address, token):
        client = Client(address, token)
        for tick in range(5):
            client.enrol(png(near(PEOPLE[tick % 2], 1 + tick), tick=40 + tick))
        yield address, token


def test_a_decision_is_one_key_and_the_whole_walk_needs_no_mouse(chromium: Any, loose: tuple[str, str]) -> None:
    walk = Walk(chromium, loose[0], viewport={"width": 1280, "height": 900})
    page = walk.page
    walk.sign_in(loose[1])
    client = Client(*loose)
    page.goto(f"{loose[0]}people")
    link = page.get_by_role("link", name="Go through the unnamed people, one by one")
    for _ in range(20):
        page.keyboard.press("Tab")
        if link.evaluate("link => link === document.activeElement"):
            break
    page.keyboard.press("Enter")
    question = page.get_by_role("heading", name="Is this the same person?")
    SEEN(question).to_be_visible()
    page.wait_for_load_state()  # until then no script hears a key

    def face() -> str:
        return str(page.locator('.now [name="face"]').get_attribute("value"))

    def press(key: str, said: str) -> None:
        before = face()
        page.keyboard.press(key)
        SEEN(page.locator("#toasts")).to_contain_text(said)
        SEEN(page.locator(f'.now [name="face"][value="{before}"]')).to_have_count(0)

    first = face()
    press("s", "One person:")
    assert question.evaluate("heading => heading === document.activeElement")
    second = face()
    press("d", "Told apart, for good.")
    page.keyboard.press("u")
    SEEN(page.locator(f'.now [name="face"][value="{second}"]')).to_have_count(1)
    assert not list(client.told_apart())
    press("d", "Told apart, for good.")
    press("c", "Left open.")
    fourth = face()
    page.keyboard.press("n")
    SEEN(page.locator(".answers details button")).to_be_focused()
    page.keyboard.press("Escape")
    SEEN(page.locator(".answers details button")).to_be_hidden()
    page.keyboard.press("n")
    press("n", "Deleted.")
    assert fourth not in {str(one["id"]) for one in client.references()}
    assert first in {str(one["id"]) for one in client.references()}
    assert {one["answer"] for one in client.told_apart()} == {"different", "cannot say"}
    assert not walk.complaints
    walk.context.close()


def test_the_next_pair_is_there_before_it_is_asked_for(chromium: Any, loose: tuple[str, str]) -> None:
    walk = Walk(chromium, loose[0])
    walk.sign_in(loose[1])
    for one in list(Client(*loose).told_apart()):
        Client(*loose).forget_answer(one["id"])
    walk.page.goto(f"{loose[0]}suggestions")
    pictures = walk.page.locator(".ahead img")
    SEEN(pictures).to_have_count(2)
    SEEN(walk.page.locator(".ahead")).to_be_hidden()
    for picture in pictures.all():
        SEEN(picture).to_have_js_property("naturalWidth", 160)
    assert not walk.complaints
    walk.context.close()
