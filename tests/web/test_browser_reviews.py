"""A review by keyboard with checklist and controls, an enhanced face, evaluation and groups, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.web.browsing import Walk
from tests.web.every_page import House, a_house, two_faces

sync_api = pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with a_house(tmp_path_factory.mktemp("reviewed")) as found:
        yield found


def begin(chromium: Any, house: House, name: str, **options: Any) -> Walk:
    """Sign somebody in with a name."""
    walk = Walk(chromium, house.address, **options)
    walk.page.goto(house.address)
    walk.page.get_by_label("Token").fill(house.token)
    walk.page.get_by_label("Your name").fill(name)
    walk.page.keyboard.press("Enter")
    walk.page.wait_for_url(house.address)
    return walk


def test_an_enhanced_face_is_shown_on_demand_and_says_what_it_is(chromium: Any, house: House) -> None:
    walk = begin(chromium, house, "Ada")
    page, seen = walk.page, sync_api.expect
    page.set_input_files("#photo", {"name": "a.png", "mimeType": "image/png", "buffer": two_faces()})
    page.wait_for_url("**/searches/*")
    page.goto(f"{page.url}/faces/1/candidates/1")
    pane = page.locator(".pane[data-pane=probe]")
    seen(pane.locator(".enhanced")).to_be_hidden()
    seen(pane.locator(".tag")).to_have_text("Probe", use_inner_text=True)
    page.get_by_label("Enhance probe").focus()
    page.keyboard.press("Space")
    seen(pane.locator(".enhanced")).to_be_visible()
    seen(pane.locator(".tag")).to_have_text("Probe · enhanced, not evidence", use_inner_text=True)
    page.keyboard.press("+")  # zooms with the photo
    assert "scale(1.5)" in pane.locator(".layer").evaluate("layer => layer.style.transform")
    page.keyboard.press("Space")
    seen(pane.locator(".enhanced")).to_be_hidden()
    page.goto(page.url.replace("/faces/1/", "/faces/2/"))
    seen(page.get_by_label("Enhance probe")).to_have_count(0)  # the face wears a mask
    assert walk.complaints == []


def test_a_review_with_a_checklist_by_keyboard(chromium: Any, house: House) -> None:
    ada, bo, seen = begin(chromium, house, "Ada"), begin(chromium, house, "Bo"), sync_api.expect
    page = ada.page
    page.goto(f"{house.address}cases")
    page.get_by_label("Name").fill("2026-9")
    page.get_by_label("Purpose").fill("identify visitors")
    page.get_by_role("button", name="Open a case").click()
    page.wait_for_url("**/cases/*")
    case = page.url
    page.locator("main").get_by_role("link", name="Search", exact=True).click()
    page.set_input_files("#photo", {"name": "a.png", "mimeType": "image/png", "buffer": two_faces()})
    page.wait_for_url("**/searches/*")
    page.goto(case)
    form = page.locator("form.ask").first
    form.get_by_label("Two people").uncheck()
    form.get_by_label("Checklist of components").check()
    form.get_by_role("button", name="Ask for a review").click()
    seen(page.locator(".toast")).to_contain_text("The review waits")

    page = bo.page
    page.goto(f"{house.address}cases")
    page.get_by_role("link", name="Review", exact=True).first.click()
    page.wait_for_url("**/reviews/*")
    review, count = page.url, int(page.get_by_text("Pair 1 of").inner_text().split()[-1])
    page.locator("summary", has_text="Checklist").focus()
    page.keyboard.press("Enter")
    page.get_by_label("ears").focus()
    page.keyboard.press("d")  # chooses in the list, and answers nothing
    seen(page.get_by_label("ears")).to_have_value("dissimilar")
    seen(page.get_by_label("different people")).not_to_be_checked()
    page.get_by_label("Note").focus()
    page.keyboard.type("lobes, sdclmh")
    seen(page.get_by_label("Note")).to_have_value("lobes, sdclmh")
    page.get_by_label("Visible regions").focus()
    page.keyboard.press("d")
    page.keyboard.press("h")
    seen(page.get_by_label("different people")).to_be_checked()
    page.keyboard.press("Enter")
    for item in range(2, count + 1):
        seen(page.get_by_text(f"Pair {item} of {count}")).to_be_visible()
        page.wait_for_load_state()  # until then no script hears a key
        for key in ("d", "l", "Enter"):
            page.keyboard.press(key)
    seen(page.get_by_role("heading", level=1)).to_contain_text("Outcome")
    seen(page.locator("main")).to_contain_text("lobes, sdclmh")
    page.locator("summary", has_text="Checklist").first.click()
    seen(page.get_by_text("ears: dissimilar").first).to_be_visible()
    page.get_by_role("button", name="Note this").click()
    seen(page.locator(".toast")).to_contain_text(f"Noted of {count} candidate")
    page.get_by_role("button", name="Take it back").click()
    seen(page.get_by_role("button", name="Note this")).to_be_visible()
    assert page.url.startswith(review)
    with page.expect_download() as saved:
        page.goto(case)
        page.get_by_role("link", name="Report as PDF").click()
    assert Path(saved.value.path()).read_bytes().startswith(b"%PDF")
    assert [ada.complaints, bo.complaints] == [[], []]


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (390, "dark"), (1280, "dark")])
def test_evaluation_and_groups_fit_and_lead_to_a_job(chromium: Any, house: House, width: int, scheme: str) -> None:
    walk = begin(chromium, house, "Ada", viewport={"width": width, "height": 800}, color_scheme=scheme)
    page, seen = walk.page, sync_api.expect
    for name in ("Evaluation", "Groups"):
        page.locator(".menu summary").click()
        page.locator(".menu").get_by_role("link", name=name, exact=True).click()
        seen(page.get_by_role("heading", level=1)).to_have_text(name)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    labels = {"name": "l.csv", "mimeType": "text/csv", "buffer": b"subject,age\nNobody,old\n"}
    page.get_by_label("Labels (CSV)").set_input_files(labels)
    page.get_by_role("button", name="Check", exact=True).click()
    seen(page.locator(".toast.failed")).to_contain_text("no label belongs to anybody")
    page.goto(f"{house.address}evaluation")
    page.get_by_role("button", name="Evaluate").click()
    page.wait_for_url("**/jobs/*")
    seen(page.locator("#progress .chip")).to_have_text("done")
    page.goto(f"{house.address}evaluation")
    seen(page.locator("main")).to_contain_text("Measured on")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert walk.complaints == []
