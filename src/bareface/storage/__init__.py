"""Where galleries are kept: a database that is the truth, and vector indexes derived from it."""
