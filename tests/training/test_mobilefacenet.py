"""MobileFaceNet: the graph that is written, what the packaged file answers, and the pieces of its training."""

from __future__ import annotations

import hashlib
import json
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from bareface.imaging import decode as images
from bareface.matching import normalisation
from bareface.matching.scoring import score
from bareface.models import registry
from bareface.models.sessions import open_session
from bareface.services.engine import Engine
from bareface.synthesis.masks import apply_mask, sample_mask
from bareface.values.face import Float32, UInt8
from tests.portraits import astronaut
from training.convert_mobilefacenet import BLOCKS, FEATURES, SIDE, STEM, write
from training.mobilefacenet.cohort import sample_cohort
from training.mobilefacenet.draw import FILL, Shares, batches, degraded
from training.mobilefacenet.fit_normalisation import distinct, group_of, halves
from training.mobilefacenet.head import prior, ridge_map, with_map, with_one
from training.mobilefacenet.likenesses import nearest
from training.mobilefacenet.pool import CHIP, WINDOW, Pool, pictures
from training.mobilefacenet.refit import bare_head, weighted_ridge
from training.mobilefacenet.space import Space, centre, fit, joined, towards_subject, unit
from training.mobilefacenet.validate import rates, subject_of

CLOTH = (255, 0, 255)


def random_weights(outputs: int = 5) -> dict[str, Float32]:
    """Return small random weights; slopes on both sides of one."""
    rng = np.random.default_rng(0)
    weights: dict[str, Float32] = {}

    def put(key: str, shape: tuple[int, ...], *, slope: bool = True) -> None:
        weights[f"{key}.weight"] = rng.normal(0, 1 / np.sqrt(np.prod(shape[1:])), shape).astype(np.float32)
        weights[f"{key}.bias"] = rng.normal(0, 0.1, shape[0]).astype(np.float32)
        if slope:
            weights[f"{key}.slope"] = rng.uniform(-0.5, 2, shape[0]).astype(np.float32)

    put("stem", (STEM, 3, 3, 3))
    put("deep", (STEM, 1, 3, 3))
    put("thin", (STEM, STEM, 1, 1), slope=False)
    channels = STEM
    for number, block in enumerate(BLOCKS):
        put(f"blocks.{number}.widen", (block.wide, channels, 1, 1))
        put(f"blocks.{number}.deep", (block.wide, 1, 3, 3))
        put(f"blocks.{number}.narrow", (block.out, block.wide, 1, 1), slope=False)
        channels = block.out
    put("last", (FEATURES, channels, 1, 1))
    put("whole", (FEATURES, 1, 7, 7), slope=False)
    put("out", (outputs, FEATURES), slope=False)
    return weights


def noise(count: int) -> UInt8:
    return np.random.default_rng(1).integers(0, 256, (count, SIDE, SIDE, 3), np.uint8)


def pool(faces: int = 5) -> Pool:
    """Return grey faces under masks of a colour that none of them has."""
    bare = np.repeat(np.arange(60, 60 + faces, dtype=np.uint8), WINDOW * WINDOW * 3).reshape(faces, WINDOW, WINDOW, 3)
    masked, hidden = bare.copy(), np.zeros((WINDOW, WINDOW), bool)
    hidden[80:120, 30:114] = True
    masked[:, hidden] = CLOTH
    return Pool([f"{n}.jpg" for n in range(faces)], bare, masked, np.tile(np.packbits(hidden), (faces, 1)))


def test_the_graph_takes_any_batch_and_answers_alike(tmp_path: Path) -> None:
    write(tmp_path / "net.onnx", random_weights(), half=False)
    session, chips = open_session(tmp_path / "net.onnx"), noise(3)
    together = session.run(None, {"pixels": chips})[0]
    assert together.shape == (3, 5)
    singly = np.concatenate([session.run(None, {"pixels": chips[n : n + 1]})[0] for n in range(3)])
    np.testing.assert_allclose(singly, together, rtol=1e-4, atol=1e-5)


def test_the_graph_computes_what_torch_does(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="torch trains; it is not installed")
    from training.mobilefacenet.network import MobileFaceNet, Trunk, fed, normalised

    weights = random_weights()
    network = MobileFaceNet(weights)
    network.save_onnx(tmp_path / "net.onnx", half=False)
    found = open_session(tmp_path / "net.onnx").run(None, {"pixels": noise(2)})[0]
    with torch.no_grad():
        wanted = network(normalised(torch.from_numpy(noise(2)))).numpy()
        in_two = network.out(network.features(fed(Trunk(weights, 6)(noise(2))), 6)).numpy()
    np.testing.assert_allclose(found, wanted, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(in_two, wanted, rtol=1e-3, atol=1e-4)
    assert set(network.weights()) == set(weights)


def test_the_packaged_network_knows_a_face_and_its_mirror_image() -> None:
    (face,) = Engine(threads=1).faces(astronaut())
    session = open_session(registry.path_of(registry.card("bareface-mobile-bare")))
    chip = face.for_embedder
    chips = np.stack([chip, chip[:, ::-1], 255 - chip])
    own, mirrored, inverted = unit(session.run(None, {"pixels": chips})[0])
    assert own @ mirrored > 0.85
    assert own @ inverted < 0.6


def test_the_packaged_pair_treats_masked_faces_apart() -> None:
    engine = Engine(embedder="bareface-mobile", threads=1)
    photo = images.decode(astronaut()).pixels
    (face,) = engine.faces(photo)
    worn = apply_mask(photo, face.landmarks, sample_mask(3, half="test", nose="high")).pixels
    (masked,) = engine.faces(worn)
    assert (face.mask_state, masked.mask_state) == ("none", "full")
    assert face.enrolment_template.upper_face is not None
    assert (
        face.template.vector.shape == face.enrolment_template.upper_face.shape == masked.template.vector.shape == (128,)
    )
    plain = Engine(embedder="bareface-mobile-bare", threads=1).embed_chips([face.for_embedder])[0]
    np.testing.assert_allclose(face.template.vector, plain.vector, rtol=1e-4, atol=1e-5)
    assert score(masked.template, face.enrolment_template) > 0.4


def test_the_quick_slope_has_torchs_gradient() -> None:
    torch = pytest.importorskip("torch", reason="torch trains; it is not installed")
    from training.mobilefacenet.network import _Prelu

    x, slope = torch.randn(3, 4, 5, 5), torch.tensor([-0.5, 0.0, 0.7, 2.0])
    gradients = []
    for activation in (_Prelu.apply, torch.nn.functional.prelu):
        leaf = x.clone().requires_grad_(True)
        (activation(leaf, slope) * torch.arange(300.0).reshape(x.shape)).sum().backward()
        gradients.append(leaf.grad)
    torch.testing.assert_close(*gradients)


class TestTraining:
    def test_most_masks_are_blanked_and_some_faces_are_bare_or_painted_over(self) -> None:
        chips, numbers = next(batches(pool(), 300, seed=0))
        assert (chips.shape, chips.dtype) == ((300, CHIP, CHIP, 3), np.uint8)
        assert set(numbers.tolist()) <= set(range(5))
        blanked = (chips == FILL).all(axis=-1).mean(axis=(1, 2)) > 0.1
        cloth = (chips[..., 0].astype(int) - chips[..., 1] > 120).mean(axis=(1, 2)) > 0.1
        assert 0.7 < blanked.mean() < 0.9
        assert 0.02 < (cloth & ~blanked).mean() < 0.2
        assert 0.02 < (~cloth & ~blanked).mean() < 0.2

    def test_a_resumed_run_sees_what_it_would_have_seen(self) -> None:
        whole = list(islice(batches(pool(), 8, seed=3), 3))
        (resumed,) = islice(batches(pool(), 8, seed=3, start=2), 1)
        for one, two in zip(whole[2], resumed, strict=True):
            np.testing.assert_array_equal(one, two)

    def test_only_chosen_faces_are_drawn(self) -> None:
        _, numbers = next(batches(pool(), 50, seed=0, faces=np.array([1, 4])))
        assert set(numbers.tolist()) == {1, 4}

    def test_the_middle_of_a_window_is_the_chip(self) -> None:
        assert centre(pool().bare).shape == (5, CHIP, CHIP, 3)

    def test_a_finished_training_is_found_again_and_has_changed_the_upper_blocks_alone(self, tmp_path: Path) -> None:
        pytest.importorskip("torch", reason="torch trains; it is not installed")
        from training.mobilefacenet.train import Config, train

        target = unit(np.random.default_rng(0).normal(size=(5, 5)).astype(np.float32))
        config = Config(samples=8, batch=4)

        def run() -> dict[str, Float32]:
            return train(pool(), np.arange(5), target, random_weights(), config, tmp_path, every=1)

        assert config.steps == 2
        once, again = run(), run()
        changed = {name for name, value in random_weights().items() if (once[name] != value).any()}
        assert {"out.weight", "blocks.6.deep.weight", "last.bias"} <= changed
        assert not any(name.startswith(("stem", "deep", "blocks.5")) or "slope" in name for name in changed)
        for name, value in once.items():
            np.testing.assert_array_equal(value, again[name])


class TestSpace:
    @pytest.fixture
    def templates(self) -> tuple[Float32, Float32]:
        rng = np.random.default_rng(0)
        return unit(rng.normal(size=(40, 6)).astype(np.float32)), unit(rng.normal(size=(40, 4)).astype(np.float32))

    def test_cosines_are_the_mean_of_both(self, templates: tuple[Float32, Float32]) -> None:
        one, two = templates
        both = joined(templates)
        np.testing.assert_allclose(both @ both.T, (one @ one.T + two @ two.T) / 2, atol=1e-6)
        centred = unit(both - both.mean(axis=0))
        turned = fit(both, dimension=10, damped=0).of(both)
        np.testing.assert_allclose(turned @ turned.T, centred @ centred.T, atol=1e-5)

    def test_what_varies_most_counts_less_and_the_rest_is_evened_out(self, tmp_path: Path) -> None:
        wide = np.random.default_rng(0).normal(size=(4000, 5)).astype(np.float32) * np.array(
            [50, 4, 1, 1, 1], np.float32
        )
        space = fit(wide, dimension=5, damped=1, damping=0.01, power=0.5)
        vectors = (wide - space.mean) @ space.matrix
        assert abs(np.corrcoef(vectors.T, wide[:, 0])[-1, 1:-1]).max() < 0.05
        spread = vectors.std(axis=0)
        assert spread[0] == pytest.approx(0.5, rel=0.05), "a hundredth of what it was"
        np.testing.assert_allclose(spread[1:], spread[1], rtol=0.02)
        space.save(tmp_path / "space.npz")
        np.testing.assert_array_equal(Space.load(tmp_path / "space.npz").of(wide), space.of(wide))

    def test_a_subjects_photos_move_together_and_others_stay(self, templates: tuple[Float32, Float32]) -> None:
        one, _ = templates
        moved = towards_subject(one, ["a", "a", None, *["b"] * 37])
        assert moved[0] @ moved[1] > one[0] @ one[1]
        np.testing.assert_allclose(moved[2], one[2], atol=1e-6)


class TestLastLayers:
    def test_a_linear_target_is_found_again(self) -> None:
        rng = np.random.default_rng(0)
        x, true = with_one(rng.normal(size=(200, 6)).astype(np.float32)), rng.normal(size=(7, 3))
        np.testing.assert_allclose(ridge_map(x, x @ true, 1e-9), true, atol=1e-5)
        both = weighted_ridge([x, x[:, ::-1]], [1.0, 1e-12], x @ true, 1e-9)
        np.testing.assert_allclose(both, true, atol=1e-3)
        kept = with_map({"last.bias": np.zeros(2, np.float32)}, true)
        assert kept["out.weight"].shape == (3, 6)
        np.testing.assert_allclose(kept["out.bias"], true[-1], rtol=1e-6)
        assert "last.bias" in kept

    def test_degraded_faces_pull_the_layer_off_what_the_teacher_says_of_clean_ones(self) -> None:
        rng = np.random.default_rng(0)
        first = {
            "out.weight": rng.normal(size=(4, 6)).astype(np.float32),
            "out.bias": rng.normal(size=4).astype(np.float32),
        }
        space = Space(np.zeros(8, np.float32), rng.normal(size=(8, 3)).astype(np.float32))
        clean = with_one(rng.normal(size=(300, 6)).astype(np.float32))
        degraded_by = np.diag([1, 1, 1, 1, 1, 0.2, 1])
        target = clean @ prior(first, clean, clean[:, :3], space)
        head = bare_head(first, clean, clean @ degraded_by, target, space)
        plain = bare_head(first, clean, clean, target, space)
        assert (
            np.square(clean @ degraded_by @ head - target).sum() < np.square(clean @ degraded_by @ plain - target).sum()
        )
        np.testing.assert_allclose(clean @ plain, target, rtol=1e-6, atol=1e-6)

    def test_a_degraded_chip_depends_on_its_place_alone(self) -> None:
        (alone,) = degraded(pool(), [3])
        assert (degraded(pool(), [1, 3])[1] == alone).all()
        assert alone.shape == (CHIP, CHIP, 3)


def test_rates_count_mated_pairs_above_the_limit_of_the_others() -> None:
    subjects = np.array(["a", "a", "b", "b"])
    scores = np.where(subjects[:, None] == subjects[None], 0.9, 0.1)
    assert set(rates(scores, subjects).values()) == {1.0}
    assert set(rates(1 - scores, subjects).values()) == {0.0}


def test_celebas_names_tell_subjects_and_others_do_not() -> None:
    assert subject_of("celeba-train/2168_072181.jpg") == "2168"
    assert subject_of("utkface/2168_072181.jpg") is None


def test_pictures_are_found_in_a_fixed_order(tmp_path: Path) -> None:
    for name in ("b.jpg", "a.PNG", "c.txt"):
        (tmp_path / name).touch()
    assert [path.name for path in pictures([tmp_path])] == ["a.PNG", "b.jpg"]


class TestCohort:
    def test_sampled_templates_are_as_dense_as_real_ones_and_equal_none(self) -> None:
        rng = np.random.default_rng(0)
        kinds = unit(rng.normal(size=(4, 32)))
        real = unit(kinds[rng.integers(4, size=600)] + rng.normal(0, 0.2, (600, 32)))
        made = sample_cohort(real, 500, clustered=8)
        np.testing.assert_allclose(np.linalg.norm(made, axis=1), 1, atol=1e-5)
        assert (made @ real.T).max() < 0.99
        for rate in (0.1, 0.5, 0.9, 0.99):
            assert np.quantile(made @ real[:100].T, rate) == pytest.approx(
                np.quantile(real[100:] @ real[:100].T, rate), abs=0.05
            )

    def test_one_seed_gives_one_cohort(self) -> None:
        real = unit(np.random.default_rng(0).normal(size=(60, 8)))
        np.testing.assert_array_equal(sample_cohort(real, 20, clustered=4), sample_cohort(real, 20, clustered=4))
        assert (sample_cohort(real, 20, clustered=4, seed=1) != sample_cohort(real, 20, clustered=4)).any()


def test_shares_say_which_samples_are_drawn() -> None:
    chips, _ = next(batches(pool(), 60, seed=0, shares=Shares(bare=1, covered=0, clean=1)))
    assert (chips.reshape(60, -1).max(axis=1) < 70).all(), "only moved a little"
    chips, _ = next(batches(pool(), 60, seed=0, shares=Shares(bare=1, covered=0, spoilt=1)))
    assert (chips.reshape(60, -1).std(axis=1) > 1).any(), "some are noisy"
    chips, _ = next(batches(pool(), 60, seed=0, shares=Shares(bare=0, covered=1)))
    assert ((chips[:, -1] == FILL).all(axis=(1, 2))).all(), "all are painted over"


def test_faces_like_those_of_a_test_set_are_found() -> None:
    faces = unit(np.random.default_rng(0).normal(size=(5, 64)))
    found = nearest(faces, np.concatenate([-faces[2:3], faces[1:2]]))
    assert found.argmax() == 1
    assert found[1] == pytest.approx(1)
    assert (np.delete(found, 1) < 0.7).all()


def test_groups_are_those_of_the_source() -> None:
    names = {
        "a/31_1_1_20170117.jpg": "black",
        "7_0_2_2017.jpg": "children",
        "45_0_3_1.jpg": "indian",
        "70_0_0_1.jpg": None,
    }
    assert {name: group_of(name) for name in names} == names
    assert group_of("031.jpg") is None


def test_probes_are_other_people_than_the_gallery_and_have_one_photo_each() -> None:
    subjects = np.array(["a", "a", "b", "b", "c", "d", "d", "e"])
    for gallery, probes in halves(subjects, 3, 2, 10, 0):
        assert sorted(subjects[np.concatenate([gallery, probes])]) == list("abcde")


def test_second_photos_of_a_person_are_left_out() -> None:
    vectors = unit(np.array([[1, 0], [0, 1], [1, 0.1], [-1, 0]]))
    np.testing.assert_array_equal(distinct(vectors, np.arange(4)), [0, 1, 3])


def test_the_packaged_cohort_is_what_its_card_says() -> None:
    folder = Path(normalisation.__file__).parent / "cohorts"
    content = (folder / "bareface-mobile-128-v2.npz").read_bytes()
    card = json.loads((folder / "bareface-mobile-128-v2.json").read_text(encoding="utf-8"))
    assert (card["sha256"], card["size"]) == (hashlib.sha256(content).hexdigest(), len(content))
    assert len(content) < 500_000
    with np.load(folder / "bareface-mobile-128-v2.npz") as stored:
        vectors = stored["vectors"] * stored["scale"]
    assert vectors.shape == (2000, 128)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=0.02)
