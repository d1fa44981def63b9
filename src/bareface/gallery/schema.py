"""The tables of a gallery, in SQLAlchemy Core; portable to PostgreSQL.

Narrow tables for what is looked up, wide ones for what is fetched by key: counting subjects or rebuilding the index
never reads past a picture.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy.types import TypeDecorator

REVISION = "0006"
"""The migration that these tables stand for; a gallery at this revision opens without running Alembic."""


class FilePath(TypeDecorator[str]):
    """A path as the bytes the file system has: on Linux a name need not be valid UTF-8."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> bytes | None:
        """To the database."""
        return None if value is None else os.fsencode(value)

    def process_result_value(self, value: bytes | None, dialect: Any) -> str | None:
        """From the database."""
        return None if value is None else os.fsdecode(value)


class Moment(TypeDecorator[datetime]):
    """A moment in UTC; SQLite keeps no time zone, so it is put back on the way out."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        """To the database."""
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        """From the database."""
        return None if value is None else value.replace(tzinfo=UTC)


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
    Column("uuid", String(32), nullable=False),
    Column("space", String(100)),  # None until the first template is enrolled
    Column("dimension", Integer),
    Column("generation", Integer, nullable=False),  # grows with every write
    Column("epoch", Integer, nullable=False),  # grows when templates are replaced under the same reference
    Column("created", Moment, nullable=False),
)

subject = Table(
    "subject",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String(32), nullable=False, unique=True),  # lets a correction find a subject again after deletion
    Column("name", String(500), unique=True),
    Column("name_key", String(500)),  # what is compared: see bareface.gallery.names
    Column("namesake", Integer, nullable=False, server_default="0"),  # above 0 only in galleries of earlier versions
    Index(None, "name_key", "namesake", unique=True),
    sqlite_autoincrement=True,
)

file = Table(
    "file",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("sha256", String(64), nullable=False, unique=True),
    Column("path", FilePath, nullable=False, index=True),
    Column("format", String(40), nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    sqlite_autoincrement=True,
)

# AUTOINCREMENT: a reference number is never used twice, so an index that has a number has the right template.
reference = Table(
    "reference",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("subject_id", ForeignKey("subject.id"), nullable=False, index=True),
    Column("file_id", ForeignKey("file.id"), nullable=False, index=True),
    Column("x1", Float, nullable=False),
    Column("y1", Float, nullable=False),
    Column("x2", Float, nullable=False),
    Column("y2", Float, nullable=False),
    Column("landmarks", LargeBinary),  # float32 [5, 2] little-endian; None for an imported template
    Column("scheme", String(20)),
    Column("score", Float, nullable=False),
    Column("quality", Float),  # 0 to 100; None where not known
    Column("basis", String(500)),
    Column("enrolled", Moment, nullable=False),
    sqlite_autoincrement=True,
)


def _template_columns() -> list[Any]:
    return [
        _reference_key(),
        Column("model", String(100), nullable=False),
        Column("precision", String(20), nullable=False),
        Column("vector", LargeBinary, nullable=False),  # float32 [dimension] little-endian
        Column("mask_state", String(10), nullable=False, server_default="none"),
        Column("visible", Float),  # None where nobody looked
        Column("covered", LargeBinary),  # as vector; None where there is none
    ]


template = Table(
    "template", metadata, *_template_columns(), Index(None, "model", "precision"), Index(None, "mask_state")
)

# Re-embedding fills this table at leisure; one transaction then moves it over the other.
staged = Table(
    "staged_template",
    metadata,
    *_template_columns(),
    Column("space", String(100), nullable=False, index=True),
)

picture = Table(
    "picture",
    metadata,
    _reference_key(),
    Column("thumbnail", LargeBinary, nullable=False),  # uint8 [16, 16], grey: tells a re-encoding from another photo
    Column("crop", LargeBinary),  # JPEG, 160x160; None with crops=False
)

# A correction names a photo by content and a face by place, so that it outlives the reference it was made on.
correction = Table(
    "correction",
    metadata,
    Column("id", Integer, primary_key=True),
    Column(
        "kind",
        String(10),
        CheckConstraint("kind in ('assign', 'reject', 'merge')", name="kind"),
        nullable=False,
    ),
    Column("sha256", String(64), index=True),
    Column("x1", Float),
    Column("y1", Float),
    Column("x2", Float),
    Column("y2", Float),
    Column("merged_name", String(500), index=True),  # for a merge: the key of the name that now means the target
    Column("subject_key", String(32), index=True),
    Column("subject_name", String(500)),
    Column("subject_name_key", String(500), index=True),
    Column("made", Moment, nullable=False),
    sqlite_autoincrement=True,
)

# What was restored, so that restored pictures are told from photos though their metadata are gone: see
# bareface.restoration.refusal. A gallery holds those made of its own photos, the installation's record holds all.
restoration = Table(
    "restoration",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source_sha256", String(64), nullable=False, index=True),
    Column("provenance", Text, nullable=False),  # JSON, as in the pictures' own metadata
    Column("source", LargeBinary, nullable=False),  # uint8 [96, 96]: the aligned face, grey
    Column("region", LargeBinary, nullable=False),  # bits of bool [96, 96]: what may differ from it
    sqlite_autoincrement=True,
)

restored_face = Table(
    "restored_face",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("restoration_id", ForeignKey("restoration.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("grey", LargeBinary, nullable=False),  # uint8 [96, 96]: a completion
    Column("descriptor", LargeBinary, nullable=False),  # float16 [256] little-endian: what is searched
    sqlite_autoincrement=True,
)
