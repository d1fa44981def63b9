"""Storage of galleries: a database that is the truth, and vector indexes derived from it."""
