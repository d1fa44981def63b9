"""Whatever is done in whatever order, database and index agree, and every photo is there once or not at all."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from bareface.services.gallery import Gallery
from tests.examples import examples
from tests.gallery.pictures import TileEngine, colours, picture, save

COLOURS = colours(6, seed=4)
steps = st.lists(
    st.tuples(
        st.sampled_from(["enrol", "delete", "assign", "split", "reject", "reopen", "search"]), st.integers(0, 11)
    ),
    min_size=3,
    max_size=14,
)


@settings(max_examples=examples(25), deadline=None)
@given(steps=steps)
def test_the_gallery_stays_whole(steps):
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        photos = [save(root / f"{n}.png", COLOURS[n % 6], tick=n) for n in range(12)]
        gallery = Gallery.open(root / "g", TileEngine())
        present: dict[Path, int] = {}
        banned: set[Path] = set()
        for action, number in steps:
            photo = photos[number]
            if action == "enrol":
                (outcome,) = gallery.enrol(photo, subject=f"p{number % 4}").outcomes
                expected = "already enrolled" if photo in present else "rejected" if photo in banned else "enrolled"
                assert outcome.status == expected
            elif action == "reopen":
                gallery.close()
                gallery = Gallery.open(root / "g", TileEngine())
            elif action == "search":
                (entry,) = gallery.search(picture(COLOURS[number % 6]), top=3).lists
                assert len(entry.candidates) == min(3, len(gallery.subjects()))
            elif photo in present:
                if action == "delete":
                    gallery.delete(photo=photo)
                elif action == "assign":
                    gallery.assign(present[photo], "someone")
                elif action == "split":
                    gallery.split(present[photo])
                else:
                    gallery.reject(present[photo])
                    banned.add(photo)
            before = present
            present = {Path(one.source): one.id for one in gallery.references()}
            gone = set(before) - set(present)
            assert gone == ({photo} if action in ("delete", "reject") and photo in before else set())
            assert len(gallery.references()) == len(present)
        assert gallery.check().ok
        gallery.close()
