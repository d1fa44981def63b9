"""Command line of the training: ``python -m training.restoration.enhance --data DIR...``."""

from __future__ import annotations

import argparse
from dataclasses import fields
from pathlib import Path

from training.restoration.enhance.config import Config
from training.restoration.enhance.train import main

_KINDS = {"int": int, "float": float, "str": str, "Path": Path, "Path | None": Path}


def _options() -> Config:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, nargs="+", required=True, help="folders of photos")
    for field in fields(Config):
        if field.type in _KINDS:
            parser.add_argument(f"--{field.name}", type=_KINDS[str(field.type)], default=field.default)
    parser.add_argument("--half", action=argparse.BooleanOptionalAction, default=True, help="compute in bfloat16")
    given = vars(parser.parse_args())
    return Config(**(given | {"data": tuple(given["data"])}))


if __name__ == "__main__":
    print(main(_options()))
