"""Masks and degradations put on photos."""
