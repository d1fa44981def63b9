"""A gallery measured on its own people: figures without names, the promise with and without labels."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bareface.calibration.calibration import Calibration
from bareface.calibration.of_gallery import GalleryReferences
from bareface.errors import EvaluationError, GalleryError, UsageError
from bareface.evaluation import of_gallery as measuring
from bareface.gallery import calibrate as calibrating
from bareface.services.gallery import Gallery
from bareface.values.context import Context
from tests.gallery.pictures import people
from tests.web.support import FaceTiles

SPACE, MODEL = "bareface-mobile-128", "bareface-mobile"


def references(subjects: int, noise: float = 0.3) -> GalleryReferences:
    """Return two templates of each of some people, drawn at random."""
    rng = np.random.default_rng(3)
    centres = rng.normal(size=(subjects, 128))
    drawn = np.concatenate([centres + noise * rng.normal(size=centres.shape) for _ in range(2)])
    owners = np.tile(np.arange(1, subjects + 1), 2)
    ids = np.arange(1, 2 * subjects + 1)
    return GalleryReferences(ids, owners, [f"p{number}" for number in owners], drawn.astype(np.float32))


@pytest.fixture(scope="module")
def calibration() -> Calibration:
    from bareface.models import registry

    return Calibration.packaged(str(registry.card(MODEL).space), MODEL, "search")


@pytest.fixture
def gallery(tmp_path: Path) -> Iterator[Gallery]:
    """Open a gallery of 24 people with two photos each."""
    people(tmp_path / "photos", 24)
    with Gallery.open(tmp_path / "g.bareface", FaceTiles({})) as opened:
        opened.enrol(tmp_path / "photos")
        yield opened


def test_figures_are_kept_without_names_and_numbers(gallery: Gallery) -> None:
    assert gallery.evaluation() is None
    made = gallery.evaluate(context=Context("ada"))
    assert (made.subjects, made.references, made.mated_subjects, made.made_by) == (24, 48, 24, "ada")
    assert {one.kind for one in made.figures} == {"eer", "tar", "fnir"}
    assert gallery.evaluation() == made
    content = Path(f"{gallery.path}-evaluation").read_text()
    assert '"p0"' not in content
    assert "subject-" not in content
    assert made.overall is not None
    assert (made.overall.subjects, made.look_alikes, made.own) == (24, (), False)


def test_figures_of_another_gallery_and_damaged_ones_are_not_shown(gallery: Gallery) -> None:
    gallery.evaluate()
    path = Path(f"{gallery.path}-evaluation")
    content = json.loads(path.read_text())
    path.write_text(json.dumps({**content, "gallery": "another"}))
    assert gallery.evaluation() is None
    figure = {"kind": "eer", "target": None, "value": -1, "low": None, "high": None, "support": "few"}
    wrong = ({"subjects": "many"}, {"figures": [figure]})
    damages = [json.dumps({**content, "evaluation": {**content["evaluation"], **one}}) for one in wrong]
    for damage in ("{", "[]", *damages):
        path.write_text(damage)
        with pytest.raises(GalleryError) as caught:
            gallery.evaluation()
        assert (caught.value.code, caught.value.source) == ("gallery.corrupt", str(path))


def test_the_report_is_a_page_with_plots_that_names_nobody(gallery: Gallery) -> None:
    page = gallery.evaluation_report().decode()
    assert "<svg" in page or "data:image/svg+xml" in page
    assert ">p0<" not in page


def test_without_the_extra_what_needs_it_is_left_out_and_named(
    gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measuring, "find_spec", lambda name: None)
    made = gallery.evaluate()
    assert (made.lacks, made.figures, made.subjects) == ("scipy", (), 24)
    monkeypatch.setattr("bareface.system.extras.find_spec", lambda name: None)
    with pytest.raises(UsageError) as caught:
        gallery.evaluation_report()
    assert caught.value.code == "usage.extra"


def test_the_promise_is_checked_for_everybody_and_for_look_alikes(calibration: Calibration) -> None:
    some = measuring.compared(references(200))
    overall, groups = measuring.promise(some, calibration)
    assert overall is not None
    assert overall.subjects == sum(one.subjects for one in groups) == 200
    assert len(groups) == 5
    assert [one.ratio for one in groups] == sorted((one.ratio for one in groups), reverse=True)
    mean = sum(one.ratio * one.subjects for one in groups) / 200
    assert mean == pytest.approx(overall.ratio, abs=1e-5)
    assert measuring.promise(measuring.compared(references(19)), calibration) == (None, ())


def test_a_group_whose_people_look_alike_breaks_the_promise_and_its_label_shows_it(calibration: Calibration) -> None:
    drawn = references(120)
    alike = drawn.subject_ids <= 30
    rng = np.random.default_rng(5)
    common = rng.normal(size=128)
    templates = drawn.templates.copy()
    templates[alike] = templates[alike] * 0.6 + common.astype(np.float32)
    some = measuring.compared(replace(drawn, templates=templates))
    labels = {number: "twins" if number <= 30 else "others" for number in range(1, 111)}
    groups, unlabelled = measuring.promise_by_label(some, calibration, labels)
    assert [(one.name, one.subjects) for one in groups] == [("twins", 30), ("others", 80)]
    assert groups[0].ratio > 2 * groups[1].ratio
    assert unlabelled == 10


def test_labels_are_matched_by_name_and_number_and_not_kept(gallery: Gallery) -> None:
    number = gallery.subject("p1").id
    found = gallery.evenness(f"subject,age\n p0 ,old\n#{number},young\np2,\nnobody,old\n#{'9' * 5000},old\n".encode())
    (label,) = found
    assert (label.label, label.unlabelled) == ("age", 22)
    assert {(one.name, one.subjects) for one in label.groups} == {("old", 1), ("young", 1)}
    assert all(one.few for one in label.groups)
    assert not Path(f"{gallery.path}-evaluation").exists()


def test_a_label_for_an_alias_is_of_the_subject_that_it_is_now(gallery: Gallery) -> None:
    gallery.rename(gallery.subject("p1").id, "Grace")
    (label,) = gallery.evenness(b"subject,age\np0,old\np1,young\n")
    assert {(one.name, one.subjects) for one in label.groups} == {("old", 1), ("young", 1)}


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_labels_are_read_as_spreadsheets_write_them(gallery: Gallery, separator: str, encoding: str) -> None:
    table = "subject,age\r\np0,old\r\np1,young\r\n".replace(",", separator)
    for start in ("", f"sep={separator}\r\n"):
        (label,) = gallery.evenness((start + table).encode(encoding))
        assert {(one.name, one.subjects) for one in label.groups} == {("old", 1), ("young", 1)}


@pytest.mark.parametrize(
    ("labels", "code"),
    [
        (b"", "evaluation.columns"),
        (b"name,age\np0,old\n", "evaluation.columns"),
        (b"subject\np0\n", "evaluation.columns"),
        (b"subject,age\nnobody,old\n", "evaluation.labels"),
        (b"\xff\xfe", "evaluation.columns"),
        ("subject,age\nMüller,old\n".encode("latin-1"), "evaluation.file"),
    ],
)
def test_labels_that_cannot_be_used_are_refused(gallery: Gallery, labels: bytes, code: str) -> None:
    with pytest.raises(EvaluationError) as caught:
        gallery.evenness(labels)
    assert caught.value.code == code


def test_without_a_calibration_nothing_is_promised(gallery: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibrating, "calibration_of", lambda *_: None)
    with pytest.raises(EvaluationError) as caught:
        gallery.evenness(b"subject,age\np0,old\n")
    assert caught.value.code == "evaluation.labels"
    made = gallery.evaluate()
    assert (made.overall, made.calibration) == (None, None)
