"""Digests of the weights that a run used."""

from __future__ import annotations

import hashlib

from bareface.models import registry
from bareface.restoration.enhance import MODEL as ENHANCER
from bareface.restoration.unmask import MODEL
from bareface.services.engine import Engine
from benchmarks import readme_restoration
from benchmarks.digests import DETECTOR, SEGMENTER, digests


def test_they_are_those_of_the_files() -> None:
    engine = Engine(embedder="bareface128", threads=1)
    found = digests(engine, DETECTOR, SEGMENTER, MODEL, ENHANCER)
    assert list(found) == ["bareface128", "dlib-resnet", DETECTOR, SEGMENTER, MODEL, ENHANCER]
    for name, digest in found.items():
        card = registry.card(name)
        file = registry.path_of(card, engine.precision if len(card.files) > 1 else None)
        assert digest == hashlib.sha256(file.read_bytes()).hexdigest(), name
    searched = digests(Engine(threads=1), DETECTOR, SEGMENTER, MODEL, ENHANCER)
    assert readme_restoration.stale({"weights": searched}, *readme_restoration.SEARCHED_WITH) == []
