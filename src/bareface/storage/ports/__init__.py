"""Protocols that the layers above expect of storage, and the plain values that cross these seams."""

from bareface.storage.ports.gallery_store import (
    NO_BOX,
    GalleryReader,
    GalleryStore,
    GalleryWriter,
    Maker,
    NewReference,
    State,
)
from bareface.storage.ports.photo_store import IMPORTED, PhotoStore, StoredPhoto
from bareface.storage.ports.vector_index import Fetch, IndexFactory, Int64, VectorIndex

__all__ = [
    "IMPORTED",
    "NO_BOX",
    "Fetch",
    "GalleryReader",
    "GalleryStore",
    "GalleryWriter",
    "IndexFactory",
    "Int64",
    "Maker",
    "NewReference",
    "PhotoStore",
    "State",
    "StoredPhoto",
    "VectorIndex",
]
