"""Questions to the registry, by the databases' own drivers: a question must not wait for the import of a library.

The statements are the same for both databases. Nothing here writes; a registry with tables of an earlier version gets the
columns that are missing before the first question.

Source: https://docs.python.org/3/library/sqlite3.html, https://www.psycopg.org/psycopg3/docs/
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from ops.supply_chain.adapters.registry.address import RegistryAddress
from ops.supply_chain.adapters.registry.failure import registry_failure
from ops.supply_chain.adapters.registry.frozen_file import FrozenFile, open_frozen
from ops.supply_chain.adapters.registry.revision import is_latest
from ops.supply_chain.contracts.values.registry import (
    DocumentKind,
    IntakeDecision,
    IntakeReason,
    PackageName,
    RegisteredComponent,
    RegisteredDocument,
    RegisteredStatement,
    RegistryCounts,
    RegistryHit,
    VersionSpan,
)
from ops.supply_chain.contracts.values.vex import VexBinding
from ops.supply_chain.core.errors import UnavailableError

BUSY_SECONDS = 60
CONNECT_SECONDS = 10
MOST_ASKED = 500
"""Documents whose reasons are asked for by number; those of more are read in one go."""

_LIKE = re.compile("[~%_]")

DOCUMENT = (
    "d.id, d.digest, d.kind, d.format, d.supplier, d.product, d.product_version, d.own, d.stated, d.ingested, d.signer, "
    "d.decision, d.current, d.name, d.size, d.revision, d.identifiers"
)
HIT = f"p.type, p.namespace, p.name, v.version, v.distribution, v.source, v.sort_key, c.place, c.qualifiers, {DOCUMENT}"
HIT_TABLES = (
    "{s}packages p JOIN {s}versions v ON v.package_id = p.id JOIN {s}components c ON c.version_id = v.id "
    "JOIN {s}documents d ON d.id = c.document_id"
)
_ORDER = "p.type, p.namespace, p.name, v.sort_key IS NULL, v.sort_key, v.version, v.distribution, v.source, d.digest"


class RegistryReader:
    """Answers questions; a context manager that closes its connection.

    Args:
        address: The registry.
    Raises:
        StageError: It cannot be opened.
    """

    def __init__(self, address: RegistryAddress) -> None:
        self._where = address.shown()
        self._server = address.file is None
        self._prefix = f'"{address.tenant}".' if self._server else ""
        self._frozen: FrozenFile | None = None
        self._connection = self._connected(address)
        try:
            known = self.rows("SELECT max(version_num) FROM {s}alembic_version", ())[0][0] or ""
            if not is_latest(known, self._where):
                from ops.supply_chain.adapters.registry.engine import Database

                Database(address).close()
        except BaseException:
            self._connection.close()
            raise

    def _connected(self, address: RegistryAddress) -> Any:
        try:
            if address.file is None:
                return _connect_server(address.url)
            opened = _connect_file(address.file.absolute())
        except Exception as error:
            raise registry_failure(error, self._where) from error
        if isinstance(opened, FrozenFile):
            self._frozen = opened
            return opened.connection
        return opened

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def documents(self) -> tuple[RegisteredDocument, ...]:
        """Return all documents, in the order of supplier, product, version and time."""
        rows = self.rows(
            f"SELECT {DOCUMENT} FROM {{s}}documents d "
            "ORDER BY d.supplier, d.product, d.product_version, d.kind, d.stated, d.ingested, d.digest",
            (),
        )
        reasons = self._reasons(None)
        return tuple(document_of(row, reasons) for row in rows)

    def document(self, digest: str) -> RegisteredDocument | None:
        """Return the document with a digest; None if there is none."""
        rows = self.rows(f"SELECT {DOCUMENT} FROM {{s}}documents d WHERE d.digest = {{}}", (digest,))
        return document_of(rows[0], self._reasons([rows[0][0]])) if rows else None

    def packages(self, name: str, type_: str = "") -> tuple[PackageName, ...]:
        """Return the packages of a name, of all types or of one.

        Args:
            name: Folded as its type folds it.
            type_: The type of the package URL; empty for any.
        """
        sql = "SELECT type, namespace, name FROM {s}packages WHERE name = {}"
        values: tuple[str, ...] = (name,)
        if type_:
            sql, values = sql + " AND type = {}", (name, type_)
        return tuple(PackageName(*row) for row in self.rows(f"{sql} ORDER BY type, namespace", values))

    def find(self, package: PackageName, spans: Sequence[VersionSpan] = ()) -> tuple[RegistryHit, ...]:
        """Return every component of a package, in all documents.

        Args:
            package: The identity.
            spans: Only versions in one of these ranges, and all versions that have no place in the order; none for all.
        """
        where = "p.name = {} AND p.type = {} AND p.namespace = {}"
        values: list[str] = [package.name, package.type, package.namespace]
        if spans:
            parts = ["v.sort_key IS NULL"]
            for span in spans:
                bounds = ["v.sort_key IS NOT NULL"]
                if span.lowest:
                    bounds.append("v.sort_key >= {}")
                    values.append(span.lowest)
                if span.highest:
                    bounds.append("v.sort_key <= {}")
                    values.append(span.highest)
                parts.append(f"({' AND '.join(bounds)})")
            where += f" AND ({' OR '.join(parts)})"
        return self._hits(where, values)

    def find_by_source(self, source: str) -> tuple[RegistryHit, ...]:
        """Return every component that was built from a distribution's source package of this name."""
        return self._hits("v.source = {}", [source])

    def find_by_digest(self, value: str) -> tuple[RegistryHit, ...]:
        """Return every component with a digest.

        Args:
            value: Lower-case hexadecimal digits.
        """
        rows = self.rows(
            "SELECT p.type, p.namespace, p.name, v.version, v.distribution, v.source, v.sort_key, g.place, c.qualifiers, "
            f"{DOCUMENT} "
            "FROM {s}digests g JOIN {s}documents d ON d.id = g.document_id "
            "LEFT JOIN {s}components c ON c.document_id = g.document_id AND c.place = g.place "
            "LEFT JOIN {s}versions v ON v.id = c.version_id LEFT JOIN {s}packages p ON p.id = v.package_id "
            "WHERE g.value = {} ORDER BY d.digest, g.place, v.version",
            (bytes.fromhex(value),),
        )
        return self.as_hits(rows)

    def statements(self, names: Iterable[str]) -> tuple[tuple[RegisteredDocument, RegisteredStatement], ...]:
        """Return every statement about a vulnerability, with its document.

        Args:
            names: Its identifiers, in any case.
        """
        wanted = sorted({name.upper() for name in names})
        if not wanted:
            return ()
        marks = ", ".join(["{}"] * len(wanted))
        return self._statements(
            "EXISTS (SELECT 1 FROM {s}statement_names n WHERE n.document_id = t.document_id AND n.number = t.number "
            f"AND n.name IN ({marks}))",
            tuple(wanted),
        )

    def all_statements(self) -> tuple[tuple[RegisteredDocument, RegisteredStatement], ...]:
        """Return every statement of an accepted document that is current, with its document."""
        return self._statements("d.decision = {} AND d.current", (str(IntakeDecision.ACCEPTED),))

    def documents_with(self, identifier: str) -> tuple[RegisteredDocument, ...]:
        """Return the documents whose product has an identifier: a CPE, `sha-256:HEX`, the BOM-Link of the document."""
        pattern = _LIKE.sub(r"~\g<0>", json.dumps(identifier))
        rows = self.rows(
            f"SELECT {DOCUMENT} FROM {{s}}documents d WHERE d.identifiers LIKE {{}} ESCAPE '~' ORDER BY d.digest",
            (f"%{pattern}%",),
        )
        found = (document_of(row, {}) for row in rows)
        return tuple(document for document in found if identifier in document.identifiers)

    def incomplete(self) -> int:
        """Count the documents that an earlier version registered, without what identifies their products."""
        return int(self.rows("SELECT count(*) FROM {s}documents WHERE identifiers IS NULL", ())[0][0])

    def documents_about(self, product: str) -> tuple[RegisteredDocument, ...]:
        """Return the SBOMs of a product, of all suppliers, by its identity in `RegisteredDocument.product`."""
        rows = self.rows(
            f"SELECT {DOCUMENT} FROM {{s}}documents d WHERE d.product = {{}} AND d.kind = {{}} ORDER BY d.digest",
            (product, str(DocumentKind.SBOM)),
        )
        return tuple(document_of(row, {}) for row in rows)

    def editions(self, document: RegisteredDocument) -> tuple[RegisteredDocument, ...]:
        """Return the SBOMs of a document's product and version by the same supplier, itself too; it alone without a version."""
        if not (document.product and document.product_version):
            return (document,)
        rows = self.rows(
            f"SELECT {DOCUMENT} FROM {{s}}documents d WHERE d.supplier = {{}} AND d.product = {{}} AND d.product_version = {{}} "
            "AND d.kind = {} AND d.own = {} ORDER BY d.digest",
            (document.supplier, document.product, document.product_version, str(DocumentKind.SBOM), document.own),
        )
        return tuple(document_of(row, {}) for row in rows)

    def _statements(
        self, where: str, values: tuple[Any, ...]
    ) -> tuple[tuple[RegisteredDocument, RegisteredStatement], ...]:
        rows = self.rows(
            "SELECT t.place, t.vulnerability, t.aliases, t.status, t.justification, t.detail, t.stated, t.product, "
            f"p.type, p.namespace, p.name, t.version, t.binding, {DOCUMENT} FROM {{s}}statements t "
            "JOIN {s}documents d ON d.id = t.document_id LEFT JOIN {s}packages p ON p.id = t.package_id "
            f"WHERE {where} ORDER BY t.stated, d.digest, t.number",
            values,
        )
        reasons = self._reasons({row[13] for row in rows})
        documents = {row[13]: row[13:] for row in rows}
        read = {number: document_of(row, reasons) for number, row in documents.items()}
        return tuple(
            (
                read[row[13]],
                RegisteredStatement(
                    place=row[0],
                    vulnerability=row[1],
                    aliases=tuple(json.loads(row[2])),
                    status=row[3],
                    justification=row[4],
                    detail=row[5],
                    stated=row[6],
                    product=row[7],
                    package=PackageName(*row[8:11]) if row[8] is not None else None,
                    version=row[11],
                    binding=_binding(row[12]) if row[12] else None,
                ),
            )
            for row in rows
        )

    def listed_versions(self, digests: Sequence[str]) -> tuple[tuple[RegisteredComponent, str], ...]:
        """Return the distinct components of some documents, each with the digest of one that has it.

        Their `place` is 0: it differs from document to document.
        """
        rows = self.rows(
            f"SELECT p.type, p.namespace, p.name, v.version, v.distribution, v.source, MIN(d.digest) FROM {HIT_TABLES} "
            f"WHERE {self._among()} GROUP BY p.type, p.namespace, p.name, v.version, v.distribution, v.source "
            "ORDER BY p.type, p.namespace, p.name, v.version, v.distribution, v.source",
            (self._several(digests),),
        )
        return tuple((RegisteredComponent(0, PackageName(*row[:3]), *row[3:6]), row[6]) for row in rows)

    def listed_types(self, digests: Sequence[str]) -> tuple[tuple[str, str], ...]:
        """Return the types of packages that each of some documents lists: digest and type."""
        rows = self.rows(
            f"SELECT DISTINCT d.digest, p.type FROM {HIT_TABLES} WHERE {self._among()} ORDER BY d.digest, p.type",
            (self._several(digests),),
        )
        return tuple((row[0], row[1]) for row in rows)

    def _among(self) -> str:
        return "d.digest = ANY({})" if self._server else "d.digest IN (SELECT value FROM json_each({}))"

    def _several(self, texts: Sequence[str]) -> Any:
        return list(texts) if self._server else json.dumps(list(texts))

    def counts(self) -> RegistryCounts:
        """Count the rows."""
        tables = ("documents", "packages", "versions", "components", "statements")
        return RegistryCounts(*(self.rows(f"SELECT count(*) FROM {{s}}{table}", ())[0][0] for table in tables))

    def _hits(self, where: str, values: Sequence[str]) -> tuple[RegistryHit, ...]:
        return self.as_hits(self.rows(f"SELECT {HIT} FROM {HIT_TABLES} WHERE {where} ORDER BY {_ORDER}", tuple(values)))

    def as_hits(self, rows: Sequence[tuple[Any, ...]]) -> tuple[RegistryHit, ...]:
        """Return components from the columns `HIT`."""
        reasons = self._reasons({row[9] for row in rows})
        return tuple(
            RegistryHit(
                document_of(row[9:], reasons),
                RegisteredComponent(
                    row[7],
                    PackageName(row[0] or "", row[1] or "", row[2] or ""),
                    row[3] or "",
                    row[4] or "",
                    row[5] or "",
                    row[8],
                ),
                row[6] is not None,
            )
            for row in rows
        )

    def _reasons(self, documents: Iterable[int] | None) -> dict[int, list[IntakeReason]]:
        found: dict[int, list[IntakeReason]] = {}
        wanted = None if documents is None else set(documents)
        if wanted is not None and not wanted:
            return found
        few = tuple(sorted(wanted)) if wanted is not None and len(wanted) <= MOST_ASKED else ()
        where = f"WHERE document_id IN ({', '.join(['{}'] * len(few))}) " if few else ""
        for number, code, message in self.rows(
            f"SELECT document_id, code, message FROM {{s}}reasons {where}ORDER BY document_id, place", few
        ):
            if wanted is None or number in wanted:
                found.setdefault(number, []).append(IntakeReason(code, message))
        return found

    def rows(self, sql: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        """Return the rows of a statement.

        Args:
            sql: With `{s}` before each table and `{}` for each value.
            values: In order.
        Raises:
            StageError: The database failed.
        """
        text = sql.replace("{s}", self._prefix).replace("{}", "%s" if self._server else "?")
        try:
            cursor = self._connection.cursor()
            cursor.execute(text, values)
            found = list(cursor.fetchall())
        except Exception as error:
            raise registry_failure(error, self._where) from error
        if self._frozen is not None and not self._frozen.is_unchanged():
            raise UnavailableError(f"registry {self._where}: it was changed while it was read", hint="Run again.")
        return found


def _connect_file(path: Path) -> sqlite3.Connection | FrozenFile:
    connection = sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, timeout=BUSY_SECONDS)
    try:
        connection.execute("PRAGMA query_only = ON").close()
        connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").close()
    except sqlite3.Error as error:
        connection.close()
        return open_frozen(path, error)
    return connection


def _connect_server(url: str) -> Any:
    import psycopg

    connection = psycopg.connect(url, connect_timeout=CONNECT_SECONDS, autocommit=True)
    connection.read_only = True
    return connection


def document_of(row: Sequence[Any], reasons: dict[int, list[IntakeReason]]) -> RegisteredDocument:
    """Return a document from the columns `DOCUMENT`, with the reasons of documents by their numbers."""
    return RegisteredDocument(
        digest=row[1],
        kind=DocumentKind(row[2]),
        format=row[3],
        supplier=row[4],
        product=row[5],
        product_version=row[6],
        own=bool(row[7]),
        stated=row[8],
        ingested=row[9],
        signer=row[10],
        decision=IntakeDecision(row[11]),
        current=bool(row[12]),
        name=row[13],
        size=row[14],
        reasons=tuple(reasons.get(row[0], ())),
        revision=row[15] or "",
        identifiers=_identifiers(row[16]) if row[16] else (),
    )


def _binding(text: str) -> VexBinding:
    return msgspec.json.decode(text, type=VexBinding)


@lru_cache(maxsize=1 << 14)
def _identifiers(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))
