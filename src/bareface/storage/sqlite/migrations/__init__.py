"""Numbered migrations of the gallery's tables, run by Alembic from inside the package."""
