"""Documents, packages, versions, components, digests, statements.

Revision ID: 0001
Revises:
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, _TEXT, nullable=False) for name in names]


def _document() -> sa.Column[int]:
    return sa.Column("document_id", _NUMBER, nullable=False)


def _document_key(table: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_document_id"
    return sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name=name, ondelete="CASCADE")


def _package_key(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["package_id"], ["packages.id"], name=f"fk_{table}_package_id")


def _place(name: str = "place") -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False)


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "documents",
        sa.Column("id", _NUMBER, nullable=False),
        *_text("digest", "kind", "format", "supplier", "product", "product_version"),
        sa.Column("own", sa.Boolean, nullable=False),
        *_text("stated", "ingested", "signer", "decision"),
        sa.Column("current", sa.Boolean, nullable=False),
        *_text("name"),
        sa.Column("size", _NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_documents"),
        sa.UniqueConstraint("digest", name="uq_documents_digest"),
    )
    op.create_index(
        "ix_documents_supplier_product_product_version_kind",
        "documents",
        ["supplier", "product", "product_version", "kind"],
    )
    op.create_table(
        "reasons",
        _document(),
        _place(),
        *_text("code", "message"),
        _document_key("reasons"),
        sa.PrimaryKeyConstraint("document_id", "place", name="pk_reasons"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "packages",
        sa.Column("id", _NUMBER, nullable=False),
        *_text("type", "namespace", "name"),
        sa.PrimaryKeyConstraint("id", name="pk_packages"),
        sa.UniqueConstraint("name", "type", "namespace", name="uq_packages_name_type_namespace"),
    )
    op.create_table(
        "versions",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("package_id", _NUMBER, nullable=False),
        *_text("version", "distribution", "source"),
        sa.Column("sort_key", _TEXT, nullable=True),
        _package_key("versions"),
        sa.PrimaryKeyConstraint("id", name="pk_versions"),
        sa.UniqueConstraint(
            "package_id",
            "version",
            "distribution",
            "source",
            name="uq_versions_package_id_version_distribution_source",
        ),
    )
    op.create_index("ix_versions_package_id_sort_key", "versions", ["package_id", "sort_key"])
    op.create_index("ix_versions_source", "versions", ["source"])
    op.create_table(
        "components",
        sa.Column("version_id", _NUMBER, nullable=False),
        _document(),
        _place(),
        sa.PrimaryKeyConstraint("version_id", "document_id", name="pk_components"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "digests",
        sa.Column("value", sa.LargeBinary, nullable=False),
        *_text("algorithm"),
        _document(),
        _place(),
        _document_key("digests"),
        sa.PrimaryKeyConstraint("value", "algorithm", "document_id", "place", name="pk_digests"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "statements",
        _document(),
        _place("number"),
        _place(),
        *_text("vulnerability", "aliases", "status", "justification", "detail", "stated", "product"),
        sa.Column("package_id", _NUMBER, nullable=True),
        *_text("version"),
        _document_key("statements"),
        _package_key("statements"),
        sa.PrimaryKeyConstraint("document_id", "number", name="pk_statements"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_statements_package_id", "statements", ["package_id"])
    op.create_table(
        "statement_names",
        *_text("name"),
        _document(),
        _place("number"),
        _document_key("statement_names"),
        sa.PrimaryKeyConstraint("name", "document_id", "number", name="pk_statement_names"),
        sqlite_with_rowid=False,
    )
