"""What statements are bound to, what identifies the product of a document, its edition, qualifiers of components.

A row that an earlier version wrote has none of them until it is registered again (`supplier --rebuild`).

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the columns; neither database writes a table again for it."""
    for table, name in (
        ("documents", "revision"),
        ("documents", "identifiers"),
        ("components", "qualifiers"),
        ("statements", "binding"),
    ):
        op.add_column(table, sa.Column(name, _TEXT, nullable=True))
