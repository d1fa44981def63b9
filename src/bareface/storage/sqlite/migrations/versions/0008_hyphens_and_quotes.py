"""Names that differ only in the sort of hyphen, apostrophe or quotation mark are the same name.

Subjects that earlier versions told apart by them stay as they are: `bareface gallery check` names them.
"""

from __future__ import annotations

from alembic import op

from bareface.storage.sqlite.migrations import name_keys

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Write the keys of all names anew."""
    op.drop_index("ix_subject_name_key_namesake", "subject")
    name_keys.fill(op.get_bind())
    op.create_index("ix_subject_name_key_namesake", "subject", ["name_key", "namesake"], unique=True)
