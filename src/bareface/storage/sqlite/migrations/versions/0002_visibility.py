"""Add the visible share of each template's face, and the quality of each reference.

Faces enrolled before are taken as bare, which is what their templates were made as; how much of them shows and how good
they are stays unknown until they are embedded or enrolled again.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the columns."""
    for table in ("template", "staged_template"):
        op.add_column(table, sa.Column("mask_state", sa.String(length=10), nullable=False, server_default="none"))
        op.add_column(table, sa.Column("visible", sa.Float()))
    op.add_column("reference", sa.Column("quality", sa.Float()))
