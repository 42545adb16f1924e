"""Alembic's entry: runs the migrations on the connection that `store/schema.py` hands over."""

from __future__ import annotations

from alembic import context

from ohmstead.store.tables import metadata

connection = context.config.attributes["connection"]
is_sqlite = connection.dialect.name == "sqlite"
context.configure(connection=connection, target_metadata=metadata, render_as_batch=is_sqlite, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
