"""The questions of "am I affected?": both databases give the answer of a search through everything."""

from __future__ import annotations

import random
from collections.abc import Iterable

from ops.supply_chain.adapters.registry.address import RegistryAddress
from ops.supply_chain.adapters.registry.search import RegistrySearch
from ops.supply_chain.adapters.registry.writer import RegistryWriter
from ops.supply_chain.contracts.values.registry import (
    PackageName,
    RegisteredComponent,
    RegisteredVersion,
    RegistryHit,
)
from tests.adapters.registry.entries import NAMES, digest_of, drawn_entry, entry

_Version = tuple[PackageName, str, str, str]


def test_every_version_is_found_in_every_document(address: RegistryAddress) -> None:
    chance = random.Random(20261129)  # noqa: S311 - drawn data, the same each time
    entries = [drawn_entry(chance, f"document {number}") for number in range(25)]
    with RegistryWriter(address) as writer:
        writer.ingest(entries)
    with RegistrySearch(address) as search:
        current = {document.digest for document in search.documents() if document.current and not document.own}
        for package in NAMES:
            for source in ("", "openssl"):
                versions = search.versions([package], [source] if source else [])
                chosen = [item for item in versions if chance.random() < 0.7]
                hits = search.occurrences(item.number for item in chosen)
                wanted = set(map(_version, chosen))
                counted = search.products_with(item.number for item in chosen)
                assert {_version(item): counted.get(item.number, 0) for item in chosen} == {
                    version: len({digest for digest, other in _found(hits) if other == version and digest in current})
                    for version in wanted
                }
                assert search.occurrences([item.number for item in chosen], own=True) == ()
                assert hits == search.occurrences(item.number for item in reversed(chosen))
                assert _found(hits) == {
                    (document.document.digest, _version(component))
                    for document in entries
                    for component in document.components
                    if _version(component) in wanted
                }


def _found(hits: Iterable[RegistryHit]) -> set[tuple[str, _Version]]:
    return {(hit.document.digest, _version(hit.component)) for hit in hits}


def _version(item: RegisteredComponent | RegisteredVersion) -> _Version:
    return item.package, item.version, item.distribution, item.source


def test_both_databases_count_and_list_the_same(address: RegistryAddress) -> None:
    with RegistryWriter(address) as writer:
        writer.ingest(
            [entry("one"), entry("two", own=True, supplier="", reasons=()), entry("three", format="", supplier="")]
        )
    with RegistrySearch(address) as search:
        assert search.types() == ((":name", "", 1), ("deb", "debian", 1), ("pypi", "", 1))
        assert search.names() == ("a thing without an identity", "openssl", "urllib3")
        assert search.without_source() == ()
        assert search.digests(own=True) == {digest_of("two")}
        assert [(item.own, item.read, item.known, item.documents) for item in search.groups()] == [
            (False, False, False, 1),
            (False, True, True, 1),
            (True, True, False, 1),
        ]
        owners = search.digest_owners([digest_of("archive"), digest_of("absent")])
        assert {(value, document.digest) for value, document in owners} == {
            (digest_of("archive"), digest_of(name)) for name in ("one", "two", "three")
        }
        current = search.current("Acme", "pkg:generic/thing", "1.0")
        assert current is not None
        assert current.digest == digest_of("one")
        assert search.current("Acme", "pkg:generic/thing", "2.0") is None


def test_thousands_of_versions_are_read_at_once(file_address: RegistryAddress) -> None:
    with RegistryWriter(file_address) as writer:
        writer.ingest([entry("one")])
    with RegistrySearch(file_address) as search:
        assert len(search.occurrences(range(5_000))) == 4
