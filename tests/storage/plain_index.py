"""The simplest index there can be, in numpy: what the contract of an index asks for, and no more."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bareface.errors import GalleryError, TemplateError
from bareface.storage.ports import Fetch, Int64
from bareface.values.face import Float32

MAGIC = b"plain index"


@dataclass(frozen=True, eq=False)
class PlainIndex:
    """Float32 templates [n, d] under ids [n], compared one by one."""

    dimension: int
    ids: Int64
    unit: Float32
    exact: bool = True

    def __len__(self) -> int:
        return len(self.ids)

    def _unit(self, vectors: Float32) -> Float32:
        if vectors.ndim != 2 or vectors.shape[1] != self.dimension:
            raise TemplateError("template.shape", "not of this length.")
        norms = np.linalg.norm(vectors.astype(np.float64), axis=1)
        if not (np.isfinite(norms) & (norms > 0)).all():
            raise TemplateError("template.value", "not a template.")
        return np.asarray(vectors / norms[:, None], np.float32)

    def with_added(self, ids: Int64, vectors: Float32) -> PlainIndex:
        unit = self._unit(vectors)
        if ids.shape != (len(vectors),) or (ids < 0).any() or len(np.unique([*ids, *self.ids])) < len(self) + len(ids):
            raise ValueError("ids must be new")
        return replace(self, ids=np.concatenate([self.ids, ids]), unit=np.concatenate([self.unit, unit]))

    def without(self, ids: Int64) -> PlainIndex:
        keep = ~np.isin(self.ids, ids)
        return replace(self, ids=self.ids[keep], unit=self.unit[keep])

    def search(self, queries: Float32, k: int, fetch: Fetch) -> tuple[Float32, Int64]:
        if k < 1:
            raise ValueError("k must be at least 1")
        cosines = np.einsum("qd,nd->qn", self._unit(queries), self.unit, dtype=np.float64)
        cosines = np.clip(cosines, -1, 1).astype(np.float32)
        similarities = np.full((len(queries), k), -np.inf, np.float32)
        ids = np.full((len(queries), k), -1, np.int64)
        for row, own in enumerate(cosines):
            best = np.lexsort((self.ids, -own))[:k]
            similarities[row, : len(best)], ids[row, : len(best)] = own[best], self.ids[best]
        return similarities, ids

    def agrees(self, ids: Int64, vectors: Float32) -> bool:
        places = {number: place for place, number in enumerate(self.ids.tolist())}
        known = [places[number] for number in ids.tolist() if number in places]
        return len(known) == len(ids) and np.allclose(self.unit[known], self._unit(vectors), atol=1e-6)

    def save(self, path: Path, stamp: str, mode: int | None = None) -> None:
        file = io.BytesIO()
        np.savez(file, stamp=np.array(json.dumps(stamp)), ids=self.ids, unit=self.unit)
        content = MAGIC + file.getvalue()
        fresh = path.with_name(path.name + ".half")
        try:
            fresh.write_bytes(hashlib.sha256(content).digest() + content)
            fresh.chmod(mode or 0o600)
            fresh.replace(path)
        except OSError as error:
            raise GalleryError("gallery.index-write", str(error)) from error


class PlainIndexes:
    """Makes them."""

    exact = True

    def empty(self, dimension: int, mean: Float32) -> PlainIndex:
        return PlainIndex(dimension, np.empty(0, np.int64), np.empty((0, dimension), np.float32))

    def load(self, path: Path, stamp: str, dimension: int, mean: Float32) -> PlainIndex | None:
        try:
            content = path.read_bytes()
            if hashlib.sha256(content[32:]).digest() != content[:32]:
                return None
            if not content[32:].startswith(MAGIC):
                return None
            with np.load(io.BytesIO(content[32 + len(MAGIC) :])) as file:
                if str(file["stamp"]) != json.dumps(stamp) or file["unit"].shape[1] != dimension:
                    return None
                return replace(self.empty(dimension, mean), ids=file["ids"], unit=file["unit"])
        except (OSError, ValueError):
            return None

    def leftovers(self, path: Path) -> tuple[Path, ...]:
        return (path.with_name(path.name + ".half"),)
