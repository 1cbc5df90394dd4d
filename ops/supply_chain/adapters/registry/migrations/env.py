"""Runs the migrations on the connection that the registry passes: in the tenant's schema, in its transaction.

Source: https://alembic.sqlalchemy.org/en/latest/cookbook.html#sharing-a-connection-across-one-or-more-programmatic-migration-commands
"""

from __future__ import annotations

from alembic import context

from ops.supply_chain.adapters.registry.schema import METADATA


def _migrate() -> None:
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=METADATA,
        version_table_schema=context.config.attributes["schema"],
        render_as_batch=True,
        transactional_ddl=True,
    )
    context.run_migrations()


if hasattr(context, "config"):  # Alembic runs this module; an import of it alone does nothing
    _migrate()
