"""The first tables: gallery, subject, file, reference, template, picture, correction.

This migration is never changed; a change of the tables is a new migration and a new ``schema.REVISION``.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "correction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("sha256", sa.String(length=64)),
        sa.Column("x1", sa.Float()),
        sa.Column("y1", sa.Float()),
        sa.Column("x2", sa.Float()),
        sa.Column("y2", sa.Float()),
        sa.Column("merged_name", sa.String(length=500)),
        sa.Column("subject_key", sa.String(length=32)),
        sa.Column("subject_name", sa.String(length=500)),
        sa.Column("made", sa.DateTime(), nullable=False),
        sa.CheckConstraint("kind in ('assign', 'reject', 'merge')", name="kind"),
        sa.PrimaryKeyConstraint("id", name="pk_correction"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_correction_merged_name", "correction", ["merged_name"])
    op.create_index("ix_correction_sha256", "correction", ["sha256"])
    op.create_index("ix_correction_subject_key", "correction", ["subject_key"])
    op.create_table(
        "file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("path", sa.LargeBinary(), nullable=False),
        sa.Column("format", sa.String(length=40), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_file"),
        sa.UniqueConstraint("sha256", name="uq_file_sha256"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_file_path", "file", ["path"])
    op.create_table(
        "gallery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uuid", sa.String(length=32), nullable=False),
        sa.Column("space", sa.String(length=100)),
        sa.Column("dimension", sa.Integer()),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.CheckConstraint("id = 1", name="single"),
        sa.PrimaryKeyConstraint("id", name="pk_gallery"),
    )
    op.create_table(
        "subject",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=500)),
        sa.PrimaryKeyConstraint("id", name="pk_subject"),
        sa.UniqueConstraint("key", name="uq_subject_key"),
        sa.UniqueConstraint("name", name="uq_subject_name"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "reference",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("x1", sa.Float(), nullable=False),
        sa.Column("y1", sa.Float(), nullable=False),
        sa.Column("x2", sa.Float(), nullable=False),
        sa.Column("y2", sa.Float(), nullable=False),
        sa.Column("landmarks", sa.LargeBinary()),
        sa.Column("scheme", sa.String(length=20)),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("basis", sa.String(length=500)),
        sa.Column("enrolled", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], name="fk_reference_file_id"),
        sa.ForeignKeyConstraint(["subject_id"], ["subject.id"], name="fk_reference_subject_id"),
        sa.PrimaryKeyConstraint("id", name="pk_reference"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_reference_file_id", "reference", ["file_id"])
    op.create_index("ix_reference_subject_id", "reference", ["subject_id"])
    op.create_table(
        "picture",
        sa.Column("reference_id", sa.Integer(), nullable=False),
        sa.Column("thumbnail", sa.LargeBinary(), nullable=False),
        sa.Column("crop", sa.LargeBinary()),
        sa.ForeignKeyConstraint(["reference_id"], ["reference.id"], name="fk_picture_reference_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("reference_id", name="pk_picture"),
    )
    op.create_table(
        "staged_template",
        sa.Column("reference_id", sa.Integer(), nullable=False),
        sa.Column("model", sa.String(length=100), nullable=False),
        sa.Column("precision", sa.String(length=20), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.Column("space", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(
            ["reference_id"], ["reference.id"], name="fk_staged_template_reference_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("reference_id", name="pk_staged_template"),
    )
    op.create_index("ix_staged_template_space", "staged_template", ["space"])
    op.create_table(
        "template",
        sa.Column("reference_id", sa.Integer(), nullable=False),
        sa.Column("model", sa.String(length=100), nullable=False),
        sa.Column("precision", sa.String(length=20), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["reference_id"], ["reference.id"], name="fk_template_reference_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("reference_id", name="pk_template"),
    )
    op.create_index("ix_template_model_precision", "template", ["model", "precision"])
