"""Requests that are sent again with the same key."""

from __future__ import annotations

import pytest

from bareface.services.gallery import Gallery
from bareface.web import repeats
from tests.gallery.pictures import colours
from tests.web.support import Served, png

KEY = {"Idempotency-Key": "7f3c"}
STRANGER = colours(9, seed=5)[8]
HEAD = b'--b\r\nContent-Disposition: form-data; name="photo"; filename="a"\r\n\r\n'


def test_a_repeat_gets_the_first_answer_and_does_nothing(served: Served) -> None:
    first = served.ask("POST", "/references/split", json={"references": [1]}, headers=KEY)
    again = served.ask("POST", "/references/split", json={"references": [1]}, headers=KEY)
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert again.headers["x-request-id"] != first.headers["x-request-id"]
    assert served.call("GET", "/gallery")["subjects"] == 4


def test_an_upload_is_repeated_too(served: Served) -> None:
    body = png(STRANGER)
    for _ in range(2):
        answer = served.ask(
            "POST",
            "/references",
            content=HEAD + body + b"\r\n--b--\r\n",
            headers={**KEY, "Content-Type": "multipart/form-data; boundary=b"},
        )
        assert answer.json()["status"] == "enrolled"
    assert served.call("GET", "/gallery")["references"] == 7


def test_a_key_belongs_to_one_request(served: Served) -> None:
    served.call("PATCH", "/subjects/1", json={"name": "Ada"}, headers=KEY)
    assert served.call("PATCH", "/subjects/1", 409, json={"name": "Bo"}, headers=KEY)["code"] == "web.repeated"
    assert served.call("PATCH", "/subjects/2", json={"name": "Bo"}, headers=KEY)["name"] == "Bo"


def test_an_error_is_not_repeated(served: Served) -> None:
    served.call("PATCH", "/subjects/1", 409, json={"name": "p1"}, headers=KEY)
    served.call("PATCH", "/subjects/2", json={"name": "Bo"})
    assert served.call("PATCH", "/subjects/1", json={"name": "p0 "}, headers=KEY)["name"] == "p0"


@pytest.mark.parametrize("headers", [{"Authorization": "Bearer wrong"}, {"Authorization": ""}])
def test_nobody_else_gets_the_answer(served: Served, headers: dict[str, str]) -> None:
    served.call("POST", "/references/split", json={"references": [1]}, headers=KEY)
    answer = served.client.post("/api/v1/references/split", json={"references": [1]}, headers={**KEY, **headers})
    assert answer.status_code == 401


def test_reading_is_never_repeated(served: Served) -> None:
    before = served.call("GET", "/gallery", headers=KEY)
    served.call("POST", "/references/split", json={"references": [1]})
    assert served.call("GET", "/gallery", headers=KEY) != before


@pytest.mark.parametrize("elsewhere", [False, True])
def test_an_answer_that_may_name_somebody_who_was_deleted_is_not_given_again(served: Served, elsewhere: bool) -> None:
    headers = {**KEY, "Content-Type": "multipart/form-data; boundary=b"}
    body = HEAD + png(served.colours[0], tick=9) + b"\r\n--b--\r\n"
    assert "p0" in served.ask("POST", "/searches", content=body, headers=headers).text
    if elsewhere:
        served.call("GET", "/gallery")
        with Gallery.open(served.service.gallery.path, served.service.gallery.engine) as other:
            other.delete(subject=1)
        served.call("GET", "/gallery")
    else:
        served.call("DELETE", "/subjects/1")
    again = served.ask("POST", "/searches", content=body, headers=headers)
    assert (again.status_code, again.json()["code"]) == (409, "web.repeated")
    assert "p0" not in again.text


def test_changes_of_others_and_a_repeated_deletion_keep_their_answers(served: Served) -> None:
    first = served.ask("PATCH", "/subjects/2", json={"name": "Bo"}, headers=KEY)
    served.call("POST", "/references/split", json={"references": [1]})
    assert served.ask("PATCH", "/subjects/2", json={"name": "Bo"}, headers=KEY).json() == first.json()
    gone = served.ask("DELETE", "/subjects/3", headers=KEY)
    assert served.ask("DELETE", "/subjects/3", headers=KEY).json() == gone.json()


def test_answers_that_fill_the_memory_are_dropped_oldest_first(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeats, "_MOST_BYTES", 130)
    for number, name in ((1, "Ada"), (2, "Bo"), (3, "Cy")):
        served.call("PATCH", f"/subjects/{number}", json={"name": name}, headers=KEY)
    replayed = [
        "idempotency-replayed" in served.ask("PATCH", f"/subjects/{number}", json={"name": name}, headers=KEY).headers
        for number, name in ((3, "Cy"), (1, "Ada"))
    ]
    assert replayed == [True, False]
