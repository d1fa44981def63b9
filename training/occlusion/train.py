"""Two stages: a labeller from the labelled photos alone, then the model from everything the labeller labelled."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from bareface.faces.detection.yunet import YunetDetector
from bareface.faces.occlusion.segmenter import OnnxSegmenter
from bareface.faces.occlusion.visible_share import expected_area
from training.occlusion import faces as cutting
from training.occlusion.config import MARGIN, Config
from training.occlusion.data import batches, thin
from training.occlusion.earlier import start_from
from training.occlusion.export import export
from training.occlusion.faces import Faces
from training.occlusion.labels import FACE, IGNORED, MASK
from training.occlusion.model import Network, to_cells, to_tensor
from training.occlusion.scenes import CORNERS, SEEN_WRONG, Segment, masked_faces, votes, without_doubt
from training.occlusion.wear import masked, relabelled

# Background, face, mask, other, dark glasses: a missed mask pixel costs an embedder more than one too many.
_WEIGHTS = (1.0, 1.0, 1.1, 1.3, 1.3)
_THIN = 1.0  # more weight for straps, which are few pixels
# A pseudo-labelled face shows at least so much face and at most so much of what is taken for a mask.
_LEAST_FACE, _MOST_MASK = 0.25, 0.15
# One in which more than this is taken for a mask comes so often.
_MISTAKEN, _MISTAKEN_TIMES = 0.002, 8
_EVERY = 250  # steps between checkpoints


def main(config: Config) -> Path:
    """Train both stages, or go on where they stopped; returns the ONNX file."""
    torch.set_num_threads(config.threads)
    torch.manual_seed(config.seed)
    config.out.mkdir(parents=True, exist_ok=True)
    detector = YunetDetector(config.detector)
    photos = cutting.parsing_photos(config.data / "parsing", held_out=False)
    photos = photos[: max(2, round(len(photos) * config.parsing_share))]
    known = cutting.labelled(photos, detector)
    known_worn = cutting.kept(config.out / "known.npz", lambda: masked(known, config.masks_each, config.seed))
    print(f"{len(known)} labelled faces", flush=True)
    file = config.labeller or config.out / "labeller.onnx"
    if config.labeller is None:
        export(fit(known, known_worn, config, config.first_steps, config.out / "labeller.pt"), file)
    if not config.faces:
        return file

    segment = OnnxSegmenter(file, threads=config.threads).segment
    others = cutting.kept(
        config.out / "others.npz",
        lambda: cutting.unlabelled(folders(config), detector, config.faces, config.seed),
    )
    others_worn = cutting.kept(
        config.out / "others-worn.npz", lambda: masked(others, config.masks_each_unlabelled, config.seed + 1)
    )
    others, others_worn = pseudo_labelled(segment, others, others_worn)
    print(f"{len(others)} other faces, bare", flush=True)
    real = None
    if config.real:
        scenes = config.data / "detection" / "train"
        real = cutting.kept(config.out / "real.npz", lambda: masked_faces(scenes, detector, segment, SEEN_WRONG))
        print(f"{len(real)} faces in real masks", flush=True)
    # The hand-made labels come often enough to be heard.
    share = max(1, len(others) // (3 * len(known)))
    everything, everything_worn = _joined(*[known] * share, others), _joined(known_worn, others_worn)
    network = fit(everything, everything_worn, config, config.steps, config.out / "model.pt", real)
    export(network, config.out / "bareface-occlusion.onnx")
    return config.out / "bareface-occlusion.onnx"


def folders(config: Config) -> list[Path]:
    """List the folders of unlabelled bare faces."""
    train = config.data / "train"
    inside = (train / "celeba", train / "synthetic", train / "public-domain")
    return [folder for folder in (*inside, *config.extra) if folder.is_dir()]


def pseudo_labelled(segment: Segment, bare: Faces, worn: Faces) -> tuple[Faces, Faces]:
    """Label faces, bare and masked, with the classes that a first map gives the bare ones.

    Faces in whom it sees hardly a face are left out. What it takes for a mask is none: a beard, if it lies within the
    face. Such faces come more often, bare, so that the error is unlearnt.
    """
    classes = np.stack([votes(segment, pixels, CORNERS).argmax(axis=0) for pixels in bare.pixels]).astype(np.uint8)
    middle = classes[:, MARGIN:-MARGIN, MARGIN:-MARGIN]
    taken = (middle == MASK).mean(axis=(1, 2))
    good = ((middle == FACE).mean(axis=(1, 2)) > _LEAST_FACE) & (taken < _MOST_MASK)
    inside = np.pad(expected_area(), MARGIN)
    classes[(classes == MASK) & inside] = FACE
    classes[classes == MASK] = IGNORED
    parts = zip(classes, bare.pixels, bare.points, strict=True)
    classes = np.stack([without_doubt(best, pixels, points) for best, pixels, points in parts])
    worn = chosen(relabelled(worn, classes), np.repeat(good, len(worn) // len(bare)))
    often = np.where(taken > _MISTAKEN, _MISTAKEN_TIMES, 1) * good
    return chosen(replace(bare, classes=classes), np.repeat(np.arange(len(bare)), often)), worn


def chosen(faces: Faces, which: NDArray[np.bool_] | NDArray[np.intp]) -> Faces:
    """Select some of the faces."""
    return Faces(faces.pixels[which], faces.classes[which], faces.points[which])


def _joined(*parts: Faces) -> Faces:
    return Faces(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("pixels", "classes", "points")))


def fit(bare: Faces, worn: Faces, config: Config, steps: int, file: Path, real: Faces | None = None) -> Network:
    """Train a network, or go on from its checkpoint.

    Parameters
    ----------
    bare, worn, real
        Faces without a mask, with simulated ones, and with real ones.
    config
        The run.
    steps
        Optimiser steps in all.
    file
        The checkpoint.
    """
    network = Network()
    if config.start is not None and not file.is_file():
        chips = np.concatenate([chips for chips, _ in batches(bare, worn, config, range(8), real)])
        start_from(network, config.start, to_tensor(chips))
    network.to(config.device, memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(network.parameters(), config.rate, weight_decay=config.decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, config.rate, total_steps=max(steps, 2), pct_start=0.1)
    done, losses, began = 0, [0.0], time.monotonic()
    if file.is_file():
        saved = torch.load(file, weights_only=True)
        network.load_state_dict(saved["network"])
        optimiser.load_state_dict(saved["optimiser"])
        schedule.load_state_dict(saved["schedule"])
        done, losses = saved["done"], saved["losses"]
    network.train()
    criterion = nn.CrossEntropyLoss(
        torch.tensor(_WEIGHTS, device=config.device), ignore_index=IGNORED, reduction="none"
    )
    for step, (chips, classes) in enumerate(batches(bare, worn, config, range(done, steps), real), done + 1):
        scores = network.cells(to_tensor(chips).to(config.device))
        each = criterion(scores, to_cells(classes).to(config.device))
        weights = 1 + _THIN * to_cells(thin(classes), fill=0).to(config.device)
        loss: Tensor = (each * weights).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        losses.append(float(loss.detach()))
        if step % _EVERY == 0 or step == steps:
            state = {"network": network.state_dict(), "optimiser": optimiser.state_dict()}
            more = {"schedule": schedule.state_dict(), "done": step, "losses": losses}
            torch.save(state | more, file.with_suffix(".part"))
            file.with_suffix(".part").replace(file)
        if step % 50 == 0:
            mean, taken = np.mean(losses[-50:]), time.monotonic() - began
            print(f"{file.stem} {step}/{steps}: loss {mean:.4f}, {taken:.0f} s", flush=True)
    network.cpu().eval()
    return network
