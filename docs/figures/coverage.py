"""Draw scores under rising coverage: ``python docs/figures/coverage.py [FILE.png]``.

The faces are the two public-domain portraits that come with dependencies (Eileen Collins by NASA, Grace Hopper by the
U.S. Navy). A simulated mask is pulled up from the chin to between the eyes; every covered photo goes through the whole
engine again, detection included, and is compared with both uncovered ones.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from bareface import compare
from bareface.imaging import decode as images
from bareface.imaging.align import align
from bareface.imaging.portraits import portraits
from bareface.messages.words import percent
from bareface.services.engine import Engine
from bareface.synthesis.masks import apply_mask, sample_mask
from bareface.values.face import Face, UInt8
from bareface.values.search import Comparison

# Upper edges at the nose, in inter-ocular distances below the eyes.
EDGES = (1.5, 1.25, 1.0, 0.8, 0.6, 0.45, 0.3, 0.15, 0.0)
LOW = 0.7  # below this edge the nose is bare, and the mask lies flat there
COLOURS = ("#0b6e99", "#c4532d")
INK, LINE = "#1b1d21", "#8b8578"


@dataclass(frozen=True, slots=True)
class Step:
    """A covered photo.

    Attributes
    ----------
    chip
        The face as the landmarks of the uncovered photo align it.
    face
        What the engine found; None if it found no face.
    own, other
        Compared with the uncovered photo of the same and of the other person.
    """

    chip: UInt8
    face: Face | None = None
    own: Comparison | None = None
    other: Comparison | None = None


def covered(engine: Engine, pixels: UInt8, own: Face, other: Face) -> list[Step]:
    """The photo as it is, and under a mask that is pulled up step by step."""
    # A plain one of the half that nothing was trained on.
    mask = replace(sample_mask(0, half="test", kind="surgical"), pattern=None, tilt=0.0, shift=0.0)
    worn = [replace(mask, top=edge, nose="low" if edge > LOW else "high") for edge in EDGES]
    photos = [pixels, *(apply_mask(pixels, own.landmarks, spec).pixels for spec in worn)]
    steps = []
    for photo in photos:
        chip = align(photo, own.landmarks)
        # The found face that lies over the true one, if any.
        found = [face for face in engine.faces(photo) if face.box.iou(own.box) > 0.2][:1]
        steps += [Step(chip, face, *(compare(face, bare, min_visible=0) for bare in (own, other))) for face in found]
        steps += [] if found else [Step(chip)]
    return steps


def curves(axes: Axes, name: str, other: str, steps: Sequence[Step], colour: str) -> None:
    """Similarities over the visible share."""
    seen = sorted(
        (step.face.visible, step.own.similarity, step.other.similarity)
        for step in steps
        if step.face and step.own and step.other and step.face.visible is not None
    )
    visible, own, others = np.array(seen).T
    axes.plot(visible, own, "o-", color=colour, markersize=4, label=f"{name}, with her uncovered photo")
    axes.plot(visible, others, "o--", color=colour, markersize=4, mfc="white", label=f"{name}, with {other}")


def thresholds(axes: Axes, steps: Sequence[Step]) -> None:
    """Return the similarity that a match needs at the mask state of each step."""
    compared = [(step.face.visible, step.own) for step in steps if step.face and step.face.visible and step.own]
    compared.sort(key=lambda pair: pair[0])
    rate = round(1 / compared[-1][1].fmr, -1)
    axes.step(
        [visible for visible, _ in compared],
        [comparison.threshold for _, comparison in compared],
        where="mid", color=LINE, linewidth=1, label=f"threshold of a match (FMR 1 in {rate:,.0f})",
    )  # fmt: skip


def chips(figure: Figure, steps: Sequence[Step], bottom: float, colour: str) -> None:
    """A row of chips, captioned with what the engine says of them."""
    width = 0.93 / len(steps)
    height = width * figure.get_figwidth() / figure.get_figheight()
    for number, step in enumerate(steps):
        axes = figure.add_axes((0.05 + number * width, bottom, 0.94 * width, 0.94 * height))
        axes.imshow(step.chip, alpha=1.0 if step.face else 0.35)
        axes.axis("off")
        says = "no face found"
        if step.face and step.face.visible is not None:
            says = f"{percent(step.face.visible)}, {step.face.mask_state}"
        axes.set_title(says, fontsize=7, pad=2, color=colour if step.face else LINE)


def main(target: Path) -> None:
    """Cover, compare and draw."""
    engine, people = Engine(), portraits()
    photos = [images.decode(person.photos[0]).pixels for person in people]
    bare = [engine.faces(photo)[0] for photo in photos]
    figure = Figure(figsize=(9, 6.6), dpi=110)
    axes = figure.add_axes((0.075, 0.43, 0.905, 0.49))
    every: list[Step] = []
    for number, (person, photo, colour) in enumerate(zip(people, photos, COLOURS, strict=True)):
        own, other = bare[number], bare[1 - number]
        steps = covered(engine, photo, own, other)
        every += steps
        curves(axes, person.name, people[1 - number].name, steps, colour)
        chips(figure, steps, 0.175 - 0.165 * number, colour)
        for step in steps:
            if step.face and step.own and step.other:
                scores = f"own {step.own.similarity:.3f}, other {step.other.similarity:.3f}"
                print(f"{person.name}: {step.face.visible:.2f} visible, {step.face.mask_state}: {scores}")
            else:
                print(f"{person.name}: no face found")
    thresholds(axes, every)
    axes.set_xlabel("share of the face that is visible (face.visible); covered from the chin upward", color=INK)
    axes.set_ylabel("similarity (cosine)", color=INK)
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
    axes.invert_xaxis()
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(frameon=False, fontsize=8.5, loc="upper center", ncols=3)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    images.write(target, np.ascontiguousarray(np.asarray(canvas.buffer_rgba())[..., :3]))


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[1] / "images" / "coverage.png"))
