"""Alembic's entry: migrates on the connection and in the transaction that the store opened."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=False)
context.run_migrations()
