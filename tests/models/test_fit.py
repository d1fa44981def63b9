"""An embedder from elsewhere is added, fitted, used for a gallery and removed."""

from __future__ import annotations

import base64
import json
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bareface.calibration.calibration import BARE, Calibration
from bareface.calibration.of_people import labelled_twice
from bareface.errors import CalibrationError, EvaluationError, ModelError, TemplateError
from bareface.matching.cohorts import cohort_of
from bareface.matching.pairs import laws_on
from bareface.matching.scoring import Columns
from bareface.models import registry
from bareface.models.fitted import coded, decoded, fitted_of
from bareface.services.faces import compare
from bareface.services.gallery import Gallery
from bareface.services.models import Models
from bareface.values.face import Computed, Face
from tests.models import networks
from tests.models.invented import invented_engine, invented_people
from tests.models.networks import written
from tests.wording import PYTHON_WORDS

pytestmark = pytest.mark.usefixtures("tried_here")
PEOPLE, PAIRS = 102, 16
"""People, and how many of them have two photos."""
PHOTOS = PEOPLE + PAIRS
KINDS = ("cosine", "search", "comparison")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fit")


@pytest.fixture(scope="module")
def photos(folder: Path) -> Path:
    invented_people(folder / "photos", PAIRS)
    return invented_people(folder / "photos", PEOPLE - PAIRS, 1, first=PAIRS)


@pytest.fixture(scope="module")
def home(folder: Path, photos: Path, tried_here: None) -> Iterator[Path]:
    """Return a model folder with one embedder that was added and fitted."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BAREFACE_HOME", str(folder / "home"))
        file = written(networks.wide(1), folder / "r512.onnx")
        Models().add("r512", file, preset="arcface", licence="CC0", training_data="none")
        steps: list[tuple[int, int]] = []
        fit = Models().fit("r512", photos, engine=invented_engine("r512"), progress=lambda *step: steps.append(step))
        assert steps[-1] == (PHOTOS, PHOTOS)
        assert (fit.people, fit.photos, fit.cohort, dict(fit.lost)) == (PEOPLE, PHOTOS, PHOTOS, {})
        yield folder / "home" / "models"


def test_what_was_fitted_is_found_by_space(home: Path) -> None:
    for kind in KINDS:
        calibration = Calibration.packaged("r512", "r512", kind)
        assert (calibration.kind, calibration.model, len(calibration.entries)) == (kind, "r512", 9)
        assert calibration.threshold(1e-3).similarity > calibration.threshold(1e-2).similarity
        assert f"{PEOPLE} people" in calibration.basis
    cohort = cohort_of("r512", 512)
    assert cohort is not None
    assert cohort.shape == (PHOTOS, 512)
    np.testing.assert_allclose(np.linalg.norm(cohort, axis=1), 1, rtol=1e-5)


def test_packaged_spaces_keep_what_is_packaged(home: Path) -> None:
    assert Calibration.packaged("dlib-128", "r512").model != "r512"
    with pytest.raises(CalibrationError):
        Calibration.packaged("nosuch")


def test_a_fit_of_another_model_or_kind_is_refused(home: Path) -> None:
    place = registry.fit_of("r512")
    content = place.read_bytes()
    good = json.loads(content)
    said = good["calibrations"]
    other = {kind: text.replace('"space":"r512"', '"space":"r513"') for kind, text in said.items()}
    wrong = [
        {**good, "calibrations": said | {"search": said["cosine"], "comparison": said["search"]}},
        {**good, "calibrations": other},
        {**good, "calibrations": dict.fromkeys(said, "{}")},
    ]
    for values in wrong:
        place.write_text(json.dumps(values), encoding="utf-8")
        with pytest.raises(ModelError) as refused:
            Calibration.packaged("r512", "r512", "comparison")
        assert (refused.value.code, refused.value.source) == ("model.fitted", str(place))
    for few in (0, 2):
        codes = base64.b64decode(good["cohort"]["codes"])[: few * 512]
        cohort = good["cohort"] | {"codes": base64.b64encode(codes).decode()}
        place.write_text(json.dumps({**good, "cohort": cohort}), encoding="utf-8")
        with pytest.raises(ModelError):
            cohort_of("r512", 512)
    place.write_bytes(content)


def test_a_model_that_states_a_space_of_another_length_has_no_cohort_there(
    home: Path, photos: Path, folder: Path, tmp_path: Path
) -> None:
    space = "bareface-mobile-128-v2"
    Models().add("liar", folder / "r512.onnx", preset="arcface", licence="CC0", training_data="none", space=space)
    with Gallery.open(tmp_path / "few.bareface", invented_engine("liar")) as gallery:
        gallery.enrol([photos / "p0" / "0.png", photos / "p1" / "0.png"])
        (found,) = gallery.search(photos / "p0" / "1.png").lists
        assert [one.normalised for one in found.candidates] == [None, None]
    Models().remove("liar")


@pytest.mark.slow
def test_another_network_of_the_same_name_gets_a_space_of_its_own(home: Path, photos: Path, tmp_path: Path) -> None:
    first, second = (written(networks.wide(seed=seed), tmp_path / f"{seed}.onnx") for seed in (1, 2))
    terms = {"preset": "arcface", "licence": "CC0", "training_data": "none"}
    assert Models().add("mine", first, **terms).space == Models().add("mine", first, **terms).space == "mine"
    with Gallery.open(tmp_path / "g", invented_engine("mine")) as gallery:
        gallery.enrol(photos / "p0" / "0.png", subject="Ada")
    card = Models().add("mine", second, **terms)
    assert card.space is not None
    assert card.space.startswith("mine-")
    assert Models().add("other", second, **terms, space="mine").space == "mine"  # as it is told
    with Gallery.open(tmp_path / "g", invented_engine("mine")) as gallery:
        with pytest.raises(TemplateError) as refused:
            gallery.search(photos / "p0" / "0.png")
        assert refused.value.code == "template.space"
        assert gallery.reembed().switched
        assert gallery.search(photos / "p0" / "0.png").lists[0].candidates[0].similarity > 0.99
    assert Models().add("mine", second, **terms, input={"colours": "BGR"}).space != card.space
    for name in ("mine", "other"):
        Models().remove(name)


def test_people_under_two_names_are_not_compared() -> None:
    rng = np.random.default_rng(0)
    own = rng.normal(size=(30, 64))
    own[7] = own[3]
    subjects = np.repeat(np.arange(30), 2)
    vectors = (own[subjects] + 0.3 * rng.normal(size=(60, 64))).astype(np.float32)
    columns = Columns.of(vectors, np.zeros(60, bool))
    assert labelled_twice(columns, subjects) == ((3, 7),)
    assert labelled_twice(columns, np.arange(60)) == ()


def test_an_embedder_that_confuses_people_finds_nobody_twice() -> None:
    rng = np.random.default_rng(0)
    own = np.repeat(rng.normal(size=(6, 64)), 5, axis=0)
    subjects = np.repeat(np.arange(30), 2)
    vectors = (own[subjects] + 0.3 * rng.normal(size=(60, 64))).astype(np.float32)
    assert labelled_twice(Columns.of(vectors, np.zeros(60, bool)), subjects) == ()


def test_only_its_owner_can_read_it(home: Path) -> None:
    files = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (home / "r512").iterdir()}
    assert files == dict.fromkeys(("card.json", "model.onnx", "tried", "fitted.json"), 0o600)


def test_a_fitted_face_is_not_compared_with_its_own_person() -> None:
    rng = np.random.default_rng(0)
    cohort = rng.normal(size=(120, 16)).astype(np.float32)
    cohort /= np.linalg.norm(cohort, axis=1, keepdims=True)
    own = np.eye(120, dtype=bool)[:5]
    without = [laws_on(np.delete(cohort, k, 0), cohort[k : k + 1], 0.1) for k in range(5)]
    law = laws_on(cohort, cohort[:5], 0.1, own)
    np.testing.assert_allclose(law.mean, [float(one.mean[0]) for one in without], atol=1e-6)
    np.testing.assert_allclose(law.spread, [float(one.spread[0]) for one in without], atol=1e-6)


def test_a_gallery_of_another_embedder_moves_to_it_and_is_judged(home: Path, photos: Path, tmp_path: Path) -> None:
    Models().add("old", written(networks.planar(), tmp_path / "old.onnx"), preset="arcface")
    people = invented_people(tmp_path / "new", 30, 1, first=1000)
    path = tmp_path / "g"
    with Gallery.open(path, invented_engine("old")) as gallery:
        gallery.enrol(people)
        assert {one.decision for one in gallery.search(photos / "p0" / "0.png").lists[0].candidates} == {"possible"}
    with Gallery.open(path, invented_engine("r512")) as gallery:
        assert gallery.reembed().switched
        gallery.enrol(photos / "p0" / "0.png", subject="Ada")
        (found,) = gallery.search(photos / "p0" / "1.png").lists
        best, second = found.candidates[:2]
        assert (best.subject, best.decision) == ("Ada", "match")
        assert second.decision == "no match"
        assert gallery.check().ok
    Models().remove("old")


def masked_by(face: Face, colour: tuple[int, int, int]) -> Face:
    """Paint a face over, from the nose on."""
    chip, aligned = face.chip.copy(), face.for_embedder.copy()
    chip[66:], aligned[66:] = colour, colour
    return replace(face, chip=chip, computed=Computed(aligned=aligned))


def test_masked_faces_are_painted_over_and_matched(home: Path, photos: Path) -> None:
    engine = invented_engine("r512")
    (bare,) = engine.faces(photos / "p3" / "0.png")
    (other,) = engine.faces(photos / "p3" / "1.png")
    masked, striped = engine.complete([masked_by(other, (10, 20, 230)), masked_by(other, (200, 100, 60))])
    assert (bare.mask_state, masked.mask_state) == ("none", "full")
    assert bare.enrolment_template.upper_face is not None
    assert masked.enrolment_template.upper_face is None
    assert compare(bare, masked).decision == "match"
    assert np.abs(striped.template.vector - masked.template.vector).max() < 0.2 * np.abs(masked.template.vector).max()


def test_comparisons_are_normalised_by_the_cohort(home: Path, photos: Path) -> None:
    engine = invented_engine("r512")
    faces = [engine.faces(photos / name)[0] for name in ("p0/0.png", "p0/1.png", "p1/0.png")]
    assert compare(faces[0], faces[1]).decision == "match"
    assert compare(faces[0], faces[2]).decision == "no match"
    assert f"{PEOPLE} people" in compare(faces[0], faces[1]).basis


def test_a_fit_of_a_changed_card_is_not_used(home: Path) -> None:
    place = home / "r512" / "card.json"
    text = place.read_text(encoding="utf-8")
    place.write_text(json.dumps(json.loads(text) | {"summary": "another"}), encoding="utf-8")
    assert fitted_of("r512") == ()
    with pytest.raises(CalibrationError):
        Calibration.packaged("r512")
    place.write_text(text, encoding="utf-8")
    assert len(fitted_of("r512")) == 1


@pytest.mark.parametrize("text", [
        "{", "[]", "1", '{"calibrations": {}}', '{"card": "", "calibrations": [1]}', "[" * 10_000, "\0",
        '{"card": "", "calibrations": {}, "cohort": {"codes": "AAAA", "dimension": 0, "scale": "x"}}',
        '{"card": "", "calibrations": {}, "cohort": {"codes": "ä", "dimension": 2, "scale": 1}}',
    ],
)  # fmt: skip
def test_a_damaged_fit_is_named_with_its_remedy(home: Path, text: str) -> None:
    place = registry.fit_of("r512")
    content = place.read_bytes()
    place.write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match="models") as refused:
        Calibration.packaged("r512")
    assert (refused.value.code, refused.value.source) == ("model.fitted", str(place))
    assert not PYTHON_WORDS.search(str(refused.value))
    place.write_bytes(content)
    assert Calibration.packaged("r512").entries[BARE]


@pytest.mark.slow
def test_a_second_model_of_the_space_shares_the_cohort(home: Path, photos: Path, folder: Path) -> None:
    Models().add("twin", folder / "r512.onnx", preset="arcface", space="r512")
    fit = Models().fit("twin", photos, engine=invented_engine("twin"))
    assert fit.cohort == 0
    assert Calibration.packaged("r512", "twin", "comparison").model == "twin"
    Models().remove("twin")
    assert Calibration.packaged("r512", "twin", "comparison").model == "r512"


@pytest.mark.parametrize("name", ["nosuch", "photo.png"])
def test_what_is_not_a_folder_is_named(home: Path, photos: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "photo.png").write_bytes((photos / "p0" / "0.png").read_bytes())
    with pytest.raises(EvaluationError, match=name) as refused:
        Models().fit("r512", tmp_path / name, engine=invented_engine("r512"))
    assert refused.value.code == "evaluation.file"


def test_too_few_people_are_refused_before_the_work(home: Path, tmp_path: Path) -> None:
    people = invented_people(tmp_path / "few", 3)
    with pytest.raises(CalibrationError, match="97 more") as refused:
        Models().fit("r512", people, engine=invented_engine("r512"), progress=lambda *step: pytest.fail("worked"))
    assert refused.value.code == "calibration.subjects"


def test_a_packaged_model_is_not_fitted(home: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError) as refused:
        Models().fit("dlib-resnet", tmp_path)
    assert refused.value.code == "model.name"


def test_codes_are_close_to_the_templates() -> None:
    vectors = np.random.default_rng(0).normal(size=(50, 512)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    assert (decoded(*coded(vectors)) * vectors).sum(axis=1).min() > 0.999


def test_adding_another_network_or_removing_the_model_deletes_its_fit(home: Path, folder: Path) -> None:
    assert registry.fit_of("r512").is_file()
    Models().add("r512", written(networks.wide(seed=1), folder / "other.onnx"), preset="arcface")
    assert not registry.fit_of("r512").exists()
    Models().remove("r512")
    assert not (home / "r512").exists()
    with pytest.raises(CalibrationError):
        Calibration.packaged("r512")
