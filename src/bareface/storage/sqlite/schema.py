"""The tables of a gallery, in SQLAlchemy Core; portable to PostgreSQL.

Narrow tables for what is looked up, wide ones for what is fetched by key: counting subjects or rebuilding the index
never reads past a picture.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, MetaData, Table

from bareface.storage.sqlite.columns import Blob, FilePath, LongWords, Moment, Real, Whole, Words

REVISION = "0009"
"""The migration that these tables stand for; a gallery at this revision opens without running Alembic."""

READABLE = "0006"
"""The earliest revision that can be read as it is, where a gallery may not be written to."""

COMPUTES = "type IN ('trigger', 'view') OR type = 'table' AND ltrim(sql) LIKE 'CREATE VIRTUAL%'"
"""Condition on ``sqlite_master`` for what SQLite would run by itself; a gallery has none of it."""

_SHA256 = "[0-9a-f]{64}"
_HEX = "[0-9a-f]{32}"
_SOME = ".+"

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _reference_key() -> Column[int]:
    return Column("reference_id", ForeignKey("reference.id", ondelete="CASCADE"), primary_key=True)


gallery = Table(
    "gallery",
    metadata,
    Column("id", Integer, CheckConstraint("id = 1", name="single"), primary_key=True),
    Column("uuid", Words(32, _HEX), nullable=False),
    Column("space", Words(100, optional=True)),  # None until the first template is enrolled
    Column("dimension", Whole(optional=True)),
    Column("generation", Whole(), nullable=False),  # grows with every write
    Column("epoch", Whole(), nullable=False),  # grows when templates are replaced under the same reference
    Column("created", Moment, nullable=False),
    # Random, new with every write: two copies of one gallery that are each written to once have different tokens.
    Column("token", Words(32, _HEX), nullable=False, server_default=""),
    Column("previous", Words(32), nullable=False, server_default=""),  # the token before; see `after_a_crash`
)

# Tokens of the last writes, so that a gallery that was written to is told from another one put in its place.
# Binary, unlike the two above, because the write-ahead log is searched for those as text.
history = Table(
    "history",
    metadata,
    Column("generation", Integer, primary_key=True),
    Column("token", Blob(16), nullable=False),
)

subject = Table(
    "subject",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Words(32, _HEX), nullable=False, unique=True),  # by which a correction finds a deleted subject again
    Column("name", Words(500, optional=True), unique=True),
    Column("name_key", Words(500, optional=True)),  # what is compared: see bareface.values.names
    Column("namesake", Whole(), nullable=False, server_default="0"),  # above 0 only in galleries of earlier versions
    Index(None, "name_key", "namesake", unique=True),
    sqlite_autoincrement=True,
)

file = Table(
    "file",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("sha256", Words(64, _SHA256), nullable=False, unique=True),
    Column("path", FilePath(optional=True), index=True),
    Column("format", Words(40), nullable=False),
    Column("width", Whole(), nullable=False),
    Column("height", Whole(), nullable=False),
    sqlite_autoincrement=True,
)

# AUTOINCREMENT: a reference number is never used twice, so an index that has a number has the right template.
reference = Table(
    "reference",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("subject_id", Whole(), ForeignKey("subject.id"), nullable=False, index=True),
    Column("file_id", Whole(), ForeignKey("file.id"), nullable=False, index=True),
    Column("x1", Real(), nullable=False),
    Column("y1", Real(), nullable=False),
    Column("x2", Real(), nullable=False),
    Column("y2", Real(), nullable=False),
    Column("landmarks", Blob(40, optional=True)),  # float32 [5, 2] little-endian; None for an imported template
    Column("scheme", Words(20, _SOME, optional=True)),
    Column("score", Real(), nullable=False),
    Column("quality", Real(-1, 101, optional=True)),  # 0 to 100; None where not known
    Column("basis", Words(500, optional=True)),
    Column("enrolled", Moment, nullable=False),
    sqlite_autoincrement=True,
)


def _template_columns() -> list[Any]:
    return [
        _reference_key(),
        Column("model", Words(100, _SOME), nullable=False),
        Column("precision", Words(20, _SOME), nullable=False),
        Column("vector", Blob(multiple=4), nullable=False),  # float32 [dimension] little-endian
        Column("mask_state", Words(10, "none|partial|full"), nullable=False, server_default="none"),
        Column("visible", Real(-0.01, 1.01, optional=True)),  # None if not measured
        Column("covered", Blob(multiple=4, optional=True)),  # as vector; None where there is none
    ]


template = Table(
    "template", metadata, *_template_columns(), Index(None, "model", "precision"), Index(None, "mask_state")
)

# Re-embedding fills this table at leisure; one transaction then moves it over the other.
staged = Table(
    "staged_template",
    metadata,
    *_template_columns(),
    Column("space", Words(100, _SOME), nullable=False, index=True),
)

picture = Table(
    "picture",
    metadata,
    _reference_key(),
    Column("thumbnail", Blob(256), nullable=False),  # uint8 [16, 16], grey: tells a re-encoding from another photo
    Column("crop", Blob(optional=True)),  # JPEG, 160x160; None with crops=False
)

# A correction names a photo by content and a face by place, so that it outlives the reference it was made on.
correction = Table(
    "correction",
    metadata,
    Column("id", Integer, primary_key=True),
    Column(
        "kind",
        Words(10, "assign|reject|merge"),
        CheckConstraint("kind in ('assign', 'reject', 'merge')", name="kind"),
        nullable=False,
    ),
    Column("sha256", Words(64, _SHA256, optional=True), index=True),
    Column("x1", Real(optional=True)),
    Column("y1", Real(optional=True)),
    Column("x2", Real(optional=True)),
    Column("y2", Real(optional=True)),
    Column("merged_name", Words(500, optional=True), index=True),  # of a merge: the key of the name
    Column("subject_key", Words(32, _HEX, optional=True), index=True),
    Column("subject_name", Words(500, optional=True)),
    Column("subject_name_key", Words(500, optional=True), index=True),
    Column("made", Moment, nullable=False),
    sqlite_autoincrement=True,
)

# Pairs of faces that a person was asked about, and that were not found to be one person. Of faces, not of subjects: see
# `bareface.storage.sqlite.apart`.
apart = Table(
    "apart",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("one_id", Whole(), ForeignKey("reference.id", ondelete="CASCADE"), nullable=False),  # the lower number
    Column("other_id", Whole(), ForeignKey("reference.id", ondelete="CASCADE"), nullable=False, index=True),
    Column(
        "answer",
        Words(10, "different|cannot say"),
        CheckConstraint("answer in ('different', 'cannot say')", name="answer"),
        nullable=False,
    ),
    Column("made", Moment, nullable=False),
    Index(None, "one_id", "other_id", unique=True),
    sqlite_autoincrement=True,
)

# Restorations, so that restored pictures are told from photos though their metadata are gone: see
# bareface.restoration.recognise. A gallery holds those made of its own photos, the installation's record holds all.
restoration = Table(
    "restoration",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source_sha256", Words(64, _SHA256), nullable=False, index=True),
    Column("provenance", LongWords(), nullable=False),  # JSON, as in the pictures' own metadata
    Column("source", Blob(96 * 96), nullable=False),  # uint8 [96, 96]: the aligned face, grey
    Column("region", Blob(96 * 96 // 8), nullable=False),  # bits of bool [96, 96]: what may differ from it
    sqlite_autoincrement=True,
)

restored_face = Table(
    "restored_face",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("restoration_id", Whole(), ForeignKey("restoration.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("grey", Blob(96 * 96), nullable=False),  # uint8 [96, 96]: a completion
    Column("descriptor", Blob(2 * 256), nullable=False),  # float16 [256] little-endian: what is searched
    sqlite_autoincrement=True,
)
