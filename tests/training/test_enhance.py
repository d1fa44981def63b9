"""The pieces of the enhancing network's training, and the whole of it in little."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from bareface.models.sessions import open_session  # noqa: E402
from bareface.restoration.base import SIDE  # noqa: E402
from bareface.restoration.deconvolution import with_guesses  # noqa: E402
from bareface.values.face import UInt8  # noqa: E402
from tests.portraits import astronaut, hopper  # noqa: E402
from training.restoration.enhance import train  # noqa: E402
from training.restoration.enhance.config import Config  # noqa: E402
from training.restoration.enhance.export import export  # noqa: E402
from training.restoration.enhance.losses import Sight, charbonnier, edges, share  # noqa: E402
from training.restoration.enhance.model import Network, along, grown, lines, starlet, to_tensor  # noqa: E402
from training.restoration.enhance.people import somebody  # noqa: E402
from training.restoration.enhance.spoil import chain, pair  # noqa: E402


def faces(count: int, seed: int = 0) -> UInt8:
    """Smooth, coloured blobs instead of faces."""
    rng = np.random.default_rng(seed)
    coarse = torch.from_numpy(rng.uniform(0, 255, (count, 3, 9, 9)).astype(np.float32))
    large = torch.nn.functional.interpolate(coarse, (SIDE, SIDE), mode="bicubic").clamp(0, 255)
    return np.asarray(large.permute(0, 2, 3, 1).numpy(), np.uint8)


def test_onnx_gives_what_the_network_gives(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = Network()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, 0, 0.03)
    export(network, tmp_path / "made.onnx")
    given = np.stack([with_guesses(face) for face in faces(2)])
    found = open_session(tmp_path / "made.onnx").run(None, {"pixels": given})[0]
    with torch.no_grad():
        pixels = to_tensor(given)
        wanted = (255 * (pixels[:, :3] + network(pixels))).clamp(0, 255).permute(0, 2, 3, 1).numpy()
    assert found.dtype == np.uint8
    # The weights are rounded to float16.
    assert np.abs(found - wanted).max() < 1.5
    assert np.abs(found - given[..., :3].astype(float)).max() > 1
    assert (tmp_path / "made.onnx").stat().st_size < 6e6


def test_a_new_network_hardly_changes_a_face() -> None:
    torch.manual_seed(0)
    with torch.no_grad():
        assert Network()(to_tensor(with_guesses(faces(1)[0])[None])).abs().max() < 0.1


def test_the_bands_of_a_face_add_up_to_it() -> None:
    pixels = to_tensor(faces(2))
    bands = starlet(pixels)
    assert torch.allclose(sum(bands), pixels, atol=1e-5)
    assert float(bands[-1].std()) > float(bands[0].std())


def test_a_blur_along_a_line_leaves_no_detail_along_it() -> None:
    kernels = lines()
    np.testing.assert_allclose(kernels.sum(axis=(1, 2)), 1, rtol=1e-5)
    assert (kernels == kernels[:, ::-1, ::-1]).mean() > 0.97  # about the middle, but for rounding
    flat = to_tensor(np.tile(faces(1)[0, :, :1], (1, 1, SIDE, 1)))  # each row of one colour: a blur from side to side
    detail = [float(band.abs().mean()) for band in along(flat)]
    assert detail[0] < 1e-6 < 0.01 * detail[2]
    assert detail[4] < 1e-6 < 0.01 * detail[6]


def test_weights_that_did_not_know_lines_grow_without_changing_anything() -> None:
    torch.manual_seed(1)
    network, given = Network(), to_tensor(np.stack([with_guesses(face) for face in faces(1)]))
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, 0, 0.03)
    state = network.state_dict()
    assert grown(state) is state
    new = 4 * len(lines())
    first = state["head.weight"].shape[1] - len(lines())
    old = state | {"head.weight": state["head.weight"][:, :first]}
    for name in ("tail.weight", "tail.bias"):
        rest = len(state[name]) - new - 12  # the last three outputs are what is added
        old[name] = torch.cat([state[name][:rest], state[name][-12:]])
    network.load_state_dict(grown(old))
    assert (network.tail.weight[rest : rest + new] == 0).all()
    assert (network.tail.weight[rest + new :] == old["tail.weight"][rest:]).all()
    with torch.no_grad():
        before = network(given)
        network.head.weight[:, first:] = 0
        assert torch.equal(network(given), before)


def test_pairs_are_drawn_the_same_again_and_are_of_every_strength() -> None:
    face = faces(1)[0]
    off = []
    for seed in range(60):
        spoilt, good = pair(face, np.random.default_rng(seed))
        again, _ = pair(face, np.random.default_rng(seed))
        assert spoilt.shape == good.shape == face.shape
        assert spoilt.dtype == good.dtype == np.uint8
        assert (spoilt == again).all()
        off.append(np.abs(spoilt.astype(int) - good).mean())
    assert min(off) == 0
    assert np.quantile(off, 0.9) > 10 * np.quantile(off, 0.2)


def test_a_chain_leaves_its_photo_alone() -> None:
    photo = faces(1, seed=3)[0]
    kept = photo.copy()
    for seed in range(20):
        chain(photo, np.random.default_rng(seed))
    assert (photo == kept).all()


def test_somebody_is_drawn_the_same_again_and_mostly_nobody_at_hand() -> None:
    known = faces(4)
    made = [somebody(known, 0, np.random.default_rng(seed)) for seed in range(20)]
    again = [somebody(known, 0, np.random.default_rng(seed)) for seed in range(20)]
    for one, other in zip(made, again, strict=True):
        assert one.shape == (160, 160, 3)
        assert one.dtype == np.uint8
        np.testing.assert_array_equal(one, other)
    assert 0 < sum((one == known[0]).all() for one in made) < 10


def test_losses_are_least_for_the_picture_itself() -> None:
    sight = Sight()
    good = to_tensor(faces(2))
    near, far = (good + width * torch.randn(good.shape, generator=torch.manual_seed(0)) for width in (0.02, 0.2))
    for loss in (charbonnier, edges):
        assert (loss(good - good) < loss(near - good)).all()
        assert (loss(near - good) < loss(far - good)).all()
    own, close, remote = (sight.apart(one.clamp(0, 1), good) for one in (good, near, far))
    for a, b, c in zip(own, close, remote, strict=True):
        assert (a.abs() < 2e-3).all()
        assert (a < b).all()
        assert (b < c).all()


def test_a_tenth_less_counts_alike_for_faces_spoilt_little_and_much() -> None:
    gains = [float(share(torch.tensor([left])) - share(torch.tensor([0.9 * left]))) for left in (0.3, 3.0)]
    assert gains[0] == pytest.approx(gains[1], rel=0.1)


def test_the_rate_rises_stays_and_falls() -> None:
    config = Config(data=(), steps=1000)
    rates = [train.rate(step, config) for step in (1, 100, 300, 700, 1000)]
    assert rates[0] < rates[1] < rates[2] == config.rate
    assert rates[2] > rates[3] > rates[4] > 0


@pytest.fixture
def small(tmp_path: Path) -> Config:
    np.save(tmp_path / "faces.npy", faces(6))
    return Config(data=(), out=tmp_path, steps=6, batch=2, every=3, half=False)


def test_a_training_goes_on_where_it_stopped(small: Config, tmp_path: Path) -> None:
    torch.manual_seed(0)
    whole = train.fit(np.load(tmp_path / "faces.npy"), small)
    (tmp_path / "enhance.pt").unlink()
    torch.manual_seed(0)
    stop = train.batches

    def three(given: UInt8, config: Config, steps: range) -> object:
        return stop(given, config, range(steps.start, min(steps.stop, 3)))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train, "batches", three)
        train.fit(np.load(tmp_path / "faces.npy"), small)
    assert torch.load(tmp_path / "enhance.pt", weights_only=True)["done"] == 3
    torch.manual_seed(1)
    gone_on = train.fit(np.load(tmp_path / "faces.npy"), small)
    for a, b in zip(whole.parameters(), gone_on.parameters(), strict=True):
        assert torch.allclose(a, b, atol=1e-6)


def test_no_face_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="no bare face"):
        train.gathered(Config(data=(tmp_path,), out=tmp_path))


@pytest.mark.slow
def test_trained_from_nothing_it_undoes_something(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for portrait in (astronaut(), hopper()):
        (photos / portrait.name).write_bytes(portrait.read_bytes())
    command = [sys.executable, "-m", "training.restoration.enhance", "--data", str(photos), "--out", str(tmp_path)]
    command += ["--steps", "350", "--every", "100", "--rate", "0.002"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    network, sight = open_session(tmp_path / "bareface-enhance.onnx"), Sight()
    before: list[float] = []
    after: list[float] = []
    for face in np.load(tmp_path / "faces.npy"):
        for seed in range(40):
            spoilt, good = pair(face, np.random.default_rng(10_000 + seed))
            made = network.run(None, {"pixels": with_guesses(spoilt)[None]})[0][0]
            for drifts, image in ((before, spoilt), (after, made)):
                drifts.append(float(sight.apart(to_tensor(image[None]), to_tensor(good[None]))[1]))
    # The template is what the losses weigh most; pixels come later than in 350 steps.
    assert np.mean(after) < 0.96 * np.mean(before)
