"""Documents into the registry: each whole or not at all, each once, whoever else writes.

Rows that several writers may add at the same time (packages, versions) are inserted in sorted order, so that two
transactions never wait for each other. Their numbers are kept in memory, until a transaction fails. The rows of all
documents of a transaction are inserted together, in the order of the index: the database then changes each page once.

Source: https://www.postgresql.org/docs/current/sql-insert.html#SQL-ON-CONFLICT, https://www.postgresql.org/docs/current/sql-copy.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from operator import itemgetter
from types import TracebackType
from typing import Any, Self

import msgspec
from sqlalchemy import Connection

from ops.supply_chain.adapters.registry.address import RegistryAddress
from ops.supply_chain.adapters.registry.engine import Database
from ops.supply_chain.adapters.registry.failure import RETRIED, code_of, registry_failure
from ops.supply_chain.contracts.values.registry import (
    ComponentVersion,
    DocumentKind,
    IntakeDecision,
    IntakeReason,
    ListedComponent,
    PackageName,
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

MOST_LISTED = 200_000
"""Objects whose number is found by their identity."""

MOST_ROWS = 500
"""Documents of one statement: a statement has at most some 32,000 values."""

_REFUSED_TEXT = re.compile("[\x00\ud800-\udfff]")

_DOCUMENT = (
    "digest, kind, format, supplier, product, product_version, own, stated, ingested, signer, decision, current, name, size, "
    "revision, identifiers"
)
_REASONS = ("document_id", "place", "code", "message")
_SAME_PRODUCT = "supplier = {} AND product = {} AND product_version = {} AND kind = {} AND own = {}"
_NEWEST = (
    "FROM {s}documents n WHERE n.decision = {} AND "
    + _SAME_PRODUCT
    + " ORDER BY n.stated DESC, coalesce(n.revision, '') DESC, n.ingested DESC, n.digest DESC LIMIT 1"
)
_SUPERSEDE = {
    DocumentKind.SBOM: f"UPDATE {{s}}documents SET current = (id = coalesce((SELECT n.id {_NEWEST}), -1)) WHERE {_SAME_PRODUCT}",
    DocumentKind.VEX: "UPDATE {s}documents SET current = (decision = {} AND stated || '/' || coalesce(revision, '') = "
    f"coalesce((SELECT n.stated || '/' || coalesce(n.revision, '') {_NEWEST}), '')) WHERE {_SAME_PRODUCT}",
}

_Product = tuple[str, str, str, str, bool]
"""Documents of the same one supersede each other: supplier, product, its version, kind, own."""


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
        self._versions: dict[ComponentVersion, int] = {}
        self._listed: dict[int, tuple[int, ListedComponent]] = {}
        """The number of a version, by the identity of the object that lists it, which lives as long as it is here."""
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
            _check(entry.document.name, _texts(entry))
        documents = [entry.document for entry in entries]
        return tuple(self._again(lambda connection: self._store(connection, entries), documents))

    def decide(self, documents: Sequence[RegisteredDocument]) -> tuple[bool, ...]:
        """Replace the decision about documents that are stored, with supplier, signer and reasons, in one transaction.

        Args:
            documents: As they are now decided; which of them is current is decided here.
        Returns:
            For each, False if there is no such document.
        Raises:
            StageError: The database failed; nothing is changed.
        """
        if not documents:
            return ()
        return tuple(self._again(lambda connection: [self._decide(connection, item) for item in documents], documents))

    def clear(self) -> None:
        """Remove everything, before it is built again from the stored documents."""

        def remove(connection: Connection) -> list[bool]:
            for table in ("components", "documents", "versions", "packages"):
                self._run(connection, "DELETE FROM {s}" + table, ())
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
            products = sorted({"\n".join(map(str, _product(document))) for document in documents})
            connection.exec_driver_sql(
                "SELECT pg_advisory_xact_lock(hashtextextended(k, 0)) FROM unnest(%s::text[]) AS k", (products,)
            )

    def _forget(self) -> None:
        self._packages.clear()
        self._versions.clear()
        self._listed.clear()

    def _run(self, connection: Connection, sql: str, values: Any) -> Any:
        """Run one statement: `{s}` is the place of the schema, each `{}` one of a value."""
        text = sql.replace("{s}", self._database.prefix).replace("{}", self._mark)
        return connection.exec_driver_sql(text, values)

    def _store(self, connection: Connection, entries: Sequence[RegistryEntry]) -> list[bool]:
        numbers = self._new_documents(connection, [entry.document for entry in entries])
        new: dict[int, RegistryEntry] = {}
        stored = []
        for entry in entries:
            number = numbers.pop(entry.document.digest, None)
            stored.append(number is not None)
            if number is not None:
                new[number] = entry
        reasons = [row for number, entry in new.items() for row in _reason_rows(number, entry.document.reasons)]
        self._insert(connection, "reasons", _REASONS, reasons)
        self._components(connection, new)
        self._digests(connection, new)
        self._statements(connection, new)
        self._supersede(connection, {_product(entry.document) for entry in new.values()})
        return stored

    def _new_documents(self, connection: Connection, documents: Sequence[RegisteredDocument]) -> dict[str, int]:
        """Insert the documents that are not there yet; return their numbers by their digests."""
        rows = {
            item.digest: (
                item.digest, str(item.kind), item.format, item.supplier, item.product, item.product_version, item.own,
                item.stated, item.ingested, item.signer, str(item.decision), False, item.name, item.size, item.revision,
                json.dumps(item.identifiers),
            )
            for item in reversed(documents)
        }  # fmt: skip
        found: dict[str, int] = {}
        in_order = [rows[digest] for digest in sorted(rows)]
        for at in range(0, len(in_order), MOST_ROWS):
            some = in_order[at : at + MOST_ROWS]
            marks = ", ".join([f"({', '.join(['{}'] * len(some[0]))})"] * len(some))
            result = self._run(
                connection,
                f"INSERT INTO {{s}}documents ({_DOCUMENT}) VALUES {marks} ON CONFLICT (digest) DO NOTHING "
                "RETURNING digest, id",
                tuple(chain.from_iterable(some)),
            )
            found.update((digest, number) for digest, number in result)
        return found

    def _decide(self, connection: Connection, document: RegisteredDocument) -> bool:
        found = self._run(
            connection,
            "SELECT id, supplier, product, product_version, kind, own FROM {s}documents WHERE digest = {}",
            (document.digest,),
        ).first()
        if found is None:
            return False
        number, *former = found
        self._run(
            connection,
            "UPDATE {s}documents SET decision = {}, supplier = {}, signer = {} WHERE id = {}",
            (str(document.decision), document.supplier, document.signer, number),
        )
        self._run(connection, "DELETE FROM {s}reasons WHERE document_id = {}", (number,))
        self._insert(connection, "reasons", _REASONS, _reason_rows(number, document.reasons))
        supplier, *same = former
        self._supersede(connection, {(name, *same) for name in (supplier, document.supplier)})  # it may have moved
        return True

    def _components(self, connection: Connection, new: Mapping[int, RegistryEntry]) -> None:
        listed = {number: new[number].versions() for number in sorted(new)}
        if len(self._versions) > MOST_NUMBERS:
            self._forget()
        if len(self._listed) > MOST_LISTED:
            self._listed.clear()
        # Documents share the objects: each is hashed once, and then found by its identity.
        known = self._listed
        unknown = {id(item): item for rows in listed.values() for item, _ in rows if id(item) not in known}
        numbers = self._numbers_of_versions(connection, [version for version, _ in unknown.values()])
        known.update((identity, (numbers[item[0]], item)) for identity, item in unknown.items())
        rows = [
            (known[id(item)][0], number, place, item[1]) for number, items in listed.items() for item, place in items
        ]
        rows.sort(key=itemgetter(0))  # the documents are in order
        self._insert(connection, "components", ("version_id", "document_id", "place", "qualifiers"), rows)

    def _digests(self, connection: Connection, new: Mapping[int, RegistryEntry]) -> None:
        rows = {
            (bytes.fromhex(value), algorithm, number, place)
            for number, entry in new.items()
            for place, algorithm, value in entry.digests
        }
        self._insert(connection, "digests", ("value", "algorithm", "document_id", "place"), sorted(rows))

    def _statements(self, connection: Connection, new: Mapping[int, RegistryEntry]) -> None:
        stated = [(number, at, item) for number, entry in new.items() for at, item in enumerate(entry.statements)]
        if not stated:
            return
        known = self._numbers_of_packages(connection, (item.package for _, _, item in stated if item.package))
        rows, names = [], set()
        for number, at, item in stated:
            package = known[item.package] if item.package else None
            rows.append(
                (number, at, item.place, item.vulnerability, json.dumps(item.aliases), item.status, item.justification,
                 item.detail, item.stated, item.product, package, item.version, _binding(item))
            )  # fmt: skip
            names |= {(name.upper(), number, at) for name in (item.vulnerability, *item.aliases)}
        columns = (
            "document_id", "number", "place", "vulnerability", "aliases", "status", "justification", "detail", "stated",
            "product", "package_id", "version", "binding",
        )  # fmt: skip
        self._insert(connection, "statements", columns, rows)
        self._insert(connection, "statement_names", ("name", "document_id", "number"), sorted(names))

    def _supersede(self, connection: Connection, products: Collection[_Product]) -> None:
        """Make the newest accepted document of each product the current one: by its own time and edition, then by when it came.

        Of a VEX document, all editions of the newest time are current: what came last must not decide.
        """
        accepted = str(IntakeDecision.ACCEPTED)
        for kind, sql in _SUPERSEDE.items():
            first = (accepted, accepted) if kind is DocumentKind.VEX else (accepted,)
            rows = [(*first, *product, *product) for product in sorted(products) if product[3] == str(kind)]
            if rows:
                self._run(connection, sql, rows)

    def _numbers_of_packages(self, connection: Connection, packages: Iterable[PackageName]) -> dict[PackageName, int]:
        missing = sorted({package for package in packages if package not in self._packages})
        if missing:
            for package in missing:
                _check(package.name, package)
            self._add(connection, "packages", ("type", "namespace", "name"), missing)
            found = self._find(connection, "packages", ("type", "namespace", "name"), missing)
            self._packages.update(zip(missing, found, strict=True))
        return self._packages

    def _numbers_of_versions(
        self, connection: Connection, versions: Iterable[ComponentVersion]
    ) -> dict[ComponentVersion, int]:
        missing = sorted({version for version in versions if version not in self._versions})
        if missing:
            for (_, _, name), *texts in missing:
                _check(name, texts)
            packages = self._numbers_of_packages(connection, (package for package, *_ in missing))
            keys = [(packages[package], *rest) for package, *rest in missing]
            rows = [(*key, _sort_key(item)) for key, item in zip(keys, missing, strict=True)]
            columns = ("package_id", "version", "distribution", "source")
            self._add(connection, "versions", (*columns, "sort_key"), sorted(rows, key=lambda row: row[:4]))
            self._versions.update(zip(missing, self._find(connection, "versions", columns, keys), strict=True))
        return self._versions

    def _add(self, connection: Connection, table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert rows that another writer may insert, too; they are sorted by their key."""
        if self._database.server:
            sql = f"INSERT INTO {{s}}{table} ({', '.join(columns)}) SELECT * FROM {_arrays(columns)} ON CONFLICT DO NOTHING"
            self._run(connection, sql, tuple(map(list, zip(*rows, strict=True))))
            return
        marks = ", ".join(["{}"] * len(columns))
        sql = f"INSERT INTO {{s}}{table} ({', '.join(columns)}) VALUES ({marks}) ON CONFLICT DO NOTHING"
        self._run(connection, sql, list(rows))

    def _find(
        self, connection: Connection, table: str, columns: Sequence[str], keys: Sequence[tuple[Any, ...]]
    ) -> list[int]:
        """Return the numbers of rows by their keys, in the order of the keys."""
        if self._database.server:
            same = " AND ".join(f"t.{column} = k.{column}" for column in columns)
            listed = f"{_arrays(columns)} WITH ORDINALITY AS k({', '.join(columns)}, place)"
            sql = f"SELECT t.id FROM {{s}}{table} t JOIN {listed} ON {same} ORDER BY k.place"
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
        self._run(connection, f"INSERT INTO {{s}}{table} ({', '.join(columns)}) VALUES ({marks})", rows)


def _arrays(columns: Sequence[str]) -> str:
    """Return PostgreSQL's expression for rows that are passed as one array for each column."""
    types = ("bigint" if column.endswith("_id") else "text" for column in columns)
    return f"unnest({', '.join(f'{{}}::{kind}[]' for kind in types)})"


def _sort_key(listed: ComponentVersion) -> str | None:
    package, version, distribution, _ = listed
    ecosystem = ecosystem_of(package, distribution)
    return sort_key(ecosystem, version) if ecosystem else None


def _binding(statement: RegisteredStatement) -> str | None:
    return None if statement.binding is None else msgspec.json.encode(statement.binding).decode()


def _product(document: RegisteredDocument) -> _Product:
    return document.supplier, document.product, document.product_version, str(document.kind), document.own


def _reason_rows(number: int, reasons: Iterable[IntakeReason]) -> list[tuple[int, int, str, str]]:
    return [(number, place, reason.code, reason.message) for place, reason in enumerate(reasons)]


def _check(name: str, texts: Iterable[str]) -> None:
    if any(_REFUSED_TEXT.search(text) for text in texts):
        raise InputError(
            f"{name!a}: a text has a NUL or half of a surrogate pair, which no database stores",
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
    yield from {digest.algorithm for digest in entry.digests}
    for statement in entry.statements:
        yield "".join(
            (*statement[1:2], *statement.aliases, *statement[3:8], *(statement.package or ()), statement.version)
        )
