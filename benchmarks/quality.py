"""Does quality predict errors? Error versus discard on LFW, clean and degraded: ``python -m benchmarks.quality``.

The 3,000 mated pairs of LFW's protocol; a pair has the lower quality of its two photos, and up to 30 % of the pairs
are discarded. The threshold is set once, before discarding, at a false match rate counted over all photos of different
people. In the degraded round each pair's probe is spoilt by a kind and a level drawn by chance, the same in every run,
from ``bareface.evaluation.degradations.LEVELS``; the reference stays as it is. A pair
in which no face is found has no quality: it is left out here, and counted.

Nothing was fitted, and nothing chosen, on LFW. Curves that do not know how much of the face is covered are the ones to
believe where no occlusion map is at work; those that know take the true share of the simulated cover.
"""

from __future__ import annotations

from collections.abc import Iterator
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from bareface.evaluation.degradations import LEVELS
from bareface.evaluation.protocols import Protocol
from training.quality_faces import LEVELS_EACH, Job

FMR = (1e-3, 1e-4)
SHARES = np.linspace(0.0, 0.3, 7)
KINDS = tuple(LEVELS)


def clean_jobs(protocol: Protocol) -> Iterator[Job]:
    """Every photo as it is."""
    subjects = _subjects(protocol)
    for photo, sample in enumerate(protocol.samples):
        yield Job(subjects[sample.subject], photo, sample.path)


def degraded_jobs(protocol: Protocol) -> Iterator[Job]:
    """Every probe of a mated pair, spoilt by a kind and a level of chance."""
    subjects = _subjects(protocol)
    for photo in np.unique(protocol.probe[_mated(protocol)]).tolist():
        sample = protocol.samples[photo]
        rng = np.random.default_rng([crc32(sample.name.encode()), 1])
        kind, level, seed = KINDS[rng.integers(len(KINDS))], int(rng.integers(LEVELS_EACH)), int(rng.integers(2**31))
        yield Job(subjects[sample.subject], photo, sample.path, kind, level, "test", seed)


def _subjects(protocol: Protocol) -> dict[str, int]:
    return {name: number for number, name in enumerate(sorted({sample.subject for sample in protocol.samples}))}


def _mated(protocol: Protocol) -> NDArray[np.bool_]:
    names = np.array([sample.subject for sample in protocol.samples])
    same: NDArray[np.bool_] = names[protocol.probe] == names[protocol.reference]
    return same
