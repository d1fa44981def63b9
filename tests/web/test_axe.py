"""axe-core looks at every page, light and dark, on a desk and on a phone: nobody is shut out.

The script comes with the package ``axe-playwright-python``; nothing is downloaded. It is put into the page from
outside, so the content security policy stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from tests.web.browsing import Walk
from tests.web.every_page import Crawl, House, a_house, crawl, furnish

pytest.importorskip("axe_playwright_python")

BAD = ("serious", "critical")
WIDTHS = [390, pytest.param(1280, marks=pytest.mark.slow)]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with a_house(tmp_path_factory.mktemp("axe")) as made:
        furnish(made)
        yield made


@pytest.fixture(scope="module")
def found(house: House) -> Crawl:
    with house.visitor("Bo") as visitor:
        return crawl(house, visitor, each=1)


class Looker:
    """A window in which axe-core looks at pages.

    Parameters
    ----------
    chromium, house
        The browser and the service.
    width
        Of the window, in pixels.
    """

    def __init__(self, chromium: Any, house: House, width: int = 1280) -> None:
        self.walk = Walk(chromium, house.address, viewport={"width": width, "height": 800}, reduced_motion="reduce")
        self._house = house
        self._script = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")

    def faults(self, address: str, content: str | None = None) -> list[str]:
        """Open a page, or show its content, with everything unfolded; return what is serious."""
        page = self.walk.page
        if content is None:
            page.goto(self._house.address.rstrip("/") + address)
        else:
            page.set_content(content)
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        page.evaluate(self._script)
        found = []
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            said = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
            assert said["passes"], address
            found += [
                f"{address}, {scheme}: {one['id']} ({one['impact']}), {one['help']}: {node['html'][:200]}"
                for one in said["violations"]
                for node in one["nodes"]
                if one["impact"] in BAD
            ]
        return found


def test_the_crawl_finds_every_page(found: Crawl) -> None:
    assert len(found.pages) >= 16, found.pages
    assert found.saved
    assert not found.missed, "let `furnish` in tests/web/every_page.py make what leads to these pages"


@pytest.mark.parametrize("width", WIDTHS)
def test_no_page_has_a_serious_fault(chromium: Any, house: House, found: Crawl, width: int) -> None:
    looker = Looker(chromium, house, width)
    faults = looker.faults("/sign-in")
    looker.walk.sign_in(house.token)
    for address in [*found.pages, "/nosuch"]:
        faults += looker.faults(address)
    for address, content in found.saved.items():
        faults += looker.faults(address, content)
    assert not faults, "\n".join(faults)


def test_before_anything_is_there(chromium: Any, tmp_path: Path) -> None:
    with a_house(tmp_path, enrolled=False) as empty:
        looker = Looker(chromium, empty)
        looker.walk.sign_in(empty.token)
        assert not [fault for address in ("/", "/people", "/cases") for fault in looker.faults(address)]


def test_a_fault_is_found(chromium: Any, house: House) -> None:
    looker = Looker(chromium, house)
    dark = "@media (prefers-color-scheme: dark) { p { color: #222; background: #111 } }"
    page = f"<!doctype html><html lang=en><title>a</title><style>{dark}</style><main><h1>A</h1><p>Text</p></main>"
    assert [one.split(", ")[:2] for one in looker.faults("/", page)] == [["/", "dark: color-contrast (serious)"]]
