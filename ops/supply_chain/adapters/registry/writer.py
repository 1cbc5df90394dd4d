"""Documents into the registry: each whole or not at all, each once, whoever else writes.

Rows that several writers may add at the same time (packages, versions) are inserted in sorted order, so that two
transactions never wait for each other. Their numbers are kept in memory, until a transaction fails.

Source: https://www.postgresql.org/docs/current/sql-insert.html#SQL-ON-CONFLICT, https://www.postgresql.org/docs/current/sql-copy.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import Any, NamedTuple, Self

import msgspec
from sqlalchemy import Connection

from ops.supply_chain.adapters.registry.address import RegistryAddress
from ops.supply_chain.adapters.registry.engine import Database
from ops.supply_chain.adapters.registry.failure import RETRIED, code_of, registry_failure
from ops.supply_chain.contracts.values.registry import (
    DocumentKind,
    IntakeDecision,
    IntakeReason,
    PackageName,
    RegisteredComponent,
    RegisteredDocument,
    RegisteredStatement,
    RegistryEntry,
)
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.formats.version_orders.orders import sort_key
from ops.supply_chain.formats.version_orders.purl_types import ecosystem_of

ATTEMPTS = 8
MOST_NUMBERS = 1_000_000
"""Numbers of packages and versions that are kept in memory."""

_REFUSED_TEXT = re.compile("[\x00\ud800-\udfff]")

_DOCUMENT = (
    "digest, kind, format, supplier, product, product_version, own, stated, ingested, signer, decision, current, name, size, "
    "revision, identifiers"
)
_SAME_PRODUCT = "supplier = {0} AND product = {0} AND product_version = {0} AND kind = {0} AND own = {0}"


class _Version(NamedTuple):
    package: PackageName
    version: str
    distribution: str
    source: str


class RegistryWriter:
    """Writes documents; a context manager that closes its connections.

    Args:
        address: The registry; it is made where there is none.
    Raises:
        StageError: As `Database`.
    """

    def __init__(self, address: RegistryAddress) -> None:
        self._database = Database(address)
        self._packages: dict[PackageName, int] = {}
        self._versions: dict[_Version, int] = {}
        self._mark = "%s" if self._database.server else "?"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()

    def ingest(self, entries: Sequence[RegistryEntry]) -> tuple[bool, ...]:
        """Store documents in one transaction: all of them, or none.

        Args:
            entries: The documents. Which of the documents of one product is current is decided here.
        Returns:
            For each, True if it is new, False if its bytes were known.
        Raises:
            InputError: A text has a character that no database stores; nothing is stored.
            StageError: The database failed; nothing is stored.
        """
        for entry in entries:
            _check(entry)
        documents = [entry.document for entry in entries]
        return tuple(self._again(lambda connection: [self._store(connection, entry) for entry in entries], documents))

    def decide(self, documents: Sequence[RegisteredDocument]) -> tuple[bool, ...]:
        """Replace the decision about documents that are stored, with supplier, signer and reasons, in one transaction.

        Args:
            documents: As they are now decided; which of them is current is decided here.
        Returns:
            For each, False if there is no such document.
        Raises:
            StageError: The database failed; nothing is changed.
        """
        return tuple(self._again(lambda connection: [self._decide(connection, item) for item in documents], documents))

    def clear(self) -> None:
        """Remove everything, before it is built again from the stored documents."""

        def remove(connection: Connection) -> list[bool]:
            for table in ("components", "documents", "versions", "packages"):
                self._run(connection, "DELETE FROM {}" + table, ())
            return []

        self._again(remove, ())
        self._forget()

    def _again(self, work: Any, documents: Sequence[RegisteredDocument]) -> list[bool]:
        for attempt in range(ATTEMPTS):
            try:
                with self._database.begin_again() as connection:
                    self._take_turns(connection, documents)
                    return list(work(connection))
            except self._database.errors as error:
                self._forget()
                if code_of(error) not in RETRIED or attempt == ATTEMPTS - 1:
                    raise registry_failure(error, self._database.where) from error
            except BaseException:
                self._forget()
                raise
        raise AssertionError

    def _take_turns(self, connection: Connection, documents: Sequence[RegisteredDocument]) -> None:
        """Let no other writer of PostgreSQL add documents of the same products meanwhile."""
        if self._database.server:
            for product in sorted(set(map(_product, documents))):
                connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (product,))

    def _forget(self) -> None:
        self._packages.clear()
        self._versions.clear()

    def _run(self, connection: Connection, sql: str, values: Any) -> Any:
        """Run one statement: the first `{}` is the place of the schema, each further one of a value."""
        first, *others = sql.split("{}")
        text = first + self._database.prefix + self._mark.join(others)
        return connection.exec_driver_sql(text, values)

    def _store(self, connection: Connection, entry: RegistryEntry) -> bool:
        document = entry.document
        values = (
            document.digest, str(document.kind), document.format, document.supplier, document.product,
            document.product_version, document.own, document.stated, document.ingested, document.signer,
            str(document.decision), False, document.name, document.size, document.revision, json.dumps(document.identifiers),
        )  # fmt: skip
        marks = ", ".join(["{}"] * len(values))
        number = self._run(
            connection,
            f"INSERT INTO {{}}documents ({_DOCUMENT}) VALUES ({marks}) ON CONFLICT (digest) DO NOTHING RETURNING id",
            values,
        ).scalar()
        if number is None:
            return False
        self._reasons(connection, number, document.reasons)
        self._components(connection, number, entry.components)
        self._insert(
            connection,
            "digests",
            ("value", "algorithm", "document_id", "place"),
            {(bytes.fromhex(item.value), item.algorithm, number, item.place) for item in entry.digests},
        )
        self._statements(connection, number, entry)
        self._supersede(connection, number)
        return True

    def _decide(self, connection: Connection, document: RegisteredDocument) -> bool:
        found = self._run(
            connection, "SELECT id, supplier FROM {}documents WHERE digest = {}", (document.digest,)
        ).first()
        if found is None:
            return False
        number, supplier = found
        if supplier != document.supplier:  # it leaves the documents of its former supplier
            withdrawn = str(IntakeDecision.QUARANTINED)
            self._run(connection, "UPDATE {}documents SET decision = {} WHERE id = {}", (withdrawn, number))
            self._supersede(connection, number)
        self._run(
            connection,
            "UPDATE {}documents SET decision = {}, supplier = {}, signer = {} WHERE id = {}",
            (str(document.decision), document.supplier, document.signer, number),
        )
        self._run(connection, "DELETE FROM {}reasons WHERE document_id = {}", (number,))
        self._reasons(connection, number, document.reasons)
        self._supersede(connection, number)
        return True

    def _reasons(self, connection: Connection, number: int, reasons: Iterable[IntakeReason]) -> None:
        rows = [(number, place, reason.code, reason.message) for place, reason in enumerate(reasons)]
        self._insert(connection, "reasons", ("document_id", "place", "code", "message"), rows)

    def _components(self, connection: Connection, number: int, components: Sequence[RegisteredComponent]) -> None:
        places: dict[_Version, RegisteredComponent] = {}
        several: dict[_Version, set[str]] = {}
        for item in components:
            version = _Version(item.package, item.version, item.distribution, item.source)
            first = places.setdefault(version, item)
            if item.qualifiers != first.qualifiers:
                several.setdefault(version, {first.qualifiers or ""}).add(item.qualifiers or "")
        known = self._numbers_of_versions(connection, places)
        rows = sorted(
            (
                known[version],
                number,
                first.place,
                "\n".join(sorted(several[version])) if version in several else first.qualifiers,
            )
            for version, first in places.items()
        )
        self._insert(connection, "components", ("version_id", "document_id", "place", "qualifiers"), rows)

    def _statements(self, connection: Connection, number: int, entry: RegistryEntry) -> None:
        if not entry.statements:
            return
        known = self._numbers_of_packages(connection, (item.package for item in entry.statements if item.package))
        rows, names = [], set()
        for place, item in enumerate(entry.statements):
            package = known[item.package] if item.package else None
            rows.append(
                (number, place, item.place, item.vulnerability, json.dumps(item.aliases), item.status, item.justification,
                 item.detail, item.stated, item.product, package, item.version, _binding(item))
            )  # fmt: skip
            names |= {(name.upper(), number, place) for name in (item.vulnerability, *item.aliases)}
        columns = (
            "document_id", "number", "place", "vulnerability", "aliases", "status", "justification", "detail", "stated",
            "product", "package_id", "version", "binding",
        )  # fmt: skip
        self._insert(connection, "statements", columns, rows)
        self._insert(connection, "statement_names", ("name", "document_id", "number"), sorted(names))

    def _supersede(self, connection: Connection, number: int) -> None:
        """Make the newest accepted document of a product the current one: by its own time and edition, then by when it came.

        Of a VEX document, all editions of the newest time are current: what came last must not decide.
        """
        same = _SAME_PRODUCT.format("{}")
        row = self._run(
            connection,
            "SELECT supplier, product, product_version, kind, own FROM {}documents WHERE id = {}",
            (number,),
        ).one()
        product = tuple(row)
        newest = self._run(
            connection,
            f"SELECT id, stated, coalesce(revision, '') FROM {{}}documents WHERE {same} AND decision = {{}} "
            "ORDER BY stated DESC, coalesce(revision, '') DESC, ingested DESC, digest DESC LIMIT 1",
            (*product, str(IntakeDecision.ACCEPTED)),
        ).first()
        if newest is not None and product[3] == str(DocumentKind.VEX):
            current = "decision = {} AND stated = {} AND coalesce(revision, '') = {}"
            values: tuple[Any, ...] = (str(IntakeDecision.ACCEPTED), *newest[1:])
        else:
            current, values = "id = {}", (-1 if newest is None else newest[0],)
        self._run(connection, f"UPDATE {{}}documents SET current = ({current}) WHERE {same}", (*values, *product))

    def _numbers_of_packages(self, connection: Connection, packages: Iterable[PackageName]) -> dict[PackageName, int]:
        missing = sorted({package for package in packages if package not in self._packages})
        if missing:
            self._add(connection, "packages", ("type", "namespace", "name"), missing)
            found = self._find(connection, "packages", ("type", "namespace", "name"), missing)
            self._packages.update(zip(missing, found, strict=True))
        return self._packages

    def _numbers_of_versions(self, connection: Connection, versions: Iterable[_Version]) -> dict[_Version, int]:
        if len(self._versions) > MOST_NUMBERS:
            self._forget()
        missing = sorted({version for version in versions if version not in self._versions})
        if missing:
            packages = self._numbers_of_packages(connection, (version.package for version in missing))
            keys = [(packages[item.package], item.version, item.distribution, item.source) for item in missing]
            rows = [(*key, _sort_key(item)) for key, item in zip(keys, missing, strict=True)]
            columns = ("package_id", "version", "distribution", "source")
            self._add(connection, "versions", (*columns, "sort_key"), sorted(rows, key=lambda row: row[:4]))
            self._versions.update(zip(missing, self._find(connection, "versions", columns, keys), strict=True))
        return self._versions

    def _add(self, connection: Connection, table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert rows that another writer may insert, too; they are sorted by their key."""
        if self._database.server:
            sql = f"INSERT INTO {{}}{table} ({', '.join(columns)}) SELECT * FROM {_arrays(columns)} ON CONFLICT DO NOTHING"
            self._run(connection, sql, tuple(map(list, zip(*rows, strict=True))))
            return
        marks = ", ".join(["{}"] * len(columns))
        sql = f"INSERT INTO {{}}{table} ({', '.join(columns)}) VALUES ({marks}) ON CONFLICT DO NOTHING"
        self._run(connection, sql, list(rows))

    def _find(
        self, connection: Connection, table: str, columns: Sequence[str], keys: Sequence[tuple[Any, ...]]
    ) -> list[int]:
        """Return the numbers of rows by their keys, in the order of the keys."""
        if self._database.server:
            same = " AND ".join(f"t.{column} = k.{column}" for column in columns)
            listed = f"{_arrays(columns)} WITH ORDINALITY AS k({', '.join(columns)}, place)"
            sql = f"SELECT t.id FROM {{}}{table} t JOIN {listed} ON {same} ORDER BY k.place"
            return list(self._run(connection, sql, tuple(map(list, zip(*keys, strict=True)))).scalars())
        where = " AND ".join(f"{column} = ?" for column in columns)
        sql, cursor = f"SELECT id FROM {table} WHERE {where}", connection.connection.cursor()
        return [cursor.execute(sql, key).fetchone()[0] for key in keys]

    def _insert(
        self, connection: Connection, table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]
    ) -> None:
        rows = list(rows)
        if not rows:
            return
        if self._database.server:
            cursor = connection.connection.cursor()
            with cursor.copy(f"COPY {self._database.prefix}{table} ({', '.join(columns)}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            return
        marks = ", ".join(["{}"] * len(columns))
        self._run(connection, f"INSERT INTO {{}}{table} ({', '.join(columns)}) VALUES ({marks})", rows)


def _arrays(columns: Sequence[str]) -> str:
    """Return PostgreSQL's expression for rows that are passed as one array for each column."""
    types = ("bigint" if column.endswith("_id") else "text" for column in columns)
    return f"unnest({', '.join(f'{{}}::{kind}[]' for kind in types)})"


def _sort_key(version: _Version) -> str | None:
    ecosystem = ecosystem_of(version.package, version.distribution)
    return sort_key(ecosystem, version.version) if ecosystem else None


def _binding(statement: RegisteredStatement) -> str | None:
    return None if statement.binding is None else msgspec.json.encode(statement.binding).decode()


def _product(document: RegisteredDocument) -> str:
    return f"{document.supplier}\n{document.product}\n{document.product_version}\n{document.kind}"


def _check(entry: RegistryEntry) -> None:
    if any(_REFUSED_TEXT.search(text) for text in _texts(entry)):
        raise InputError(
            f"{entry.document.name!a}: a text has a NUL or half of a surrogate pair, which no database stores",
            hint="Ask the supplier for a document without it.",
        )


def _texts(entry: RegistryEntry) -> Iterator[str]:
    document = entry.document
    yield from (
        document.digest, document.format, document.supplier, document.product, document.product_version, document.stated,
        document.ingested, document.signer, document.name, document.revision, *document.identifiers,
    )  # fmt: skip
    for reason in document.reasons:
        yield from reason
    for item in entry.components:
        yield "".join((*item.package, item.version, item.distribution, item.source, item.qualifiers or ""))
    for digest in entry.digests:
        yield digest.algorithm
    for statement in entry.statements:
        yield "".join(
            (*statement[1:2], *statement.aliases, *statement[3:8], *(statement.package or ()), statement.version)
        )
