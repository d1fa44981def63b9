"""Gain of each step of the masked embedder, on validation identities: ``python -m benchmarks.ablation``.

Networks are named as NAME=FILE. Each row is one for masked faces beside dlib's for bare ones; the first rows are dlib's
own, the last are the packaged one, by itself and with the second template of bare faces. See
:mod:`training.embedding.validate` for the photos.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import get_args

from bareface.faces.detection.yunet import YunetDetector
from bareface.models import registry
from bareface.synthesis.mask_specs import Nose
from benchmarks.common import print_table, write_json
from training.embedding.validate import Chips, chips_of, row_of, templates, with_second
from training.photos import data_folder


def rows(networks: Sequence[tuple[str, Path]], chips: Chips) -> Iterator[tuple[str, dict[str, float]]]:
    """Return the rows: dlib's network on masks as they are, then on blanked ones, then each of the others."""
    dlib = registry.path_of(registry.card("dlib-resnet"), "float32")
    bare = templates(dlib, chips.bare)
    yield "dlib, mask as it is", row_of(dlib, Chips(chips.bare, chips.masked, chips.masked, chips.subject), bare)
    yield "dlib, mask blanked", row_of(dlib, chips, bare)
    for name, path in networks:
        yield name, row_of(path, chips, bare)
    shipped = registry.path_of(registry.card("bareface128"))
    alone = row_of(shipped, chips, bare)
    yield "8 bits, one template of bare faces", alone
    yield "as shipped, 8 bits", alone | with_second(shipped, chips, bare)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="*", help="NAME=FILE")
    parser.add_argument("--nose", choices=get_args(Nose), help="masks that are worn so, e.g. low: below the nose")
    parser.add_argument("--json", type=Path, default=Path("out/ablation.json"))
    options = parser.parse_args()
    data = data_folder()
    detector = YunetDetector(data.parent / "models" / "yunet_n_640_640.onnx")
    chips = chips_of(data / "train" / "celeba", detector, options.nose)
    networks = [(name, Path(file)) for name, _, file in (entry.partition("=") for entry in options.networks)]
    table = dict(rows(networks, chips))
    people = len(set(chips.subject.tolist()))
    print_table(
        f"CelebA validation, {len(chips.subject)} photos of {people} people",
        ["", *next(iter(table.values()))],
        [[name, *(f"{value:.3f}" for value in row.values())] for name, row in table.items()],
    )
    write_json(options.json, {"photos": len(chips.subject), "people": people, "rows": table})


if __name__ == "__main__":
    main()
