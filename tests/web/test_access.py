"""Who is let in: the token, the host's name, and what browsers may do with an answer."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from bareface.errors import UsageError
from bareface.services.access import Access
from bareface.web.app import make_app
from tests.web.support import Served

OPEN = {"/api/v1/health", "/api/v1/readiness"}


def paths(served: Served) -> list[tuple[str, str]]:
    """Return method and address of every route under /api/v1/."""
    document = make_app(served.service).openapi()
    found = [(method, path) for path, entry in document["paths"].items() for method in entry]
    assert len(found) > 20
    return found


@pytest.mark.parametrize(
    "header",
    [
        None,
        "Bearer wrong",
        *(pytest.param(one, marks=pytest.mark.slow) for one in ("Bearer ", "Bearer é", "Basic {token}", "{token}")),
    ],
)
def test_no_route_answers_without_the_token(served: Served, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header.format(token=served.token).encode()}
    for method, path in [*paths(served), ("get", "/api/v1/openapi.json")]:
        if path in OPEN:
            continue
        address = path.replace("{number}", "1").replace("{id}", "x").replace("{name}", "x")
        answer = served.client.request(method, address, headers=headers)  # type: ignore[arg-type]
        assert (answer.status_code, answer.json()["code"]) == (401, "web.token"), (method, path)
        assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_token_in_a_cookie_or_an_address_opens_nothing(served: Served) -> None:
    served.client.cookies.set("token", served.token)
    assert served.client.get(f"/api/v1/subjects?token={served.token}").status_code == 401


def test_the_token_is_told_once_and_kept_as_a_hash_for_the_owner(tmp_path: Path) -> None:
    gallery = tmp_path / "g.bareface"
    access, token = Access.open(gallery)
    assert token is not None
    assert len(token) >= 43
    place = tmp_path / "g.bareface-access"
    assert token not in place.read_text()
    assert place.stat().st_mode & 0o777 == 0o600
    again, nothing = Access.open(gallery)
    assert (again, nothing) == (access, None)
    assert again.caller(token) is not None
    assert again.caller(token + "x") is again.caller("") is again.caller("\udcff") is None


def test_a_new_token_ends_the_former_one(tmp_path: Path) -> None:
    _, former = Access.open(tmp_path / "g")
    access, token = Access.open(tmp_path / "g", renew=True)
    assert former is not None
    assert token is not None
    assert access.caller(former) is None
    assert access.caller(token) is not None


def test_a_new_token_ends_the_former_one_in_a_service_that_runs(served: Served) -> None:
    served.sign_in()
    assert served.client.get("/people").status_code == 200
    _, token = Access.open(served.service.gallery.path, renew=True)
    assert served.ask("GET", "/gallery").status_code == 401
    assert served.client.get("/people", follow_redirects=False).status_code == 303
    headers = {"Authorization": f"Bearer {token}"}
    assert served.client.get("/api/v1/gallery", headers=headers).status_code == 200


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"sha256": "zz"}', b'{"sha256": "00"}', b"\xff"])
def test_a_damaged_file_is_an_error_and_admits_nobody(tmp_path: Path, content: bytes) -> None:
    place = tmp_path / "g-access"
    place.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        Access.open(tmp_path / "g")
    assert (caught.value.code, caught.value.source) == ("usage.access", str(place))
    assert Access.open(tmp_path / "g", renew=True)[1] is not None
    assert set(json.loads(place.read_bytes())) == {"sha256"}


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST:8000", 200),
        ("localhost.", 200),
        ("evil.example", 421),
        ("localhost.evil.example", 421),
        ("", 421),
        ("localhost@evil.example", 421),
    ],
)
def test_other_host_names_are_refused(served: Served, host: str, status: int) -> None:
    assert served.client.get("/api/v1/health", headers={"Host": host}).status_code == status


def test_answers_shut_the_doors_of_browsers(served: Served) -> None:
    for path in ("/api/v1/health", "/api/v1/subjects", "/nosuch"):
        headers = served.client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert "access-control-allow-origin" not in headers
        assert "server" not in headers


@pytest.mark.parametrize("wish", ["a b", "x" * 65, "é"])
def test_a_request_id_that_could_forge_a_log_line_is_replaced(served: Served, wish: str) -> None:
    answer = served.client.get("/api/v1/health", headers={"X-Request-ID": wish.encode()})  # type: ignore[dict-item]
    assert answer.headers["x-request-id"] not in (wish, "")


def test_there_is_no_page_that_loads_from_elsewhere(served: Served) -> None:
    for path in ("/docs", "/redoc", "/openapi.json"):
        assert served.client.get(path).status_code == 404


def test_whoever_is_not_known_sends_no_photo(served: Served) -> None:
    """A body is read before a route asks who sends it: it would fill the disk."""
    files = {"photo": ("a.png", b"x" * 100_000)}
    answer = served.client.post("/api/v1/searches", files=files)
    assert (answer.status_code, answer.json()["code"]) == (401, "web.token")
    for path in ("/searches", "/sign-in"):
        answer = served.client.post(path, files=files, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/sign-in"), path
    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    answer = served.client.post("/api/v1/searches", content=iter([b"x" * 50_000] * 9), headers=kind)
    assert answer.status_code in (401, 413)


def test_a_script_whose_session_ended_is_told_so(served: Served) -> None:
    answer = served.client.post("/add", data={"name": "a"}, headers={"X-Part": "1"})
    assert answer.status_code == 401
    assert answer.text.startswith('<div class="toast failed">')


@pytest.mark.parametrize(
    ("behind_proxy", "said", "secure"),
    [
        (True, "https", True),
        (True, "http, HTTPS", True),
        (True, "https, http", False),  # a client can say anything before the proxy does
        (True, "http", False),
        (True, None, False),
        (False, "https", False),
    ],
)
def test_a_cookie_is_for_https_only_if_a_proxy_says_so(
    served: Served, behind_proxy: bool, said: str | None, secure: bool
) -> None:
    app = make_app(replace(served.service, behind_proxy=behind_proxy))
    headers = {} if said is None else {"X-Forwarded-Proto": said}
    with TestClient(app, base_url="http://localhost", follow_redirects=False) as client:
        answer = client.post("/sign-in", data={"token": served.token}, headers=headers)
    assert answer.status_code == 303
    assert ("; secure" in answer.headers["set-cookie"].lower()) == secure
