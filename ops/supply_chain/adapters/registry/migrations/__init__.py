"""Migrations of the registry's tables, run by Alembic inside the transaction of the run that needs them."""
