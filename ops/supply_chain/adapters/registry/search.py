"""Questions of "am I affected?" to the registry: distinct versions first, then only the documents that have a wanted one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ops.supply_chain.adapters.registry.reader import DOCUMENT, HIT, HIT_TABLES, RegistryReader, document_of
from ops.supply_chain.contracts.values.registry import (
    DocumentGroup,
    DocumentKind,
    IntakeDecision,
    PackageName,
    RegisteredDocument,
    RegisteredVersion,
    RegistryHit,
)

CHUNK = 500
"""Values of one statement: SQLite takes 999 in builds that are in use."""


class RegistrySearch(RegistryReader):
    """A registry that is searched; see `RegistryReader`."""

    def versions(self, packages: Sequence[PackageName], sources: Sequence[str] = ()) -> tuple[RegisteredVersion, ...]:
        """Return the distinct versions of some packages, of all documents: few, however many documents have them.

        Args:
            packages: Their identities.
            sources: Source packages of distributions, whose binary packages are returned, too.
        """
        found: dict[int, RegisteredVersion] = {}
        for package in packages:
            where = "p.name = {} AND p.type = {} AND p.namespace = {}"
            found |= self._versions(where, (package.name, package.type, package.namespace))
        for source in sources:
            found |= self._versions("v.source = {}", (source,))
        return tuple(found[number] for number in sorted(found))

    def _versions(self, where: str, values: tuple[str, ...]) -> dict[int, RegisteredVersion]:
        rows = self.rows(
            "SELECT v.id, p.type, p.namespace, p.name, v.version, v.distribution, v.source FROM {s}packages p "
            f"JOIN {{s}}versions v ON v.package_id = p.id WHERE {where}",
            values,
        )
        return {row[0]: RegisteredVersion(row[0], PackageName(*row[1:4]), *row[4:]) for row in rows}

    def occurrences(self, versions: Iterable[int], *, own: bool = False) -> tuple[RegistryHit, ...]:
        """Return every component that has one of some versions, in the order of `find`.

        Args:
            versions: Numbers of `RegisteredVersion`.
            own: True for those of own releases alone, else in all documents.
        """
        found: list[tuple[Any, ...]] = []
        for chunk in _chunks(versions):
            marks = ", ".join(["{}"] * len(chunk))
            which = " AND d.own = {}" if own else ""
            values = (*chunk, True) if own else chunk
            found += self.rows(f"SELECT {HIT} FROM {HIT_TABLES} WHERE v.id IN ({marks}){which}", values)
        found.sort(key=lambda row: (row[:3], row[6] is None, row[6] or "", row[3:6], row[10]))
        return self.as_hits(found)

    def products_with(self, versions: Iterable[int]) -> dict[int, int]:
        """Count the current documents of suppliers that have each of some versions; those without any are left out.

        Args:
            versions: Numbers of `RegisteredVersion`.
        """
        found: dict[int, int] = {}
        for chunk in _chunks(versions):
            marks = ", ".join(["{}"] * len(chunk))
            rows = self.rows(
                "SELECT c.version_id, count(*) FROM {s}components c JOIN {s}documents d ON d.id = c.document_id "
                f"WHERE c.version_id IN ({marks}) AND d.current = {{}} AND d.own = {{}} GROUP BY c.version_id",
                (*chunk, True, False),
            )
            found |= {row[0]: row[1] for row in rows}
        return found

    def spelt_otherwise(self, package: PackageName) -> tuple[PackageName, ...]:
        """Return the packages whose identity differs from another one by case alone, sorted."""
        where = "type = {} AND lower(name) = lower({}) AND lower(namespace) = lower({})"
        rows = self.rows(
            f"SELECT type, namespace, name FROM {{s}}packages WHERE {where}",
            (package.type, package.name, package.namespace),
        )
        return tuple(sorted({PackageName(*row) for row in rows} - {package}))

    def types(self) -> tuple[tuple[str, str, int], ...]:
        """Count the packages of each type, by namespace where that names a distribution: type, namespace or empty, number."""
        rows = self.rows(
            "SELECT type, CASE WHEN type IN ('apk', 'deb', 'rpm') THEN namespace ELSE '' END, count(*) FROM {s}packages "
            "GROUP BY 1, 2",
            (),
        )
        return tuple(sorted((row[0], row[1], row[2]) for row in rows))

    def without_source(self) -> tuple[tuple[str, str, int], ...]:
        """Count the versions of packages of distributions whose documents do not name the source package: type, namespace, number."""
        rows = self.rows(
            "SELECT p.type, p.namespace, count(*) FROM {s}packages p JOIN {s}versions v ON v.package_id = p.id "
            "WHERE p.type IN ('apk', 'deb') AND v.source = '' GROUP BY p.type, p.namespace",
            (),
        )
        return tuple(sorted((row[0], row[1], row[2]) for row in rows))

    def current(self, supplier: str, product: str, version: str) -> RegisteredDocument | None:
        """Return the current SBOM of a product of a supplier; None if none was accepted."""
        rows = self.rows(
            f"SELECT {DOCUMENT} FROM {{s}}documents d WHERE d.supplier = {{}} AND d.product = {{}} AND d.product_version = {{}} "
            "AND d.kind = {} AND d.current = {} AND d.own = {}",
            (supplier, product, version, DocumentKind.SBOM.value, True, False),
        )
        return document_of(rows[0], {}) if rows else None

    def names(self, type_: str = "") -> tuple[str, ...]:
        """Return the name of each package of a type, or of any, sorted."""
        where, values = ("WHERE type = {}", (type_,)) if type_ else ("", ())
        return tuple(sorted({row[0] for row in self.rows(f"SELECT DISTINCT name FROM {{s}}packages {where}", values)}))

    def groups(self) -> tuple[DocumentGroup, ...]:
        """Count the documents by what decides whether they answer a question, in a fixed order."""
        rows = self.rows(
            "SELECT kind, own, decision, current, CASE WHEN format = '' THEN 0 ELSE 1 END, CASE WHEN supplier = '' THEN 0 "
            "ELSE 1 END, count(*) FROM {s}documents GROUP BY 1, 2, 3, 4, 5, 6",
            (),
        )
        groups = (
            DocumentGroup(
                DocumentKind(row[0]),
                bool(row[1]),
                IntakeDecision(row[2]),
                bool(row[3]),
                bool(row[4]),
                bool(row[5]),
                row[6],
            )
            for row in rows
        )
        return tuple(sorted(groups))

    def products_without_document(self) -> tuple[tuple[str, int], ...]:
        """Count, by supplier, the products whose SBOMs were all quarantined or refused; documents of no supplier are left out."""
        same = "c.supplier = d.supplier AND c.product = d.product AND c.product_version = d.product_version AND c.kind = d.kind"
        rows = self.rows(
            "SELECT supplier, count(*) FROM (SELECT DISTINCT d.supplier, d.product, d.product_version FROM {s}documents d "
            "WHERE d.kind = {} AND d.own = {} AND d.supplier <> '' AND d.decision <> {} AND NOT EXISTS (SELECT 1 FROM {s}documents c "
            f"WHERE {same} AND c.current = {{}})) p GROUP BY supplier",
            (DocumentKind.SBOM.value, False, IntakeDecision.ACCEPTED.value, True),
        )
        return tuple(sorted((row[0], row[1]) for row in rows))

    def digests(self, *, own: bool) -> frozenset[str]:
        """Return the digests of all documents of suppliers, or of own releases."""
        return frozenset(row[0] for row in self.rows("SELECT digest FROM {s}documents WHERE own = {}", (own,)))

    def digest_owners(self, values: Iterable[str]) -> tuple[tuple[str, RegisteredDocument], ...]:
        """Return, of some digests, those that a component has, each with its documents.

        Args:
            values: Lower-case hexadecimal digits.
        """
        wanted = sorted(set(values))
        found: list[tuple[Any, ...]] = []
        for start in range(0, len(wanted), CHUNK):
            chunk = tuple(bytes.fromhex(value) for value in wanted[start : start + CHUNK])
            marks = ", ".join(["{}"] * len(chunk))
            found += self.rows(
                f"SELECT DISTINCT g.value, {DOCUMENT} FROM {{s}}digests g JOIN {{s}}documents d ON d.id = g.document_id "
                f"WHERE g.value IN ({marks})",
                chunk,
            )
        owners = ((bytes(row[0]).hex(), document_of(row[1:], {})) for row in found)
        return tuple(sorted(owners, key=lambda pair: (pair[0], pair[1].digest)))


def _chunks(numbers: Iterable[int]) -> Iterator[tuple[int, ...]]:
    ordered = sorted(set(numbers))
    for start in range(0, len(ordered), CHUNK):
        yield tuple(ordered[start : start + CHUNK])
