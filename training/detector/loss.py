"""The loss: who answers for a face is decided by who answers best, then each part is scored.

Assignment after SimOTA (Ge et al., "YOLOX", 2021), scores after varifocal loss (Zhang et al., 2021).
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from training.detector.config import Config
from training.detector.targets import Targets, centres

STATE_WEIGHTS = (1.0, 1.3, 1.0)


def decode(raw: Tensor, middle: Tensor, stride: Tensor) -> tuple[Tensor, Tensor]:
    """Decode boxes [..., 4] and landmarks [..., 5, 2] in pixels from raw outputs [..., 18] at locations."""
    step = stride[..., None]
    at = middle + raw[..., 1:3] * step
    half = raw[..., 3:5].clamp(-4, 5).exp() * step / 2
    points = middle[..., None, :] + raw[..., 5:15].unflatten(-1, (5, 2)) * step[..., None]
    return torch.cat([at - half, at + half], -1), points


def generous_iou(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """Compute IoU and GIoU (Rezatofighi et al., 2019) of boxes [..., 4]."""
    shared = _area(torch.maximum(first[..., :2], second[..., :2]), torch.minimum(first[..., 2:], second[..., 2:]))
    union = _area(first[..., :2], first[..., 2:]) + _area(second[..., :2], second[..., 2:]) - shared
    hull = _area(torch.minimum(first[..., :2], second[..., :2]), torch.maximum(first[..., 2:], second[..., 2:]))
    iou = shared / union.clamp(min=1e-6)
    return iou, iou - (hull - union) / hull.clamp(min=1e-6)


def _area(low: Tensor, high: Tensor) -> Tensor:
    return (high - low).clamp(min=0).prod(-1)


class Loss:
    """Score, box, landmark and mask-state losses of a batch.

    Parameters
    ----------
    config
        Weights, and the side of the pictures.
    """

    def __init__(self, config: Config, device: torch.device) -> None:
        self._config = config
        middle, stride = centres(config.size)
        self._middle, self._stride = (torch.from_numpy(array).to(device) for array in (middle, stride))
        self._state_weights = torch.tensor(STATE_WEIGHTS, device=device)

    def __call__(self, raw: Tensor, targets: Targets) -> dict[str, Tensor]:
        """Compute the weighted parts; their sum is the loss.

        Parameters
        ----------
        raw
            float32 [n, locations, 18].
        targets
            The faces.
        """
        face, place = self._answers(raw.detach(), targets)
        chosen = raw[targets.picture[face], place]
        boxes, points = decode(chosen, self._middle[place], self._stride[place])
        iou, giou = generous_iou(boxes, targets.boxes[face])
        count = max(len(face), 1)
        wanted = torch.zeros(raw.shape[:2], device=raw.device)
        # A little above the overlap, so that a good answer is a sure one.
        wanted[targets.picture[face], place] = (0.5 + 0.5 * iou.detach()).clamp(0, 1)
        config = self._config
        return {
            "score": self._score(raw[..., 0], wanted, targets.ignored) / count,
            "box": config.box_weight * (1 - giou).sum() / count,
            "points": config.point_weight * self._points(points, targets, face),
            "state": config.state_weight * self._state(chosen[:, 15:18], targets.states[face]),
        }

    def _answers(self, raw: Tensor, targets: Targets) -> tuple[Tensor, Tensor]:
        """Assign locations to faces: the cheapest of each face, more if more overlap well."""
        places, picture = targets.places, targets.picture[:, None]
        seen = raw[picture, places]
        boxes, points = decode(seen, self._middle[places], self._stride[places])
        iou, _ = generous_iou(boxes, targets.boxes[:, None])
        known = torch.isfinite(targets.points).all(-1).all(-1)
        extent = _area(targets.boxes[:, :2], targets.boxes[:, 2:]).sqrt()
        off = (points - targets.points.nan_to_num()[:, None]).abs().mean((-1, -2)) / extent[:, None]
        cost = -seen[..., 0].sigmoid().clamp(min=1e-4).log() + 3 * (1 - iou) + 10 * off * known[:, None]
        cost = cost.masked_fill(~targets.possible, torch.inf)
        many = (iou * targets.possible).topk(min(6, iou.shape[1]), 1).values.sum(1).int().clamp(1, 6)
        order = cost.argsort(1)
        rank = torch.empty_like(order).scatter_(
            1, order, torch.arange(order.shape[1], device=raw.device).expand_as(order)
        )
        taken = (rank < many[:, None]) & targets.possible
        face, column = taken.nonzero(as_tuple=True)
        place = places[face, column]
        # A location that several faces want answers the cheapest.
        key = targets.picture[face] * raw.shape[1] + place
        best = torch.full((raw.shape[0] * raw.shape[1],), torch.inf, device=raw.device)
        price = cost[face, column]
        best.scatter_reduce_(0, key, price, "amin")
        first = price <= best[key]
        return face[first], place[first]

    @staticmethod
    def _score(logits: Tensor, wanted: Tensor, ignored: Tensor) -> Tensor:
        probability = logits.detach().sigmoid()
        weight = torch.where(wanted > 0, wanted, 0.75 * probability**2)
        weight = weight.masked_fill(ignored & (wanted == 0), 0)
        return (weight * functional.binary_cross_entropy_with_logits(logits, wanted, reduction="none")).sum()

    @staticmethod
    def _points(points: Tensor, targets: Targets, face: Tensor) -> Tensor:
        truth = targets.points[face]
        known = torch.isfinite(truth).all(-1).all(-1)
        boxes = targets.boxes[face]
        extent = _area(boxes[:, :2], boxes[:, 2:]).sqrt()[:, None, None]
        off = (points - truth.nan_to_num()) / extent
        each = functional.smooth_l1_loss(off, torch.zeros_like(off), reduction="none", beta=0.01).mean((1, 2))
        return (each * known).sum() / known.sum().clamp(min=1)

    def _state(self, logits: Tensor, states: Tensor) -> Tensor:
        known = states >= 0
        if not known.any():
            return logits.sum() * 0
        return functional.cross_entropy(logits[known], states[known], self._state_weights)
