"""Add the table of pairs of faces that a person was asked about, and that were not found to be one person."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "apart",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("one_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("answer", sa.String(length=10), nullable=False),
        sa.Column("made", sa.DateTime(), nullable=False),
        sa.CheckConstraint("answer in ('different', 'cannot say')", name="answer"),
        sa.ForeignKeyConstraint(["one_id"], ["reference.id"], name="fk_apart_one_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["other_id"], ["reference.id"], name="fk_apart_other_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_apart"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_apart_one_id_other_id", "apart", ["one_id", "other_id"], unique=True)
    op.create_index("ix_apart_other_id", "apart", ["other_id"])
