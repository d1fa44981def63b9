"""Names in one form that is compared, and corrections that say one thing only.

Earlier versions compared names as they were typed, let an alias outlive the subject that took its name, and kept the
assignments of deleted people. Subjects whose names are the same now stay as they are, told apart by ``namesake``:
`bareface gallery check` names them.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bareface.storage.sqlite.migrations import name_keys

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the columns, fill them, and drop corrections that a later one, or a subject, has replaced."""
    op.add_column("subject", sa.Column("name_key", sa.String(length=500)))
    op.add_column("subject", sa.Column("namesake", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("correction", sa.Column("subject_name_key", sa.String(length=500)))
    name_keys.fill(op.get_bind())
    op.create_index("ix_subject_name_key_namesake", "subject", ["name_key", "namesake"], unique=True)
    op.create_index("ix_correction_subject_name_key", "correction", ["subject_name_key"])
