"""Every embedder's output is checked before it becomes a template, whoever wrote the embedder."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from bareface.errors import ModelError
from bareface.services.engine import Engine
from tests.portraits import astronaut, hopper


class Liar:
    """An embedder of somebody's own."""

    name, model, space, precision, geometry = "liar", "liar", "liar", "float32", "dlib-150"

    def __init__(self, answer: Callable[[int], Any]) -> None:
        self.answer = answer

    def embed(self, chips: Any, masks: Any = None) -> Any:
        return self.answer(len(chips))


@pytest.mark.parametrize(
    "answer",
    [
        lambda n: None,
        lambda n: [[1.0, 2.0]] * n,
        lambda n: np.ones((n, 8, 1), np.float32),
        lambda n: np.ones((n + 1, 8), np.float32),
        lambda n: np.ones((n, 8), np.int64),
        lambda n: np.full((n, 8), np.nan, np.float32),
        lambda n: np.full((n, 8), np.inf),
        lambda n: np.zeros((n, 8), np.float32),
        lambda n: np.ones((n, 0), np.float32),
        lambda n: np.ones((n, 10_000), np.float32),
    ],
)
def test_what_another_embedder_gives_is_checked(answer: Callable[[int], Any]) -> None:
    engine = Engine(embedder=Liar(answer), threads=1)
    with pytest.raises(ModelError, match="the model liar gave") as refused:
        engine.faces(hopper())[0].template  # noqa: B018
    assert refused.value.code == "model.output"


def test_an_embedder_may_not_change_the_length_of_its_templates() -> None:
    lengths = iter((8, 9))
    engine = Engine(embedder=Liar(lambda n: np.ones((n, next(lengths)), np.float32)), threads=1)
    (face,) = engine.faces(hopper())
    assert face.template.vector.shape == (8,)
    with pytest.raises(ModelError, match="of 9 numbers, not of 8"):
        engine.faces(astronaut())[0].template  # noqa: B018
