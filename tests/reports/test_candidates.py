"""The candidate-list report: complete, self-contained, and safe whatever the names in it are."""

from __future__ import annotations

import base64
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from bareface.imaging.decode import decode, encode
from bareface.reports.candidates import candidate_report
from bareface.values.face import Box, Computed, Face, Landmarks, MaskState, Template
from bareface.values.search import Candidate, CandidateList, SameSource
from tests.browser import open_page

HOSTILE = "<script>document.title='owned'</script>\"'><img src=x onerror=alert(1)>&\u202e\x1b[31m\udcff"


class Page(HTMLParser):
    """All tags with their attributes, and all text, of a page."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(page.decode("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.text).split())


def face(source: str = "probe.jpg", shade: int = 120, state: MaskState = "none", visible: float | None = None) -> Face:
    crop = np.full((160, 160, 3), shade, np.uint8)
    landmarks = Landmarks(np.zeros((5, 2), np.float32), "dlib5")
    template = Template(np.ones(128, np.float32), "dlib-resnet", "dlib-128", "float32", state, visible)
    return Face(Box(0, 0, 99, 101), landmarks, 1.06, crop[:150, :150], crop, source, computed=Computed.of(template))


def candidate(rank: int, fpir: float | None, *, subject: str | None = "Ada", **given: object) -> Candidate:
    decision = "possible" if fpir is None else "match" if fpir < 0.003 else "no match" if fpir > 0.1 else "possible"
    values: dict[str, object] = {
        "source": f"/photos/{rank}.jpg",
        "same_source": None,
        "similarity": 0.97 - 0.01 * rank,
        "distance": 0.4,
        **given,
    }
    return Candidate(
        rank=rank,
        subject_id=rank,
        subject=subject,
        reference_id=rank,
        decision=decision,  # type: ignore[arg-type]
        fpir=fpir,
        box=Box(0, 0, 1, 1),
        **values,  # type: ignore[arg-type]
    )


def listing(
    *candidates: Candidate, probe: tuple[Face, ...] | None = None, notes: tuple[str, ...] = ()
) -> CandidateList:
    return CandidateList(probe or (face(),), candidates, 1200, 3400, notes)


def crop(candidate: Candidate) -> bytes:
    return encode(np.full((160, 160, 3), 10 * candidate.rank, np.uint8), "JPEG")


def report(*lists: CandidateList, **given: object) -> Page:
    options: dict[str, object] = {"gallery": "people.bareface", "crop": crop, **given}
    return Page(candidate_report(lists, **options))  # type: ignore[arg-type]


def test_says_what_was_searched_and_found() -> None:
    found = listing(candidate(1, 1 / 340), candidate(2, 0.05, subject=None), candidate(3, 0.8, subject="Bo"))
    page = report(found, made=datetime(2026, 3, 4, 5, 6, tzinfo=UTC))
    assert "people.bareface" in page.words
    assert "1,200 subjects, 3,400 references" in page.words
    assert "4 March 2026, 05:06 UTC" in page.words
    assert "dlib-resnet, float32" in page.words
    assert "1 match and 1 possible match, to be checked by a person" in page.words
    assert "1 in 340 searches by strangers would score this high" in page.words
    assert "Unnamed subject 2" in page.words
    assert "Candidates are leads, not identifications" in page.words
    assert len(page.all("li")) == 3


def test_every_picture_is_inside_and_described() -> None:
    page = report(listing(*(candidate(rank, 0.5) for rank in range(1, 6))))
    pictures = page.all("img")
    assert len(pictures) == 6
    assert all((picture["src"] or "").startswith("data:image/jpeg;base64,") for picture in pictures)
    assert all(picture["alt"] for picture in pictures)
    assert len({picture["src"] for picture in pictures}) == 6


def test_no_picture_kept_is_said() -> None:
    page = report(listing(candidate(1, 0.5)), crop=lambda _: None)
    assert len(page.all("img")) == 1
    assert "no picture kept" in page.words


@pytest.mark.parametrize(
    ("same_source", "words"),
    [
        ("same file", "the probe’s own file: says nothing new"),
        ("re-encoding", "a re-encoding of the probe’s file"),
        ("mirrored copy", "a mirrored copy of the probe’s file: says nothing new"),
    ],
)
def test_the_probes_own_file_is_marked(same_source: SameSource, words: str) -> None:
    assert words in report(listing(candidate(1, 1e-5, same_source=same_source))).words


def test_no_match_is_an_answer() -> None:
    page = report(listing(candidate(1, 0.6), candidate(2, 0.9)))
    assert "No match: nobody in this gallery scores higher than strangers do" in page.words


def test_an_empty_gallery_and_a_probe_without_a_face() -> None:
    assert "the gallery has no one to compare with" in report(listing()).words
    assert "No face was found in the probe" in report().words


def test_without_calibration_nothing_is_claimed() -> None:
    page = report(listing(candidate(1, None), candidate(2, None)))
    assert "2 leads: no calibration says how sure they are" in page.words
    assert "would score this high" not in page.words.split("How to read")[0]


def test_an_extrapolated_rate_is_marked() -> None:
    assert "would score this high (extrapolated)" in report(listing(candidate(1, 1e-5, extrapolated=True))).words
    assert "would score this high (extrapolated)" not in report(listing(candidate(1, 1e-5))).words


def test_what_was_visible_stands_beside_probe_and_candidates() -> None:
    found = (
        candidate(1, 0.01, reference_state="none", visible=0.98),
        candidate(2, 0.5, reference_state="full", visible=0.318),
        candidate(3, 0.6),
    )
    page = report(listing(*found, probe=(face(state="partial", visible=0.66),)))
    assert [words for words in page.text if words.endswith(("visible", "mask known"))] == [
        "partial mask, 66 % visible",
        "no mask, 98 % visible",
        "full mask, 31 % visible",
        "no mask known",
    ]
    assert len(page.all("img")) == 4


def test_the_probes_occlusion_map_is_shown_over_it() -> None:
    probe = face(visible=0.5)
    mapped = np.full((150, 150), 1, np.uint8)
    mapped[75:] = 2
    probe = replace(probe, computed=replace(probe.computed, occlusion=mapped))
    pictures = report(listing(candidate(1, 0.5), probe=(probe,))).all("img")
    assert len(pictures) == 3
    (shown,) = [picture for picture in pictures if picture.get("class") == "map"]
    pixels = decode(base64.b64decode((shown["src"] or "").partition(",")[2])).pixels
    assert pixels[30, 75, 1] > pixels[30, 75, 0] + 40  # green above, where the face shows
    assert pixels[120, 75, 0] > pixels[120, 75, 2] + 40  # orange below, where the mask is


def test_a_note_of_every_list_is_told_once() -> None:
    page = report(*(listing(candidate(1, 0.5), notes=("mixed precisions", f"only here {n}")) for n in range(3)))
    assert page.words.count("mixed precisions") == 1
    assert all(page.words.count(f"only here {n}") == 1 for n in range(3))


def test_fused_probes_stand_together() -> None:
    page = report(listing(candidate(1, 0.01), probe=(face("a.jpg", 10), face("b.jpg", 200))))
    assert "2 photos of one person, searched as one probe" in page.words
    assert {"a.jpg", "b.jpg"} <= set(page.text)


def test_photos_below_the_base_are_shown_from_it(tmp_path: Path) -> None:
    inside = candidate(1, 0.5, source=str(tmp_path / "people" / "Ada" / "1.jpg"))
    page = report(listing(inside, candidate(2, 0.5, source="/elsewhere/2.jpg")), base=tmp_path)
    together = "".join(page.text)
    assert "people/Ada/1.jpg" in together
    assert str(tmp_path) not in together
    assert "/elsewhere/2.jpg" in together


def test_hostile_names_stay_text() -> None:
    found = listing(candidate(1, 0.01, subject=HOSTILE, source=HOSTILE), probe=(face(HOSTILE),), notes=(HOSTILE,))
    page = report(found, gallery=HOSTILE, notes=(HOSTILE,))
    assert not page.all("script")
    assert all(set(picture) == {"src", "width", "height", "alt"} for picture in page.all("img"))
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)
    shown = "".join(page.text)
    assert shown.count("<script>document.title='owned'") >= 6
    assert not set("\u202e\x1b") & set(shown)


def test_what_a_gallery_from_elsewhere_keeps_as_a_picture_is_shown_only_as_pixels(tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(encode(np.zeros((160, 160, 3), np.uint8), "PNG"))
    drawing = b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    for kept in (drawing, b"", b"\xff\xd8\xff", b"RIFF", b"/etc/passwd", str(secret), secret, 7):
        page = report(listing(candidate(1, 0.5)), crop=lambda _, kept=kept: kept)
        assert len(page.all("img")) == 1
        assert "no picture kept" in page.words
    said = encode(np.zeros((160, 160, 3), np.uint8), "JPEG") + b"secret words"
    (_, picture) = report(listing(candidate(1, 0.5)), crop=lambda _: said).all("img")
    assert b"secret" not in base64.b64decode((picture["src"] or "").split(",")[1])


def test_nothing_is_fetched_and_the_policy_forbids_it() -> None:
    raw = candidate_report([listing(candidate(1, 0.5))], gallery="g", crop=crop).decode()
    (policy,) = [m["content"] for m in Page(raw.encode()).all("meta") if m.get("http-equiv")]
    assert policy is not None
    assert policy.startswith("default-src 'none'; img-src data:; style-src 'sha256-")
    assert "unsafe" not in policy
    assert not re.search(r"(https?:)?//[a-z]", re.sub(r"data:[^\"]+", "", raw))
    assert "url(" not in raw
    assert "@import" not in raw


@pytest.fixture
def asked_for() -> Iterator[tuple[str, list[str]]]:
    """Yield the address of a server, and the paths that were requested."""
    paths: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", paths
        server.shutdown()


@pytest.mark.slow
def test_a_browser_renders_it_without_complaint(tmp_path: Path, asked_for: tuple[str, list[str]]) -> None:
    address, paths = asked_for
    bait = f"{HOSTILE}<img src={address}/name>"
    page = tmp_path / "report.html"
    page.write_bytes(candidate_report([listing(candidate(1, 1 / 340, subject=bait))], gallery=bait, crop=crop))
    shown = open_page(page, "--dump-dom")
    assert "CONSOLE" not in shown.stderr  # neither a script error nor a violation of the policy
    assert "<title>Candidate list" in shown.stdout
    assert not paths


@pytest.mark.slow
@pytest.mark.parametrize("guarded", [True, False])
def test_the_policy_stops_what_got_in(tmp_path: Path, asked_for: tuple[str, list[str]], guarded: bool) -> None:
    address, paths = asked_for
    raw = candidate_report([listing(candidate(1, 0.5))], gallery="g", crop=crop).decode()
    raw = raw.replace("</main>", f"<img src={address}/leak><script>document.title = 'owned'</script></main>")
    page = tmp_path / "report.html"
    page.write_text(raw if guarded else raw.replace("Content-Security-Policy", "Nothing"), encoding="utf-8")
    shown = open_page(page, "--dump-dom")
    assert ("<title>owned" not in shown.stdout) == guarded
    assert paths == ([] if guarded else ["/leak"])


@pytest.mark.slow
def test_its_style_is_applied(tmp_path: Path) -> None:
    """A wrong hash in the policy would leave the page bare: then its ground would be plain white."""
    from bareface.imaging.decode import decode

    page, picture = tmp_path / "report.html", tmp_path / "page.png"
    page.write_bytes(candidate_report([listing(candidate(1, 0.5))], gallery="g", crop=crop))
    open_page(page, f"--screenshot={picture}", "--window-size=900,900")
    assert tuple(decode(picture).pixels[-1, 0]) == (251, 250, 247)
