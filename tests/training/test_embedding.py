"""The pieces of the mask-aware embedder's training: invented people, and what is drawn from them."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from bareface.types import Float32, UInt8
from tests.training.chips import portrait
from training.embedding.draw import Supply
from training.embedding.invent import invent
from training.embedding.pool import CHIP, WINDOW, Pool

FILL = np.array([7, 201, 9], np.float32)
CLOTH = (255, 0, 255)
KEPT = 30


def windows(count: int, side: int = WINDOW) -> UInt8:
    """Grey faces of a kind: smooth, each another one."""
    rng = np.random.default_rng(count)
    y, x = np.mgrid[:side, :side] / side
    waves = rng.uniform(2, 9, (count, 2))
    shades = [110 + 60 * np.sin(a * x + number) * np.cos(b * y) for number, (a, b) in enumerate(waves)]
    return np.repeat(np.stack(shades)[..., None], 3, axis=-1).astype(np.uint8)


@given(
    st.integers(0, 2**32),
    st.sampled_from([64, 150, WINDOW]),
    st.sampled_from(["black", "white", "noise", "one dot", "smooth"]),
    st.integers(1, 3),
)
@settings(max_examples=60, deadline=None)
def test_any_windows_give_a_window(seed: int, side: int, kind: str, count: int) -> None:
    faces = windows(count, side)
    if kind in ("black", "white", "one dot"):
        faces[:] = 255 if kind == "white" else 0
        faces[0, side // 2, side // 2] = 255
    elif kind == "noise":
        faces = np.random.default_rng(seed).integers(0, 256, faces.shape, np.uint8)
    before = faces.copy()
    made = invent(faces, np.random.default_rng(seed))
    assert (made.shape, made.dtype) == ((side, side, 3), np.uint8)
    np.testing.assert_array_equal(made, invent(faces, np.random.default_rng(seed)))
    np.testing.assert_array_equal(faces, before)


def test_other_seeds_give_other_people() -> None:
    faces = windows(4)
    made = {invent(faces, np.random.default_rng(seed)).tobytes() for seed in range(30)}
    assert len(made) == 30


def test_somebody_new_still_looks_like_a_face() -> None:
    # The eyes of a portrait stay darker than the cheeks below them, in nearly all that is made of it.
    window = portrait().pixels[0]
    margin = (window.shape[0] - CHIP) // 2
    faces = np.stack([window[margin : margin + CHIP, margin : margin + CHIP]] * 2)
    darker = 0
    for seed in range(40):
        made = invent(faces, np.random.default_rng(seed)).mean(axis=2)
        eyes = min(made[38:54, 36:58].min(), made[38:54, 92:114].min())
        darker += eyes < 0.8 * np.median(made[60:80, 40:110])
    assert darker >= 36


class Teacher:
    """Answers with the means of a chip's parts, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[UInt8] = []

    def __call__(self, chips: UInt8) -> Float32:
        assert chips.shape[1:] == (CHIP, CHIP, 3)
        assert chips.dtype == np.uint8
        self.asked += list(chips)
        parts = chips.astype(np.float32).mean(axis=-1).reshape(len(chips), 10, 15, 10, 15).mean(axis=(2, 4))
        return np.pad(parts.reshape(len(chips), 100), ((0, 0), (0, 28)))


def pool(faces: int = 5, masks: int = 2) -> Pool:
    """Grey faces under masks of a colour that none of them has."""
    bare = windows(faces)
    masked, hidden = np.repeat(bare[:, None], masks, 1), np.zeros((faces, masks, WINDOW, WINDOW), bool)
    masked[:, :, 110:180, 40:160] = CLOTH
    hidden[:, :, 110:180, 40:160] = True
    return Pool(bare, np.zeros((faces, 5, 2), np.float32), masked, hidden)


def supply(teacher: Teacher, seed: int = 0, kept: int = KEPT, fresh: float = 0.25) -> Supply:
    return Supply(pool(), teacher, FILL, np.random.default_rng(seed), kept=kept, fresh=fresh)


def test_a_batch_has_chips_and_the_teachers_answers_for_bare_people() -> None:
    teacher = Teacher()
    drawn = supply(teacher)
    views, rest = divmod(len(teacher.asked), KEPT)
    assert (views > 0, rest) == (True, 0)
    chips, targets = drawn.batch(64)
    assert (chips.shape, chips.dtype) == ((64, CHIP, CHIP, 3), np.uint8)
    assert (targets.shape, targets.dtype) == ((64, 128), np.float32)
    # A quarter of the batch is new people.
    assert len(teacher.asked) == (KEPT + 16) * views
    # A target is what the teacher said of all that it saw of one person.
    people = Teacher()(np.stack(teacher.asked)).reshape(-1, views, 128).mean(axis=1)
    for given_out in (targets, drawn.targets):
        assert abs(given_out[:, None] - people[None]).max(axis=2).min(axis=1).max() < 1e-2
    assert len(np.unique(drawn.targets[:, 0])) == KEPT


def test_the_teacher_never_sees_a_mask_and_the_pupil_mostly_a_blanked_one() -> None:
    teacher = Teacher()
    chips, _ = supply(teacher, fresh=0.1).batch(200)
    for asked in teacher.asked:
        # Grey people in coloured light: nothing like the cloth.
        assert (asked.astype(int).max(axis=2) - asked.astype(int).min(axis=2)).mean() < 90
    blanked = (chips == FILL).all(axis=-1).mean(axis=(1, 2)) > 0.1
    cloth = (chips[..., 0].astype(int) - chips[..., 1] > 120).mean(axis=(1, 2)) > 0.1
    assert 0.65 < blanked.mean() < 0.9
    assert 0.03 < (cloth & ~blanked).mean() < 0.3
    assert 0.02 < (~cloth & ~blanked).mean() < 0.2


def test_the_same_seed_gives_the_same_batches() -> None:
    first, second, other = supply(Teacher()), supply(Teacher()), supply(Teacher(), seed=1)
    for _ in range(2):
        one, two = first.batch(8), second.batch(8)
        assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))
    assert not np.array_equal(one[0], other.batch(8)[0])


def test_the_pool_is_not_changed() -> None:
    teacher, faces = Teacher(), pool()
    before = [getattr(faces, name).copy() for name in ("bare", "masked", "hidden")]
    Supply(faces, teacher, FILL, np.random.default_rng(0), kept=8, fresh=1.0).batch(8)
    after = [getattr(faces, name) for name in ("bare", "masked", "hidden")]
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
