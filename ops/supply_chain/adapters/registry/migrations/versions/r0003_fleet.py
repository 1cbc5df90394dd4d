"""Runs over a fleet: the results of their tasks, and the ledger of first sightings.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, _TEXT, nullable=False) for name in names]


def _run_key(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["run"], ["fleet_runs.run"], name=f"fk_{table}_run", ondelete="CASCADE")


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "fleet_runs",
        *_text("run", "started"),
        sa.PrimaryKeyConstraint("run", name="pk_fleet_runs"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "fleet_results",
        *_text("run", "task", "digest", "result", "differing"),
        _run_key("fleet_results"),
        sa.PrimaryKeyConstraint("run", "task", name="pk_fleet_results"),
    )
    op.create_table(
        "fleet_projects",
        *_text("run", "project", "inputs", "task"),
        _run_key("fleet_projects"),
        sa.PrimaryKeyConstraint("run", "project", "inputs", name="pk_fleet_projects"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ledger_lines",
        *_text("component"),
        sa.Column("number", sa.Integer, nullable=False),
        *_text("line", "run"),
        sa.PrimaryKeyConstraint("component", "number", name="pk_ledger_lines"),
        sqlite_with_rowid=False,
    )
