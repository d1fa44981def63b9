"""Add the table of restorations: the source of each restored picture, and what tells it from a photo."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "restoration",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_sha256", sa.String(length=64), nullable=False),
        sa.Column("provenance", sa.Text(), nullable=False),
        sa.Column("source", sa.LargeBinary(), nullable=False),
        sa.Column("region", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_restoration"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_restoration_source_sha256", "restoration", ["source_sha256"])
    op.create_table(
        "restored_face",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("restoration_id", sa.Integer(), nullable=False),
        sa.Column("grey", sa.LargeBinary(), nullable=False),
        sa.Column("descriptor", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["restoration_id"], ["restoration.id"], name="fk_restored_face_restoration_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_restored_face"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_restored_face_restoration_id", "restored_face", ["restoration_id"])
