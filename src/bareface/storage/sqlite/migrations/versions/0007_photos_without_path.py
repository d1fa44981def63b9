"""Photos without a path: those given as bytes or as arrays, which earlier versions kept under the names they print."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Rebuild the table of photos, since SQLite cannot change a column: the path can be NULL."""
    op.execute("PRAGMA defer_foreign_keys = ON")  # references find their photos again before the transaction ends
    # A number is never used twice, so the last one must not be forgotten with the table.
    last = op.get_bind().execute(sa.text("SELECT seq FROM sqlite_sequence WHERE name = 'file'")).scalar()
    op.execute("CREATE TABLE former_file AS SELECT * FROM file")
    op.drop_table("file")
    op.create_table(
        "file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("path", sa.LargeBinary()),
        sa.Column("format", sa.String(length=40), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_file"),
        sa.UniqueConstraint("sha256", name="uq_file_sha256"),
        sqlite_autoincrement=True,
    )
    op.execute(
        "INSERT INTO file (id, sha256, path, format, width, height) SELECT id, sha256,"
        " CASE WHEN CAST(path AS TEXT) IN ('<bytes>', '<array>') THEN NULL ELSE path END, format, width, height"
        " FROM former_file"
    )
    op.drop_table("former_file")
    op.create_index("ix_file_path", "file", ["path"])
    op.execute("DELETE FROM sqlite_sequence WHERE name = 'file'")  # filling the table made a row, even from nothing
    if last is not None:
        op.execute(sa.text("INSERT INTO sqlite_sequence (name, seq) VALUES ('file', :last)").bindparams(last=last))
