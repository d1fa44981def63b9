"""The gallery: a database that is the truth, and a vector index derived from it."""
