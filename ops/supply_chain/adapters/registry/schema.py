"""The tables, for both databases. Text compares by its bytes, so that both give the same order."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
"""Names of constraints: a migration of SQLite copies tables and must find them by name."""

TEXT = Text().with_variant(Text(collation="C"), "postgresql")
NUMBER = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only for its own integer type."""

METADATA = MetaData(naming_convention=CONVENTION)

DOCUMENTS = Table(
    "documents",
    METADATA,
    Column("id", NUMBER, primary_key=True),
    Column("digest", TEXT, nullable=False),
    Column("kind", TEXT, nullable=False),
    Column("format", TEXT, nullable=False),
    Column("supplier", TEXT, nullable=False),
    Column("product", TEXT, nullable=False),
    Column("product_version", TEXT, nullable=False),
    Column("own", Boolean, nullable=False),
    Column("stated", TEXT, nullable=False),
    Column("ingested", TEXT, nullable=False),
    Column("signer", TEXT, nullable=False),
    Column("decision", TEXT, nullable=False),
    Column("current", Boolean, nullable=False),
    Column("name", TEXT, nullable=False),
    Column("size", NUMBER, nullable=False),
    Column("revision", TEXT, nullable=True),
    Column("identifiers", TEXT, nullable=True),
    UniqueConstraint("digest"),
    Index(None, "supplier", "product", "product_version", "kind"),
)

Table(
    "reasons",
    METADATA,
    Column("document_id", NUMBER, ForeignKey("documents.id", ondelete="CASCADE"), nullable=False),
    Column("place", Integer, nullable=False),
    Column("code", TEXT, nullable=False),
    Column("message", TEXT, nullable=False),
    PrimaryKeyConstraint("document_id", "place"),
    sqlite_with_rowid=False,
)

PACKAGES = Table(
    "packages",
    METADATA,
    Column("id", NUMBER, primary_key=True),
    Column("type", TEXT, nullable=False),
    Column("namespace", TEXT, nullable=False),
    Column("name", TEXT, nullable=False),
    UniqueConstraint("name", "type", "namespace"),
)

VERSIONS = Table(
    "versions",
    METADATA,
    Column("id", NUMBER, primary_key=True),
    Column("package_id", NUMBER, ForeignKey("packages.id"), nullable=False),
    Column("version", TEXT, nullable=False),
    Column("distribution", TEXT, nullable=False),
    Column("source", TEXT, nullable=False),
    Column("sort_key", TEXT, nullable=True),
    UniqueConstraint("package_id", "version", "distribution", "source"),
    Index(None, "package_id", "sort_key"),
    Index(None, "source"),
)

COMPONENTS = Table(
    "components",
    METADATA,
    Column("version_id", NUMBER, nullable=False),
    Column("document_id", NUMBER, nullable=False),
    Column("place", Integer, nullable=False),
    Column("qualifiers", TEXT, nullable=True),
    PrimaryKeyConstraint("version_id", "document_id"),
    sqlite_with_rowid=False,
)
"""A version in a document; `place` is its first position there. Without foreign keys: checking each row took a quarter of
the time of an ingestion on PostgreSQL, and nothing deletes a version or a document alone."""

Table(
    "digests",
    METADATA,
    Column("value", LargeBinary, nullable=False),
    Column("algorithm", TEXT, nullable=False),
    Column("document_id", NUMBER, ForeignKey("documents.id", ondelete="CASCADE"), nullable=False),
    Column("place", Integer, nullable=False),
    PrimaryKeyConstraint("value", "algorithm", "document_id", "place"),
    sqlite_with_rowid=False,
)

Table(
    "statements",
    METADATA,
    Column("document_id", NUMBER, ForeignKey("documents.id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("place", Integer, nullable=False),
    Column("vulnerability", TEXT, nullable=False),
    Column("aliases", TEXT, nullable=False),
    Column("status", TEXT, nullable=False),
    Column("justification", TEXT, nullable=False),
    Column("detail", TEXT, nullable=False),
    Column("stated", TEXT, nullable=False),
    Column("product", TEXT, nullable=False),
    Column("package_id", NUMBER, ForeignKey("packages.id"), nullable=True),
    Column("version", TEXT, nullable=False),
    Column("binding", TEXT, nullable=True),
    PrimaryKeyConstraint("document_id", "number"),
    Index(None, "package_id"),
    sqlite_with_rowid=False,
)

# Every name of the vulnerability that a statement is about, in upper case.
Table(
    "statement_names",
    METADATA,
    Column("name", TEXT, nullable=False),
    Column("document_id", NUMBER, ForeignKey("documents.id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),
    PrimaryKeyConstraint("name", "document_id", "number"),
    sqlite_with_rowid=False,
)

Table(
    "fleet_runs",
    METADATA,
    Column("run", TEXT, nullable=False),
    Column("started", TEXT, nullable=False),
    PrimaryKeyConstraint("run"),
    sqlite_with_rowid=False,
)

# `differing` is the digest of another result that the same task gave later; empty where there is none.
Table(
    "fleet_results",
    METADATA,
    Column("run", TEXT, ForeignKey("fleet_runs.run", ondelete="CASCADE"), nullable=False),
    Column("task", TEXT, nullable=False),
    Column("digest", TEXT, nullable=False),
    Column("result", TEXT, nullable=False),
    Column("differing", TEXT, nullable=False),
    PrimaryKeyConstraint("run", "task"),
)

Table(
    "fleet_projects",
    METADATA,
    Column("run", TEXT, ForeignKey("fleet_runs.run", ondelete="CASCADE"), nullable=False),
    Column("project", TEXT, nullable=False),
    Column("inputs", TEXT, nullable=False),
    Column("task", TEXT, nullable=False),
    PrimaryKeyConstraint("run", "project", "inputs"),
    sqlite_with_rowid=False,
)

# A line of a component's ledger as its file has it; `run` is the run that wrote it, empty for an imported one.
Table(
    "ledger_lines",
    METADATA,
    Column("component", TEXT, nullable=False),
    Column("number", Integer, nullable=False),
    Column("line", TEXT, nullable=False),
    Column("run", TEXT, nullable=False),
    PrimaryKeyConstraint("component", "number"),
    sqlite_with_rowid=False,
)
