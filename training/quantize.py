"""Make the descriptor's 8-bit version, which is not packaged: ``python -m training.quantize``.

Static quantisation by ONNX Runtime (8-bit weights for each output channel, 8-bit activations, ranges from 200 aligned
faces of redistributable training photos). It starts from float32 weights, not from the float16 ones shipped.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from bareface.services.engine import Engine
from bareface.system import dependencies
from bareface.values.face import UInt8
from training.convert_dlib import write_descriptor
from training.photos import largest_faces, redistributable

FACES = 200


def main() -> None:
    """Write ``out/dlib-resnet-int8.onnx`` and print how close it comes."""
    engine = Engine(detector="dlib", embedder="dlib-resnet")
    chips = [face.chip for face in largest_faces(engine, redistributable(each=100))]
    fitted, held_out = chips[::3][:FACES] + chips[1::3][: FACES - len(chips[::3][:FACES])], chips[2::3]
    target = Path("out") / "dlib-resnet-int8.onnx"
    target.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.onnx"
        write_descriptor(plain, half=False)
        quantize(plain, target, fitted)
    _report(target, engine, held_out)


def quantize(network: Path, target: Path, chips: list[UInt8]) -> None:
    """Write the 8-bit version of a network of the descriptor's shape.

    Parameters
    ----------
    network
        Its ONNX file with float32 weights.
    target
        The file to write.
    chips
        Aligned faces, RGB [150, 150, 3] uint8 each, that give the ranges of the activations.
    """
    tools = dependencies.onnxruntime(".quantization")
    reader: Any = tools.CalibrationDataReader

    class Chips(reader):
        left = iter(chips)

        def get_next(self) -> dict[str, UInt8] | None:
            chip = next(self.left, None)
            return None if chip is None else {"pixels": chip[None]}

    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.onnx"
        shapes = dependencies.onnxruntime(".quantization.shape_inference")
        shapes.quant_pre_process(str(network), str(prepared), skip_symbolic_shape=True)
        tools.quantize_static(
            str(prepared),
            str(target),
            Chips(),
            quant_format=tools.QuantFormat.QDQ,
            per_channel=True,
            activation_type=tools.QuantType.QUInt8,
            weight_type=tools.QuantType.QInt8,
            calibrate_method=tools.CalibrationMethod.MinMax,
        )


def _report(target: Path, engine: Engine, chips: list[UInt8]) -> None:
    from bareface.models.sessions import open_session

    quick = open_session(target, threads=2).run(None, {"pixels": np.stack(chips)})[0]
    exact = np.stack([template.vector for template in engine.embed_chips(chips)])
    cosine = (quick * exact).sum(1) / np.linalg.norm(quick, axis=1) / np.linalg.norm(exact, axis=1)
    print(
        f"{target.name}: {target.stat().st_size:,} bytes; cosine to float32 over {len(chips)} other faces: "
        f"lowest {cosine.min():.5f}, median {np.median(cosine):.5f}"
    )


if __name__ == "__main__":
    main()
