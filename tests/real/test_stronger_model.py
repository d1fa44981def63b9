"""A third-party embedder, fitted to photos of people, on photos of others."""

from __future__ import annotations

from pathlib import Path

import pytest

from bareface.services.engine import Engine
from bareface.services.gallery import Gallery
from bareface.services.models import Models

pytestmark = [pytest.mark.real, pytest.mark.slow]
MATED, STRANGERS = 80, 120


def test_a_fitted_model_finds_people_and_keeps_its_promise(
    shared_data: Path, shared_models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BAREFACE_HOME", str(tmp_path / "home"))
    faces = tmp_path / "faces"
    faces.mkdir()
    for folder in (shared_data / "train" / "celeba").iterdir():
        if folder.name.endswith("5"):
            (faces / folder.name).symlink_to(folder)
    Models().add("mine", shared_models / "mobilefacenet_foamliu.onnx", preset="mobilefacenet-foamliu")
    fit = Models().fit("mine", faces)
    assert fit.people > 110
    assert all(len(calibration.entries) == 9 for calibration in fit.calibrations)

    folders = sorted((shared_data / "lfw" / "images").iterdir())
    several = [sorted(folder.iterdir()) for folder in folders if len(list(folder.iterdir())) > 1][:MATED]
    single = [sorted(folder.iterdir()) for folder in folders if len(list(folder.iterdir())) == 1][:STRANGERS]
    with Gallery.open(tmp_path / "g", Engine(embedder="mine")) as gallery:
        for photos in several:
            gallery.enrol(photos[0], subject=photos[0].parent.name, largest=True)
        mated = [_best(gallery, photos[1]) for photos in several]
        strangers = [_best(gallery, photos[0]) for photos in single]
    found = [best == (photos[1].parent.name, "match") for best, photos in zip(mated, several, strict=True)]
    assert sum(found) >= 0.85 * MATED
    assert sum(decision == "match" for _, decision in strangers) <= 3
    assert sum(decision != "no match" for _, decision in strangers) <= 0.3 * STRANGERS


def _best(gallery: Gallery, photo: Path) -> tuple[str | None, str]:
    result = gallery.search(photo)
    candidates = [best for one in result.lists for best in one.candidates[:1]]
    if not candidates:
        return None, "no match"
    best = max(candidates, key=lambda one: one.similarity)
    return best.subject, best.decision
