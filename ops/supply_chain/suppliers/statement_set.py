"""Statements about a vulnerability, found by what a component is: a known vulnerability has thousands of both."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from typing import Self

from ops.supply_chain.contracts.values.registry import PackageName, RegistryHit
from ops.supply_chain.formats.purl import read_purl
from ops.supply_chain.suppliers.entries import cpe_name, purl_of
from ops.supply_chain.suppliers.matching import SupplierStatement, binding_of
from ops.supply_chain.suppliers.statement_entries import package_of


class StatementSet(tuple[SupplierStatement, ...]):  # noqa: SLOT001 - it keeps what it is searched by
    """Statements in the order of time and document, each found by everything that can make it be about a component."""

    _by_key: dict[Hashable, list[int]]
    _names: list[frozenset[str]]

    def __new__(cls, items: Iterable[SupplierStatement] = ()) -> Self:
        """Return the statements in their order."""
        return super().__new__(cls, sorted(items, key=_in_order))

    def about(self, hit: RegistryHit, names: Iterable[str]) -> Iterator[SupplierStatement]:
        """Yield the statements about a vulnerability that can be about a component; `applies` decides.

        Args:
            hit: The component in its document.
            names: All identifiers of the vulnerability, in any case.
        """
        index = self._index()
        wanted = {name.upper() for name in names}
        found = {number for key in _keys_of_hit(hit) for number in index.get(key, ())}
        return (self[number] for number in sorted(found) if not wanted.isdisjoint(self._names[number]))

    def _index(self) -> dict[Hashable, list[int]]:
        try:
            return self._by_key
        except AttributeError:
            self._names = [
                frozenset(name.upper() for name in (item.statement.vulnerability, *item.statement.aliases))
                for item in self
            ]
            found: defaultdict[Hashable, list[int]] = defaultdict(list)
            for number, item in enumerate(self):
                for key in set(_keys_of_statement(item)):
                    found[key].append(number)
            self._by_key = dict(found)
            return self._by_key


def _keys_of_hit(hit: RegistryHit) -> Iterator[Hashable]:
    yield "document", hit.document.digest
    yield "product", hit.document.product
    yield "package", hit.component.package
    for identifier in hit.document.identifiers:
        yield "identifier", identifier


def _keys_of_statement(item: SupplierStatement) -> Iterator[Hashable]:
    binding = binding_of(item.statement)
    product = binding.product
    if binding.problem or product is None:
        return
    yield "document", item.document.digest
    for digest in item.product_at.products:
        yield "document", digest
    for located in (item.product_at, item.component_at):
        for digest, _, _ in located.components:
            yield "document", digest
    for identifier in (*product.digests, *product.cpes):
        yield "identifier", identifier
    purls = [purl for purl in map(read_purl, product.purls) if purl is not None]
    for purl in purls:
        yield "product", purl_of(purl)
    if not product.purls:
        yield "product", product.label
    if binding.component is None:
        for package in (*map(package_of, purls), *map(cpe_name, product.cpes), item.statement.package):
            yield "package", package


def _in_order(item: SupplierStatement) -> tuple[str, str, int, tuple[str, ...]]:
    package = item.statement.package or PackageName("", "", "")
    return item.statement.stated, item.document.digest, item.statement.place, (*package, item.statement.version)
