"""Random tokens of a gallery's states, by which database, index and write-ahead log know each other."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the columns and the table; the store then sets the first token."""
    for name in ("token", "previous"):
        op.add_column("gallery", sa.Column(name, sa.String(length=32), nullable=False, server_default=""))
    op.create_table(
        "history",
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("generation", name="pk_history"),
    )
