"""Add the second template of a bare face, which masked faces are compared with.

References enrolled before have none until they are embedded again; until then masked faces are compared with the first
alone. The index finds the few masked references of a large gallery.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the columns and the index."""
    for table in ("template", "staged_template"):
        op.add_column(table, sa.Column("covered", sa.LargeBinary()))
    op.create_index("ix_template_mask_state", "template", ["mask_state"])
