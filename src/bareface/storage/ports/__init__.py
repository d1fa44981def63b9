"""What the layers above ask of storage, as protocols, and the plain values that cross these seams."""

from bareface.storage.ports.vector_index import Fetch, IndexFactory, Int64, VectorIndex

__all__ = ["Fetch", "IndexFactory", "Int64", "VectorIndex"]
