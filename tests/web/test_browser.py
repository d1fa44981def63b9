"""The pages in a real browser: a walk from the first start to a correction that is undone, without a complaint.

Chromium is Debian's; the test skips without it. Nothing is asked of another host.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bareface.client import Client
from bareface.services.access import Access
from bareface.services.cases import Cases
from bareface.services.faces import Faces
from bareface.services.gallery import Gallery
from bareface.services.jobs import Jobs
from bareface.services.models import Models
from bareface.web.state import Service
from tests.gallery.pictures import Look, colours
from tests.web.browsing import Walk, serving
from tests.web.support import FaceTiles, png

sync_api = pytest.importorskip("playwright.sync_api")

PEOPLE = colours(3)
STRANGER = colours(9, seed=5)[8]


@contextmanager
def served(folder: Path, *people: str) -> Iterator[tuple[str, str]]:
    """Serve a gallery of these people, one photo each, at a free port; yield address and token."""
    path = folder / "people.bareface"
    engine = FaceTiles({PEOPLE[0]: Look("full", 0.4)})
    access, token = Access.open(path)
    assert token is not None
    gallery = Gallery.open(path, engine)
    for name, colour in zip(people, PEOPLE, strict=False):
        gallery.enrol(png(colour), name)
    faces = Faces(lambda: engine)  # type: ignore[arg-type, return-value]
    service = Service(gallery, faces, Models(), Cases(gallery), access, jobs=Jobs(gallery), max_upload=2**20)
    with serving(service) as address:
        yield address, token
    gallery.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Serve an empty gallery."""
    with served(tmp_path_factory.mktemp("walk")) as found:
        yield found


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Serve a gallery of three people."""
    with served(tmp_path_factory.mktemp("filled"), "Ada", "Bo", "Cy") as found:
        yield found


def album(folder: Path) -> Path:
    """Write an album with a year below each person, and with files that are no photos of anybody."""
    album = folder / "album"
    for name, colour in (
        ("Ada/2019", PEOPLE[0]),
        ("Bo/2019", PEOPLE[1]),
        ("Ada/@eaDir/1.png", STRANGER),
        (".old", STRANGER),
    ):
        place = album / name
        place.mkdir(parents=True)
        (place / "1.png").write_bytes(png(colour))
    (album / "Ada" / "notes.txt").write_text("none")
    (album / "Ada" / "2019" / "large.png").write_bytes(png(PEOPLE[0]) + bytes(2**20))
    (album / "Ada" / ".1.png").write_bytes(png(STRANGER))
    return album


def test_a_folder_names_the_same_people_as_on_the_command_line(chromium: Any, tmp_path: Path) -> None:
    photos = album(tmp_path)
    with Gallery.open(tmp_path / "here.bareface", FaceTiles({})) as gallery:
        gallery.enrol(photos)
        here = sorted(one.name or "" for one in gallery.subjects())
    assert here == ["Ada/2019", "Bo/2019"]
    with served(tmp_path) as (address, token):
        walk, client = Walk(chromium, address), Client(address, token)
        walk.sign_in(token)
        walk.page.goto(f"{address}add")
        walk.page.set_input_files("#folder", photos)
        walk.page.wait_for_url("**/jobs/1")
        sync_api.expect(walk.page.locator("#outcomes li.enrolled")).to_have_count(2)
        sync_api.expect(walk.page.locator(".toast")).to_contain_text("4 files left out")
        sync_api.expect(walk.page.locator(".toast")).to_contain_text("1 photo left out")
        (photos / "Bo" / "2019" / "gone.png").symlink_to(tmp_path / "nowhere")
        assert sorted(one["name"] for one in client.subjects()) == here
        job = client.enrol_folder(photos)
        assert [Path(one["path"]).relative_to(photos).as_posix() for one in job["left_out"]] == [
            ".old", "Ada/.1.png", "Ada/@eaDir", "Ada/notes.txt", "Ada/2019/large.png", "Bo/2019/gone.png",
        ]  # fmt: skip
        list(client.follow(job["id"]))
        assert [one["status"] for one in client.job_photos(job["id"])] == ["already enrolled"] * 2
        assert walk.complaints == []
        walk.context.close()


def test_the_whole_walk(chromium: Any, address: tuple[str, str], tmp_path: Path) -> None:
    walk = Walk(chromium, address[0], viewport={"width": 1280, "height": 900})
    page, seen = walk.page, sync_api.expect
    page.goto(address[0])
    seen(page).to_have_title("Sign in · bareface")
    walk.sign_in(address[1])
    assert address[1] not in page.url
    seen(page.get_by_role("heading", name="Begin here")).to_be_visible()

    # A folder of folders, one a person.
    for number, colour in enumerate(PEOPLE):
        folder = tmp_path / "album" / f"Person {number}"
        folder.mkdir(parents=True)
        for tick in range(2):
            (folder / f"{tick}.png").write_bytes(png(colour, tick=tick))
    page.get_by_role("link", name="Add photos").first.click()
    page.get_by_label("Basis").fill("consent")
    page.set_input_files("#folder", tmp_path / "album")
    page.wait_for_url("**/jobs/1")
    seen(page.locator("#outcomes li.enrolled")).to_have_count(6)
    seen(page.locator("#outcomes li").first).to_contain_text("Person")
    seen(page.locator("#progress")).to_contain_text("done")
    seen(page.get_by_role("button", name="Cancel")).to_be_hidden()

    # Search with two faces; choose the other one, in the photo and by the list.
    page.get_by_role("link", name="Search").first.click()
    page.set_input_files("#photo", walk.file(PEOPLE[0], STRANGER, tick=9))
    page.wait_for_url("**/searches/*")
    seen(page.locator("#verdict")).to_contain_text("match")
    seen(page.locator(".card").first).to_contain_text("Person 0")
    page.locator('.photo a[data-face="2"]').click()
    seen(page.locator("#verdict")).to_contain_text("No match: nobody in this gallery scores higher")
    seen(page.locator('.faces a[data-face="2"]')).to_have_attribute("aria-current", "true")
    assert page.url.endswith("?face=2")
    page.go_back()
    seen(page.locator(".card").first).to_contain_text("Person 0")

    # Compare: wipe, flicker, zoom, by keys.
    page.locator(".card h3 a").first.click()
    page.wait_for_url("**/candidates/1")
    seen(page.get_by_role("heading", level=1)).to_have_text("Compare with Person 0")
    page.keyboard.press("2")
    page.keyboard.press("+")
    assert page.locator(".pane").nth(1).evaluate("pane => pane.style.clipPath") == "inset(0px 0px 0px 50%)"
    scales = page.locator(".layer").evaluate_all("layers => layers.map(one => one.style.transform)")
    assert scales[0] == scales[1]
    assert "scale(1.5)" in scales[0]
    page.keyboard.press("3")
    page.get_by_label("Seconds").fill("0")
    page.keyboard.press("Escape")
    page.wait_for_url("**/searches/*")
    page.go_back()
    page.get_by_text("Visible regions").click()
    seen(page.locator(".map").first).to_be_visible()
    page.keyboard.press("Escape")
    page.wait_for_url("**/searches/*")

    # Find somebody, merge, and undo with a key.
    page.get_by_role("link", name="People").click()
    page.wait_for_url("**/people")
    page.keyboard.press("/")
    page.keyboard.type("person 1")
    seen(page.locator(".people .card")).to_have_count(1)
    page.get_by_role("link", name="Person 1").click()
    page.wait_for_url("**/people/*")
    page.get_by_label("Merge another person into this one").fill("Person 2")
    page.get_by_role("button", name="Merge").click()
    seen(page.locator(".toast")).to_contain_text("Merged into Person 1.")
    seen(page.locator(".pick")).to_have_count(4)
    page.keyboard.press("u")
    seen(page.locator(".toast")).to_contain_text("Undone.")
    seen(page.get_by_role("heading", level=1)).to_have_text("Person 2")

    # Select with the keyboard, split off, rename.
    box = page.get_by_role("checkbox").first
    box.focus()
    page.keyboard.press("Space")
    seen(page.locator(".hand output")).to_have_text("Selected: 1")
    page.get_by_label("Give to").fill("Ada")
    page.get_by_role("button", name="Split off").click()
    seen(page.get_by_role("heading", level=1)).to_have_text("Ada")
    page.get_by_label("Name", exact=True).fill("Ada Lovelace")
    page.keyboard.press("Enter")
    seen(page.get_by_role("heading", level=1)).to_have_text("Ada Lovelace")

    # A question before what cannot be undone.
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.get_by_role("checkbox").first.check()
    page.get_by_role("button", name="Delete", exact=True).click()
    seen(page.get_by_role("heading", level=1)).to_have_text("Ada Lovelace")
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Delete", exact=True).click()
    seen(page.locator(".toast")).to_contain_text("1 face deleted.")

    page.get_by_role("link", name="Models").click()
    seen(page.get_by_role("heading", name="bareface-detector")).to_be_visible()
    page.locator(".menu summary").click()
    page.get_by_role("button", name="Deutsch").click()
    seen(page.get_by_role("heading", level=1)).to_have_text("Modelle")
    page.locator(".menu summary").click()
    page.get_by_role("button", name="Abmelden").click()
    seen(page).to_have_title("Anmelden · bareface")
    assert walk.complaints == []


def test_a_job_is_seen_as_it_goes_on(chromium: Any, filled: tuple[str, str]) -> None:
    client = Client(filled[0], filled[1])
    walk = Walk(chromium, filled[0])
    walk.sign_in(filled[1])
    page, seen = walk.page, sync_api.expect
    job = client.create_job("enrolment")["id"]
    page.locator(".menu summary").click()
    page.get_by_role("link", name="Jobs").click()
    page.get_by_role("link", name="Add photos").last.click()
    page.wait_for_url(f"**/jobs/{job}")
    for number in range(2):
        client.add_photo(job, png(STRANGER, tick=500 + number), subject="Di")
        seen(page.locator("#outcomes li.enrolled")).to_have_count(number + 1)
    client.add_photo(job, b"no photo", subject="Di")
    seen(page.locator("#outcomes li").first).to_contain_text("failed")
    seen(page.locator("#progress")).to_contain_text("3 of 3")
    page.get_by_role("button", name="That is all").click()
    seen(page.locator("#progress .chip")).to_have_text("done")
    page.get_by_role("link", name="failed: 1").click()
    seen(page.locator("#outcomes li")).to_have_count(1)
    page.keyboard.press("Escape")
    page.wait_for_url("**/jobs")
    assert walk.complaints == []


@pytest.mark.slow
def test_a_photo_is_pasted_and_a_bad_one_is_said(chromium: Any, filled: tuple[str, str]) -> None:
    walk = Walk(chromium, filled[0])
    walk.sign_in(filled[1])
    page = walk.page
    page.set_input_files("#photo", {"name": "a.png", "mimeType": "image/png", "buffer": b"no photo"})
    sync_api.expect(page.locator(".toast.failed")).to_contain_text("not a picture")
    walk.complaints.clear()  # the browser tells of the status
    page.evaluate(
        """bytes => {
            const data = new DataTransfer();
            data.items.add(new File([new Uint8Array(bytes)], "pasted.png", { type: "image/png" }));
            document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true }));
        }""",
        list(png(STRANGER, tick=3)),
    )
    page.wait_for_url("**/searches/*")
    sync_api.expect(page.locator("#verdict")).to_be_visible()
    assert walk.complaints == []


@pytest.mark.slow
@pytest.mark.parametrize("width", [320, 390, 768, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_is_wider_than_the_window(chromium: Any, filled: tuple[str, str], width: int, scheme: str) -> None:
    walk = Walk(chromium, filled[0], viewport={"width": width, "height": 800}, color_scheme=scheme)
    walk.sign_in(filled[1])
    page = walk.page
    page.set_input_files("#photo", walk.file(PEOPLE[0], PEOPLE[1], tick=width))
    page.wait_for_url("**/searches/*")
    result = page.url
    Client(filled[0], filled[1]).create_job("check")
    plain = ("/", "/people", "/people/1", "/add", "/models", "/cases", "/jobs", "/jobs/1")
    for path in (result, f"{result}/faces/1/candidates/1", *plain):
        page.goto(filled[0].rstrip("/") + path if path.startswith("/") else path)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, path
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert ground == ("rgb(21, 23, 26)" if scheme == "dark" else "rgb(251, 250, 247)")
    assert walk.complaints == []


@pytest.mark.slow
def test_two_people_review_by_keys(chromium: Any, filled: tuple[str, str]) -> None:
    seen = sync_api.expect
    walks = {}
    for name in ("Ada", "Bo", "Cy"):
        walk = walks[name] = Walk(chromium, filled[0])
        walk.page.goto(filled[0])
        walk.page.get_by_label("Token").fill(filled[1])
        walk.page.get_by_label("Your name").fill(name)
        walk.page.keyboard.press("Enter")
        walk.page.wait_for_url(filled[0])
    page = walks["Ada"].page
    page.goto(f"{filled[0]}cases")
    page.get_by_label("Name").fill("2026-7")
    page.get_by_label("Purpose").fill("identify visitors")
    page.get_by_role("button", name="Open a case").click()
    page.wait_for_url("**/cases/*")
    case = page.url
    page.locator("main").get_by_role("link", name="Search").click()
    page.wait_for_url("**/?case=*")
    page.set_input_files("#photo", walks["Ada"].file(PEOPLE[0], tick=31))
    page.wait_for_url("**/searches/*")
    page.goto(case)
    page.get_by_label("Candidates").select_option("5")
    page.get_by_role("button", name="Ask for a review").click()
    seen(page.locator(".toast")).to_contain_text("The review waits")
    for name, key in (("Bo", "s"), ("Cy", "d")):
        other = walks[name].page
        other.goto(f"{filled[0]}cases")
        other.get_by_role("link", name="Review", exact=True).first.click()
        other.wait_for_url("**/reviews/*")
        count = int(other.get_by_text("Pair 1 of").inner_text().split()[-1])
        for item in range(1, count + 1):
            other.wait_for_load_state()
            seen(other.get_by_text(f"Pair {item} of {count}")).to_be_visible()
            other.keyboard.press(key)
            other.keyboard.press("h")
            other.keyboard.press("Enter")
        seen(other.get_by_role("heading", level=1)).to_contain_text("recorded" if name == "Bo" else "Outcome")
    seen(walks["Cy"].page.get_by_text("the reviewers disagree").first).to_be_visible()
    assert [walk.complaints for walk in walks.values()] == [[], [], []]


@pytest.mark.slow
def test_without_scripts_a_search_and_a_correction_work(chromium: Any, filled: tuple[str, str]) -> None:
    walk = Walk(chromium, filled[0], java_script_enabled=False)
    page = walk.page
    page.goto(filled[0])
    page.get_by_label("Token").fill(filled[1])
    page.get_by_role("button", name="Sign in").click()
    page.set_input_files("#photo", walk.file(PEOPLE[0], tick=5))
    page.get_by_role("button", name="Search").click()
    page.wait_for_url("**/searches/*")
    page.goto(f"{filled[0]}people/1")
    before = page.get_by_role("heading", level=1).inner_text()
    page.get_by_label("Name", exact=True).fill("Renamed")
    page.get_by_role("button", name="Rename").click()
    sync_api.expect(page.get_by_role("heading", level=1)).to_have_text("Renamed")
    page.get_by_role("button", name="Undo").click()
    sync_api.expect(page.get_by_role("heading", level=1)).to_have_text(before)
    assert walk.complaints == []
