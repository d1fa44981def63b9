"""Photograph a real candidate-list report: ``python docs/figures/candidates.py [FILE.png]``; needs chromium.

The gallery holds the two public-domain portraits that come with dependencies (Eileen Collins by NASA, Grace Hopper by
the U.S. Navy), one reference each; the probes are bad copies of them, made by ``bareface demo``: one masked, and one
blurred.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from bareface.imaging import decode as images
from bareface.reports.candidates import candidate_report
from bareface.services.demo import demonstrate
from bareface.services.engine import Engine
from bareface.services.gallery import Gallery

SHOWN = ("Eileen Collins, masked.jpg", "Grace Hopper, out of focus.jpg")
WIDTH, HEIGHT = 900, 1680
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
)  # fmt: skip


def main(target: Path) -> None:
    """Run the demonstration in a folder of its own and write the picture."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        shown = demonstrate(folder, Engine())
        lists = {finding.probe.path.name: finding.entry for finding in shown.findings if finding.entry}
        with Gallery.open(shown.gallery) as gallery:
            page = candidate_report(
                [lists[probe] for probe in SHOWN],
                gallery=shown.gallery.name,
                crop=lambda found: gallery.crop(found.reference_id),
                base=folder,
            )
        (folder / "page.html").write_bytes(page)
        photograph(folder / "page.html", folder / "page.png")
        images.write(target, images.decode(folder / "page.png").pixels)


def photograph(page: Path, picture: Path) -> None:
    """Render a page in a browser, as a picture."""
    options = [f"--user-data-dir={page.parent / 'profile'}", f"--window-size={WIDTH},{HEIGHT}"]
    command = ["chromium", *FLAGS, *options, f"--screenshot={picture}", page.as_uri()]
    subprocess.run(command, check=True, timeout=120, capture_output=True)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/images/candidates.png"))
