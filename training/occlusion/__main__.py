"""Command line of the training."""

from __future__ import annotations

import argparse
from dataclasses import fields
from pathlib import Path

from training.occlusion.config import Config
from training.occlusion.train import main
from training.photos import data_folder


def _options() -> Config:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=None, help="the folder that holds `parsing` and `train`")
    parser.add_argument("--extra", type=Path, nargs="*", default=(), help="more folders of bare faces")
    parser.add_argument("--detector", type=Path, default=None, help="YuNet's ONNX file")
    parser.add_argument("--labeller", type=Path, default=None, help="ONNX file of a map that labels other faces")
    parser.add_argument("--start", type=Path, default=None, help="ONNX file of an earlier network to start from")
    parser.add_argument("--out", type=Path, default=Path("out/occlusion"))
    for field in fields(Config):
        if field.type in ("int", "float", "str"):
            kind = {"int": int, "float": float, "str": str}[field.type]
            parser.add_argument(f"--{field.name.replace('_', '-')}", type=kind, default=field.default)
    given = vars(parser.parse_args())
    given["data"] = given["data"] or data_folder()
    given["detector"] = given["detector"] or given["data"].parent / "models" / "yunet_n_640_640.onnx"
    given["extra"] = tuple(given["extra"])
    return Config(**given)


if __name__ == "__main__":
    print(main(_options()))
