"""The pieces of the occlusion map's training."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch")

from bareface.faces.occlusion.base import UNCERTAIN, likeliest  # noqa: E402
from bareface.models.sessions import open_session  # noqa: E402
from tests.training.chips import portrait  # noqa: E402
from training.occlusion import export as exporting  # noqa: E402
from training.occlusion import labels, model  # noqa: E402
from training.occlusion.augment import placed  # noqa: E402
from training.occlusion.config import CHIP, SIDE, Config  # noqa: E402
from training.occlusion.data import batches, thin  # noqa: E402
from training.occlusion.earlier import start_from  # noqa: E402
from training.occlusion.export import export  # noqa: E402
from training.occlusion.faces import kept, parsing_photos, trainable  # noqa: E402
from training.occlusion.glasses import wear_glasses  # noqa: E402
from training.occlusion.model import Network, to_cells, to_tensor  # noqa: E402
from training.occlusion.occluders import Occluders  # noqa: E402
from training.occlusion.prints import reprinted, strapped  # noqa: E402
from training.occlusion.scenes import settled, without_doubt  # noqa: E402
from training.occlusion.wear import masked, relabelled, without_straps  # noqa: E402


def network() -> Network:
    """Return an untrained network whose batch norm has seen something."""
    torch.manual_seed(0)
    made = Network().train()
    made(torch.randint(0, 256, (4, 3, CHIP, CHIP), dtype=torch.uint8))
    return made.eval()


def test_onnx_gives_the_classes_of_the_network(tmp_path: Path) -> None:
    made = network()
    export(made, tmp_path / "made.onnx")
    chips = np.random.default_rng(0).integers(0, 256, (3, CHIP, CHIP, 3), np.uint8)
    found = open_session(tmp_path / "made.onnx").run(None, {"pixels": chips})[0]
    with torch.no_grad():
        scores = made(to_tensor(chips)).numpy()
    assert found.dtype == np.uint8
    # The weights are rounded to float16.
    assert (likeliest(found) == scores.argmax(1)).mean() > 0.995
    odds = np.exp(scores[:, [labels.MASK, labels.OTHER]].max(1) - scores[:, [labels.BACKGROUND, labels.FACE]].max(1))
    doubted = (scores.argmax(1) < labels.MASK) & (odds > 0.1 / 0.9)
    assert doubted.any()
    assert (np.isin(found, UNCERTAIN) == doubted).mean() > 0.995


def test_a_deeper_network_starts_as_the_earlier_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr(model, "DOWN", (0, 1, 2, 3))
        earlier.setattr(model, "UP", (1, 1, 1))
        for module in (model, exporting):
            earlier.setattr(module, "CLASSES", 4)
        export(network(), tmp_path / "earlier.onnx")
    chips = portrait().pixels[:, :CHIP, :CHIP].repeat(4, axis=0)
    chips = np.ascontiguousarray([np.roll(chip, 20 * place, axis=1) for place, chip in enumerate(chips)])
    made = Network()
    start_from(made, tmp_path / "earlier.onnx", to_tensor(chips))
    found = open_session(tmp_path / "earlier.onnx").run(None, {"pixels": chips})[0]
    with torch.no_grad():
        assert (made.eval()(to_tensor(chips)).argmax(1).numpy() == likeliest(found)).mean() > 0.9
        # By statistics of a batch, too; an untrained network's scores are almost ties.
        assert (made.train()(to_tensor(chips)).argmax(1).numpy() == likeliest(found)).mean() > 0.8


def test_targets_lie_where_the_scores_of_their_pixels_lie() -> None:
    made = network()
    chips = to_tensor(np.random.default_rng(1).integers(0, 256, (2, CHIP, CHIP, 3), np.uint8))
    with torch.no_grad():
        classes = made(chips).argmax(1).numpy().astype(np.uint8)
        in_cells = made.cells(chips).argmax(1)
    targets = to_cells(classes)
    inside = targets != labels.IGNORED
    assert int(inside.sum()) == 2 * CHIP * CHIP
    assert torch.equal(in_cells[inside], targets[inside])


def test_clear_glasses_are_face_and_dark_ones_are_not() -> None:
    parsing = np.ones((60, 60), np.uint8)
    parsing[20:30, 10:50] = labels.GLASSES
    assert (labels.visible_face(parsing)[20:30, 10:50] == labels.DARK).all()
    parsing[23:27, 15:22] = 4  # an eye shows through
    assert (labels.visible_face(parsing) == labels.FACE).all()


def test_hair_hides_only_between_the_features() -> None:
    parsing = np.ones((100, 100), np.uint8)
    parsing[40:45, 20:35], parsing[40:45, 65:80], parsing[75:85, 35:65] = 4, 5, 11
    parsing[:20] = labels.HAIR  # a fringe
    parsing[50:60, 42:58] = labels.HAIR
    classes = labels.visible_face(parsing)
    assert (classes[:20] == labels.BACKGROUND).all()
    assert (classes[51:59, 43:57] == labels.OTHER).all()


def test_a_worn_mask_is_labelled_where_the_photo_changes() -> None:
    bare = portrait()
    worn = masked(bare, 6, seed=0)
    assert len(worn) == 6
    for pixels, classes in zip(worn.pixels, worn.classes, strict=True):
        changed = abs(pixels.astype(int) - bare.pixels[0]).max(axis=-1) > 12
        region = classes == labels.MASK
        assert region.sum() > 300
        assert changed[region].mean() > 0.8
    again = relabelled(worn, np.full_like(bare.classes, labels.OTHER))
    assert ((again.classes == labels.MASK) == (worn.classes == labels.MASK)).all()
    assert (again.classes[worn.classes != labels.MASK] == labels.OTHER).all()


def test_every_kind_of_occluder_is_painted_where_it_is_labelled() -> None:
    face = portrait()
    occluders = Occluders(face.pixels, face.classes)
    rng = np.random.default_rng(0)
    for _, _share in occluders._kinds:
        assert _share > 0
    for _ in range(60):
        pixels, hidden = occluders.put(face.pixels[0], face.points[0], rng)
        assert pixels.shape == (SIDE, SIDE, 3)
        assert pixels.dtype == np.uint8
        assert set(np.unique(hidden)) <= {0, 1}
        changed = (pixels != face.pixels[0]).any(axis=-1)
        # What is not labelled changes at the soft edge only.
        assert changed.sum() <= hidden.sum() + 0.1 * SIDE * SIDE


@pytest.mark.parametrize("dark", [False, True])
def test_glasses_are_painted_over_the_eyes_and_nowhere_else(dark: bool) -> None:
    face = portrait()
    pixels, points = face.pixels[0], face.points[0]
    rng = np.random.default_rng(0)
    for _ in range(20):
        worn, place = wear_glasses(pixels, points, rng, dark=dark)
        assert all(place[round(y), round(x)] for x, y in points[:2])
        changed = abs(worn.astype(int) - pixels).max(axis=-1) > 12
        reached = cv2.dilate(place, np.ones((5, 5), np.uint8)) > 0
        assert not (changed & ~reached).any()
        assert not place[round(points[3:, 1].mean()) :].any()


def test_another_print_stays_inside_the_mask() -> None:
    bare = portrait()
    worn = masked(bare, 3, seed=2)
    rng = np.random.default_rng(0)
    for pixels, classes in zip(worn.pixels, worn.classes, strict=True):
        near = cv2.dilate((classes == labels.MASK).astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
        for _ in range(8):
            changed = (reprinted(pixels, classes, bare.pixels, rng) != pixels).any(axis=-1)
            assert not (changed & ~near).any()


def test_a_mask_without_straps_is_the_bare_picture_there() -> None:
    bare = portrait()
    worn = masked(bare, 8, seed=2)
    for pixels, classes in zip(worn.pixels, worn.classes, strict=True):
        region = (classes == labels.MASK).astype(np.uint8)
        taken, body = without_straps(pixels, region, bare.pixels[0])
        gone = (region > 0) & (cv2.dilate(body, np.ones((3, 3), np.uint8)) == 0)
        assert (taken[gone] == bare.pixels[0][gone]).all()
        assert (taken[body > 0] == pixels[body > 0]).all()


def test_straps_are_labelled_as_mask_and_count_as_thin() -> None:
    bare = portrait()
    worn = masked(bare, 3, seed=2)
    rng = np.random.default_rng(0)
    for pixels, classes, points in zip(worn.pixels, worn.classes, worn.points, strict=True):
        tied, labelled = strapped(pixels, classes, points, rng)
        added = (labelled == labels.MASK) & (classes != labels.MASK)
        assert added.sum() > 20
        assert (tied[added] != pixels[added]).any(axis=-1).mean() > 0.8
        assert (thin(labelled[None])[0].astype(bool) <= (labelled == labels.MASK)).all()
    block = np.zeros((1, 40, 40), np.uint8)
    block[0, 10:30, 10:30] = block[0, 5:7] = labels.MASK
    assert (thin(block)[0, 5:7] == 1).all()
    assert not thin(block)[0, 12:28, 12:28].any()


def test_a_first_maps_doubts_are_not_learnt_from() -> None:
    pixels = np.full((SIDE, SIDE, 3), (200, 150, 120), np.uint8)
    points = np.array([(74, 76), (124, 76), (99, 106), (80, 130), (118, 130)], np.float32)
    best = np.full((SIDE, SIDE), labels.FACE, np.uint8)
    best[20:40, 80:120] = labels.OTHER  # the skin of the forehead
    best[66:86, 60:138] = labels.OTHER  # a band over both eyes
    best[140:170, 90:110] = labels.OTHER
    classes = without_doubt(best, pixels, points)
    assert (classes[20:40, 80:120] == labels.FACE).all()
    assert (classes[66:86, 60:138] == labels.DARK).all()
    assert (classes[140:170, 90:110] == labels.IGNORED).all()


def test_a_real_mask_is_labelled_whole() -> None:
    pixels = np.full((SIDE, SIDE, 3), (200, 150, 120), np.uint8)
    pixels[100:160, 60:140] = 240
    points = np.array([(74, 76), (124, 76), (99, 106), (80, 130), (118, 130)], np.float32)
    shares = np.zeros((5, SIDE, SIDE), np.float32)
    shares[labels.FACE] = 1
    shares[:, 100:160, 60:140] = np.eye(5, dtype=np.float32)[labels.MASK][:, None, None]
    shares[:, 120:126, 90:96] = np.eye(5, dtype=np.float32)[labels.FACE][:, None, None]  # a hole
    shares[:, 130:150, 60:75] = np.eye(5, dtype=np.float32)[labels.OTHER][:, None, None]  # a fold
    classes = settled(shares, pixels, points)
    assert (classes[104:156, 64:136] == labels.MASK).all()
    assert (classes[:60] == labels.FACE).all()


def test_a_mirrored_sample_takes_its_labels_along() -> None:
    pixels = np.zeros((SIDE, SIDE, 3), np.uint8)
    pixels[60:130, 40:90] = 255
    classes = (pixels[..., 0] > 0).astype(np.uint8)
    rng = np.random.default_rng(3)
    for _ in range(30):
        chip, target = placed(pixels, classes, rng)
        assert ((chip[..., 0] > 127) == (target > 0)).mean() > 0.97


def test_a_batch_depends_on_its_step_alone() -> None:
    bare = portrait()
    config = Config(data=Path(), batch=4)
    worn = masked(bare, 2, seed=0)
    whole = list(batches(bare, worn, config, range(3)))
    resumed = list(batches(bare, worn, config, range(2, 3)))
    assert all((one == two).all() for one, two in zip(whole[2], resumed[0], strict=True))
    assert not (whole[0][0] == whole[1][0]).all()


def test_validation_identities_are_never_trained_on(tmp_path: Path) -> None:
    assert trainable(Path("train/celeba/101/000001.jpg"))
    assert not trainable(Path("train/celeba/100/000001.jpg"))
    assert not trainable(Path("CelebA_Samples/celeba_identity_samples/2005_001234.jpg"))
    assert trainable(Path("UTKFace/data/20_0_1_2005.jpg"))
    (tmp_path / "images").mkdir()
    for number in range(20):
        (tmp_path / "images" / f"{number:04}.jpg").touch()
    held = parsing_photos(tmp_path, held_out=True)
    assert len(held) == 2
    assert not set(held) & set(parsing_photos(tmp_path, held_out=False))


def test_kept_faces_come_back_as_they_were(tmp_path: Path) -> None:
    face = portrait()
    first = kept(tmp_path / "faces.npz", lambda: face)
    second = kept(tmp_path / "faces.npz", lambda: pytest.fail("made twice"))
    for name in ("pixels", "classes", "points"):
        assert (getattr(first, name) == getattr(face, name)).all()
        assert (getattr(second, name) == getattr(face, name)).all()
