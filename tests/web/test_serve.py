"""``bareface serve``: one process, from its first start to its end."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPException
from io import BytesIO
from pathlib import Path
from threading import Thread
from typing import Any

import httpx2
import pytest
from PIL import Image
from typer.testing import CliRunner

from bareface.cli.app import app
from bareface.cli.serve import _host_name
from bareface.client import Client, ServiceError
from bareface.web.server import bind
from tests.portraits import astronaut, hopper

SERVE = [sys.executable, "-m", "bareface", "serve"]


@contextmanager
def serving(gallery: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """Start the service at a free port; yield the process and what it printed."""
    command = [*SERVE, str(gallery), "--port", "0", "--threads", "1", "--json", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, umask=0) as process:
        try:
            assert process.stdout is not None
            lines = []
            while not lines or lines[-1] != "}\n":
                lines.append(process.stdout.readline())
                assert lines[-1], process.stderr and process.stderr.read()
            yield process, json.loads("".join(lines))
        finally:
            process.kill()


def ended(process: subprocess.Popen[str], number: signal.Signals) -> tuple[int, str]:
    """Send a signal; return exit code and stderr."""
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    return process.returncode, said


def by_client(client: Client) -> None:
    """Do with the client of the package what it is for."""
    assert [one["name"] for one in client.subjects("collins")] == ["Eileen Collins"]
    assert client.enrol(astronaut(), subject="Eileen Collins")["status"] == "already enrolled"
    case = client.open_case("2026-7", "identify visitors")
    search = client.search(hopper(), top=1, case=case["id"])
    (found,) = search["lists"][0]["candidates"]
    assert (found["subject"], search["kept"], client.cases()[0]["opened_by"]) == ("Grace Hopper", 1, "Łucja")
    assert client.crop(found["reference_id"])[:3] == b"\xff\xd8\xff"
    assert client.compare(astronaut(), hopper().read_bytes())["comparison"]["decision"] == "no match"
    assert client.rename(found["subject_id"], "Grace")["aliases"] == ["Grace Hopper"]
    review = client.ask_review(1, two_person=False, checklist=True)["id"]
    while (pair := client.next_pair(review)) is not None:
        client.answer(review, pair["item"], "different", "high", note="ears", features={"ears": "dissimilar"})
    assert client.outcome(review)["items"][0]["answers"][0]["features"] == {"ears": "dissimilar"}
    assert client.exclude(review)["items"][0]["excluded"] != client.include(review)["items"][0]["excluded"]
    assert client.labels(case["id"]).startswith(b"probe,reference,")
    assert client.report(case["id"], "pdf", "de").startswith(b"%PDF")
    job = client.create_job("check")
    assert [one["event"] for one in client.follow(job["id"])][-1] == "end"
    assert [one["kind"] for one in client.jobs()] == ["check"]
    split = client.split([found["reference_id"]], "Grace Hopper")
    assert client.assign([found["reference_id"]], "Grace")["id"] != split["id"]
    assert len(list(client.references())) == client.gallery()["references"] == 2
    with pytest.raises(ServiceError) as caught:
        client.merge(99, 98)
    assert (caught.value.status, caught.value.code) == (404, "usage.unknown-subject")
    with pytest.raises(ServiceError, match=r"web\.token"):
        Client(f"http://{client._place}/", "wrong").gallery()


def test_a_first_start_a_search_and_a_second_start(tmp_path: Path) -> None:
    gallery = tmp_path / "people.bareface"
    with serving(gallery) as (process, said):
        headers = {"Authorization": f"Bearer {said['token']}"}
        with httpx2.Client(base_url=said["address"] + "api/v1", headers=headers, timeout=60) as client:
            for name, photo in (("Eileen Collins", astronaut()), ("Grace Hopper", hopper())):
                answer = client.post("/references", files={"photo": photo.read_bytes()}, data={"subject": name})
                assert answer.json()["status"] == "enrolled", answer.text
            lists = client.post("/searches", files={"photo": astronaut().read_bytes()}).json()["lists"]
            assert [one["subject"] for one in lists[0]["candidates"]] == ["Eileen Collins", "Grace Hopper"]
            files = {"first": astronaut().read_bytes(), "second": hopper().read_bytes()}
            assert client.post("/comparisons", files=files).json()["comparison"]["decision"] == "no match"
        by_client(Client(said["address"], said["token"], actor="Łucja"))
        assert ended(process, signal.SIGTERM) == (0, "")
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.rglob("*")}
    folders = {f"people.bareface-{name}" for name in ("photos", "jobs")}
    assert {mode for name, mode in modes.items() if name not in folders} == {0o600}
    assert {modes[name] for name in folders} == {0o700}
    with serving(gallery) as (process, again):
        assert again["token"] is None
        assert httpx2.get(again["address"] + "api/v1/subjects", headers=headers).json()["total"] == 2
        assert ended(process, signal.SIGINT) == (0, "")


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_when_it_is_killed(tmp_path: Path) -> None:
    gallery, done = tmp_path / "people.bareface", list[int]()
    photos = [varied(number) for number in range(40)]
    with serving(gallery) as (process, said):
        client = Client(said["address"], said["token"])

        def enrol() -> None:
            with suppress(OSError, ServiceError, HTTPException):
                for number, photo in enumerate(photos):
                    assert client.enrol(photo, subject="Eileen Collins")["status"] == "enrolled"
                    done.append(number)

        enrolling = Thread(target=enrol)
        enrolling.start()
        while len(done) < 5:
            assert enrolling.is_alive()
        process.kill()
        enrolling.join()
    with serving(gallery) as (process, again):
        client = Client(again["address"], said["token"])
        assert len(list(client.references())) in (len(done), len(done) + 1)  # one may have been stored, not answered
        for number in done:
            assert client.enrol(photos[number], subject="Eileen Collins")["status"] == "already enrolled"
        client.delete_subject(1)
        assert [path.name for path in (tmp_path / "people.bareface-photos").iterdir()] == [".lock"]


@pytest.mark.slow
def test_a_job_goes_on_after_each_kill(tmp_path: Path) -> None:
    gallery, sent = tmp_path / "people.bareface", list[int]()
    photos = [varied(number) for number in range(24)]
    with serving(gallery) as (process, said):
        client = Client(said["address"], said["token"])
        job = client.create_job("enrolment", basis="consent")["id"]

        def send() -> None:
            with suppress(OSError, ServiceError, HTTPException):
                for number, photo in enumerate(photos):
                    client.add_photo(job, photo, subject="Eileen Collins")
                    sent.append(number)

        sending = Thread(target=send)
        sending.start()
        while client.job(job)["done"] < 3:  # in the middle of both
            assert sending.is_alive() or sent
        process.kill()
        sending.join()
    acknowledged = len(sent)
    assert acknowledged
    for _ in range(2):
        with serving(gallery) as (process, again):
            client = Client(again["address"], said["token"])
            before = client.job(job)
            assert before["total"] in (acknowledged, acknowledged + 1)  # one may have been stored, not answered
            while client.job(job)["done"] == before["done"] < before["total"]:
                pass
            process.kill()
    with serving(gallery) as (process, again):
        client = Client(again["address"], said["token"])
        known = client.job(job)["total"]
        for photo in photos[known:]:
            client.add_photo(job, photo, subject="Eileen Collins")
        client.complete_job(job)
        events = list(client.follow(job))
        places = [one["data"]["place"] for one in events if one["event"] == "photo"]
        assert sorted(places) == list(range(1, len(photos) + 1))
        assert (events[-1]["event"], events[-1]["data"]["status"]) == ("end", "done")
        outcomes = [one["status"] for one in client.job_photos(job)]
        assert set(outcomes) <= {"enrolled", "already enrolled"}
        digests = [one["sha256"] for one in client.references()]
        assert len(digests) == len(set(digests)) == len(photos)
        assert list((tmp_path / "people.bareface-jobs").glob(".photo*")) == []
        assert ended(process, signal.SIGTERM) == (0, "")


@pytest.mark.slow
def test_the_end_of_the_service_ends_streams_and_pauses_a_job(tmp_path: Path) -> None:
    gallery = tmp_path / "people.bareface"
    with serving(gallery) as (process, said):
        client = Client(said["address"], said["token"])
        job = client.create_job("enrolment")["id"]
        for number in range(6):
            client.add_photo(job, varied(number), subject="Eileen Collins")
        stream = client.follow(job)
        next(stream)
        assert ended(process, signal.SIGTERM) == (0, "")  # and not after 20 seconds of waiting for the stream
    with serving(gallery) as (process, again):
        client = Client(again["address"], said["token"])
        assert client.complete_job(job)["total"] == 6
        assert list(client.follow(job))[-1]["data"]["counts"]["enrolled"] == 6


def varied(number: int) -> bytes:
    """Return a portrait, each time a little brighter."""
    file = BytesIO()
    Image.open(astronaut()).convert("RGB").point([min(255, value + number) for value in range(256)] * 3).save(
        file, "PNG"
    )
    return file.getvalue()


@pytest.mark.slow
def test_it_serves_without_a_standard_output(tmp_path: Path) -> None:
    command = ["sh", "-c", 'exec "$@" >&-', "sh", *SERVE, str(tmp_path / "g"), "--port", "0", "--threads", "1"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "Ctrl-C ends the service.\n"
        code, said = ended(process, signal.SIGTERM)
    assert (code, said) == (0, "")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])
def test_an_address_that_others_can_reach_needs_a_clear_word(tmp_path: Path, host: str) -> None:
    result = CliRunner().invoke(app, ["serve", str(tmp_path / "g"), "--host", host, "--json"])
    assert result.exit_code == 2
    assert json.loads(result.stdout)["error"]["code"] == "usage.network"
    assert list(tmp_path.iterdir()) == []


def test_the_body_of_an_answer_does_not_wait_until_its_head_was_acknowledged() -> None:
    with bind("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        connection, _ = listener.accept()
        with connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_port_in_use_is_an_error_and_leaves_no_gallery(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = CliRunner().invoke(app, ["serve", str(tmp_path / "g"), "--port", str(port), "--json"])
    assert result.exit_code == 2
    assert json.loads(result.stdout)["error"]["code"] == "usage.port"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("faces.example.org", "faces.example.org"),
        ("Faces.Example.org.:8443", "faces.example.org"),
        ("https://faces.example.org/people", "faces.example.org"),
        ("gesichter-münchen.de", "xn--gesichter-mnchen-tzb.de"),
        ("[::1]:8000", "::1"),
        ("192.168.1.7", "192.168.1.7"),
    ],
)
def test_a_host_is_named_as_browsers_name_it(said: str, name: str) -> None:
    assert _host_name(said) == name


@pytest.mark.parametrize("said", ["", "*", "a b", "https://", "a..b", "x" * 70])
def test_what_no_host_is_called_is_refused(tmp_path: Path, said: str) -> None:
    done = CliRunner().invoke(app, ["serve", str(tmp_path / "people"), "--port", "0", "--name", said])
    assert done.exit_code == 2
    assert list(tmp_path.iterdir()) == []
