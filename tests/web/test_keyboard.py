"""The whole walk by keyboard alone, with the packaged models: no click, and the focus is always to be seen.

File dialogs are the system's own; the test answers them.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageEnhance

from tests.portraits import astronaut, hopper
from tests.web.browsing import Walk
from tests.web.every_page import House, a_house, masked_portrait

sync_api = pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.slow

ACTIVE = """() => {
  const one = document.activeElement;
  const labels = [...one.labels || []];
  const label = labels.map(label => label.innerText).join(" ");
  const around = [one, ...labels, one.closest("li, label"), one.querySelector("rect")].filter(Boolean);
  return {
    name: one.getAttribute("aria-label") || label || one.innerText || one.value || "",
    kind: one.tagName.toLowerCase() + (one.tagName === "INPUT" ? ":" + one.type : ""),
    seen: around.map(one => getComputedStyle(one)).some(style =>
      parseFloat(style.outlineWidth) >= 2 && style.outlineStyle !== "none" || parseFloat(style.strokeWidth) >= 5),
  };
}"""
"""What has the focus: its name, its kind, and whether a line around it, its label or its card shows it."""


class Keys:
    """Somebody who has no mouse."""

    def __init__(self, chromium: Any, house: House, name: str) -> None:
        self.walk = Walk(chromium, house.address, viewport={"width": 1280, "height": 900}, accept_downloads=True)
        self.page = self.walk.page
        # While nobody listens, a dialog is the browser's own, and to begin to listen takes a moment.
        self.page.on("filechooser", lambda _: None)
        self.page.goto(house.address)
        self.page.wait_for_function("document.activeElement.name === 'token'")
        self.type(house.token).to("Your name").type(name).press("Enter")
        self.arrive(house.address)

    def press(self, *keys: str) -> Keys:
        for key in keys:
            self.page.keyboard.press(key)
        return self

    def type(self, text: str) -> Keys:
        self.page.keyboard.type(text)
        return self

    def to(self, name: str, kind: str = "") -> Keys:
        """Press Tab until the focus is at what has this name, and is of this kind."""
        met = []
        for _ in range(80):
            self.press("Tab")
            active = self.page.evaluate(ACTIVE)
            text = " ".join(active["name"].split())
            met.append(f"{active['kind']} {text[:40]!r}")
            assert active["seen"] or active["kind"] == "body", f"no ring around {met[-1]} at {self.page.url}"
            if name.lower() in text.lower() and active["kind"].startswith(kind):
                return self
        pytest.fail(f"no {name!r} can be reached at {self.page.url}: {met}")

    def arrive(self, address: str) -> Keys:
        """Wait for a page."""
        self.page.wait_for_url(address)
        self.page.wait_for_load_state()
        return self

    def choose(self, name: str, files: Any) -> Keys:
        """Open a file dialog, and answer it."""
        self.to(name, "input:file")
        with self.page.expect_file_chooser() as chooser:
            self.press("Enter")
        chooser.value.set_files(files)
        return self


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with a_house(tmp_path_factory.mktemp("keys"), enrolled=False) as made:
        yield made


def album(folder: Path) -> Path:
    """Make a folder of folders; one person is there twice."""
    brighter = BytesIO()
    ImageEnhance.Brightness(Image.open(astronaut()).convert("RGB")).enhance(1.2).save(brighter, "PNG")
    photos = {"Grace Hopper/1.jpg": hopper().read_bytes(), "Eileen Collins/1.png": astronaut().read_bytes()}
    for name, content in (photos | {"E. Collins/2.png": brighter.getvalue()}).items():
        path = folder / "album" / name
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
    return folder / "album"


def test_the_whole_walk_by_keyboard(chromium: Any, house: House, tmp_path: Path) -> None:
    seen = sync_api.expect
    ada = Keys(chromium, house, "Ada")
    page = ada.page

    # Enrol a folder.
    seen(page.get_by_role("heading", name="Begin here")).to_be_visible()
    ada.to("Add photos", "a").press("Enter").arrive("**/add").to("Basis", "input").type("consent")
    ada.choose("folder", album(tmp_path))
    seen(page.locator("#outcomes li.enrolled")).to_have_count(3)

    # Search with a masked face in a case, compare, and look at completions.
    ada.to("Cases", "a").press("Enter").arrive("**/cases").to("Name", "input").type("2026-7")
    ada.to("Purpose", "input").type("identify visitors").press("Enter").arrive("**/cases/*")
    case = page.url
    ada.to("To the content", "a").press("Enter").to("Search", "a").press("Enter").arrive("**/?case=*")
    ada.choose("photo", {"name": "masked.png", "mimeType": "image/png", "buffer": masked_portrait()})
    ada.arrive("**/searches/*")
    seen(page.locator(".card").first).to_contain_text("Grace Hopper")
    ada.to("Grace Hopper", "a").press("Enter").arrive("**/candidates/1").press("2", "+")
    assert page.locator(".pane").nth(1).evaluate("pane => pane.style.clipPath") == "inset(0px 0px 0px 50%)"
    ada.press("Escape").arrive("**/searches/*")
    ada.to("Search with restored faces", "button").press("Enter").arrive("**/restored")
    seen(page.get_by_text("Viewing aids, not evidence", exact=True)).to_be_visible()

    # A blind review by one, and by another.
    ada.to("Cases", "a").press("Enter").arrive("**/cases").to("2026-7", "a").press("Enter").arrive(case)
    ada.to("Ask for a review", "button").press("Enter").arrive(case)
    seen(page.locator(".toast")).to_contain_text("The review waits")
    for name, verdict in (("Bo", "s"), ("Cy", "d")):
        reviewer = Keys(chromium, house, name)
        reviewer.to("Cases", "a").press("Enter").arrive("**/cases").to("Review", "a").press("Enter")
        reviewer.arrive("**/reviews/1")
        for item in (1, 2, 3):
            seen(reviewer.page.get_by_text(f"Pair {item} of 3")).to_be_visible()
            # Letters of the note are not taken for answers.
            reviewer.press(verdict, "h").to("Note", "input").type("shadows").press("Enter")
        seen(reviewer.page.get_by_role("heading", level=1)).to_contain_text("recorded" if name == "Bo" else "Outcome")
        assert reviewer.walk.complaints == []

    # The case's report.
    ada.press("Escape").arrive("**/cases").to("2026-7", "a").press("Enter").arrive(case)
    with page.expect_download() as saved:
        ada.to("Report", "a").press("Enter")
    report = saved.value.path().read_text(encoding="utf-8")
    assert [
        text
        for text in ("Grace Hopper", "different people", "shadows", "Bo", "Cy", "identify visitors")
        if text not in report
    ] == []

    # Merge, and undo.
    ada.to("People", "a").press("Enter").arrive("**/people").to("Eileen Collins", "a").press("Enter").arrive(
        "**/people/*"
    )
    ada.to("Merge another person", "input").type("E. Collins").press("Enter")
    seen(page.locator(".toast")).to_contain_text("Merged into Eileen Collins.")
    seen(page.locator(".pick")).to_have_count(2)
    ada.to("Undo", "button").press("Enter")
    seen(page.locator(".toast")).to_contain_text("Undone.")
    seen(page.get_by_role("heading", level=1)).to_have_text("E. Collins")
    assert ada.walk.complaints == []
