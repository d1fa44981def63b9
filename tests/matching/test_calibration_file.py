"""Calibration files from elsewhere: read, or refused with a code; nothing else."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from importlib import resources
from typing import Any

import numpy as np
import pytest

from bareface.calibration.calibration import Calibration
from bareface.errors import CalibrationError
from tests.wording import PYTHON_WORDS

PACKAGED = sorted(
    (file for file in (resources.files("bareface.calibration") / "packaged").iterdir() if file.name.endswith(".json")),
    key=lambda file: file.name,
)
WHOLE: dict[str, Any] = json.loads(PACKAGED[0].read_text(encoding="utf-8"))
WHOLE["entries"] = WHOLE["entries"][:2]


def changed(change: Callable[[dict[str, Any]], object]) -> str:
    values = json.loads(json.dumps(WHOLE))
    change(values)
    return json.dumps(values)


def test_what_is_packaged_is_read_and_written_the_same() -> None:
    for file in PACKAGED:
        text = file.read_text(encoding="utf-8")
        assert Calibration.from_json(text).to_json() == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "[]",
        "7",
        '"text"',
        "{}",
        "[" * 100_000,
        '{"format": 1, "entries": ' + "[" * 50_000,
        changed(lambda v: v.update(format="1")),
        changed(lambda v: v.update(format=[1])),
        changed(lambda v: v.update(entries=7)),
        changed(lambda v: v.update(entries=[])),
        changed(lambda v: v.update(entries=[7])),
        changed(lambda v: v.update(entries={"a": 1})),
        changed(lambda v: v.update(space=7)),
        changed(lambda v: v.pop("basis")),
        changed(lambda v: v["entries"][0].pop("llr")),
        changed(lambda v: v["entries"][0].update(llr=[])),
        changed(lambda v: v["entries"][0].update(strangers=None)),
        changed(lambda v: v["entries"][0]["llr"].update(isotonic="x")),
        changed(lambda v: v["entries"][0]["llr"]["isotonic"].update(llrs=[], scores=[])),
        changed(lambda v: v["entries"][0]["llr"]["logistic"].update(slope=float("nan"))),
        changed(lambda v: v["entries"][0]["llr"]["logistic"].update(slope="7")),
        changed(lambda v: v["entries"][0]["llr"].update(mated=1e400)),
        changed(lambda v: v["entries"][0]["llr"]["reliability"].update(stated=[0.5])),
        changed(lambda v: v["entries"][0]["strangers"].update(probes=0)),
        changed(lambda v: v["entries"][0]["strangers"].update(pairs=0)),
        changed(lambda v: v["entries"][0]["strangers"].update(pairs=True)),
        changed(lambda v: v["entries"][0]["strangers"].update(pairs=10**400)),
        changed(lambda v: v["entries"][0]["strangers"].update(similarities=7)),
        changed(lambda v: v["entries"][0]["strangers"].update(similarities=[0.1, None])),
        changed(lambda v: v["entries"][0]["strangers"].update(variances=[[1, 2], [3]])),
        changed(lambda v: v["entries"][0]["strangers"]["log_hazard"].__setitem__(0, 1e308)),
        changed(lambda v: v["entries"][0]["strangers"]["log_hazard"].__setitem__(0, {})),
        changed(lambda v: v["entries"][0]["strangers"]["similarities"].reverse()),
    ],
)
def test_anything_else_is_refused_with_a_code(text: str) -> None:
    with pytest.raises(CalibrationError) as caught:
        Calibration.from_json(text)
    assert caught.value.code == "calibration.format"
    assert len(str(caught.value)) < 500
    assert not PYTHON_WORDS.search(str(caught.value))


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every container below a value with each of its keys."""
    keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in list(keys):
        yield value, key
        yield from places(value[key])


def damage(count: int, seed: int) -> tuple[int, int]:
    """Read N calibrations with a value or some letters changed; return how many were read, and how many refused."""
    rng = random.Random(seed)
    strange = (None, True, 0, -1, 1e308, float("inf"), float("nan"), 10**30, "", "x", [], {}, [[]], [None], {"a": 1})
    read = refused = 0
    for number in range(count):
        values = json.loads(json.dumps(WHOLE))
        if number % 2:
            holder, key = rng.choice(list(places(values)))
            holder[key] = rng.choice(strange)
            text = json.dumps(values)
        else:
            text = json.dumps(values)
            place = rng.randrange(len(text))
            text = (
                text[:place]
                + rng.choice(("", "9", "-", "e9", "[", '"', "\0", "nul"))
                + text[place + rng.randrange(3) :]
            )
        try:
            calibration = Calibration.from_json(text)
        except CalibrationError:
            refused += 1
            continue
        read += 1
        with np.errstate(all="ignore"):
            for states in calibration.entries:
                calibration.fpir(0.5, 1000, states=states)
                calibration.decide(0.99, 1000, states=states)
    return read, refused


def test_damage_anywhere_is_a_typed_error() -> None:
    assert min(damage(120, seed=1)) > 10


@pytest.mark.slow
def test_much_damage_anywhere_is_a_typed_error() -> None:
    assert min(damage(5000, seed=2)) > 500
