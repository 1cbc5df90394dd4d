"""Counts, findings and inputs of the record."""

from __future__ import annotations

from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.contracts.values.lock import PinSource, PinSourceKind
from ops.supply_chain.contracts.values.package_index import MetadataAnswer
from ops.supply_chain.inventory.summary import counts_of, digest_of_metadata, metadata_findings, read_files, text_of
from tests.inventory.made_locks import METADATA, digest, documents, entry, lock, made_project, metadata, pin


def test_counts() -> None:
    inventory = made_project()
    counts = counts_of(inventory, documents(inventory)[1], files=7)
    assert counts == {
        "locks": 4,
        "empty_locks": 1,
        "locks_without_source": 3,
        "locked": 7,
        "examined": 7,
        "components": 6,
        "optional": 0,
        "excluded": 2,
        "enriched": 3,
        "unknown_licences": 3,
        "unknown_producers": 4,
        "unknown_versions": 1,
        "unknown_edges": 3,
        "files": 7,
    }
    assert text_of(counts) == (
        "4 locks (1 empty), 7 of 7 pins, 6 components (2 for development only), 7 files\nunknown: licences 3, producers 4, versions 1, edges 3"
    )


def test_what_the_index_should_have_and_has_not_is_a_finding() -> None:
    gone, elsewhere = pin("gone"), pin("path", source=PinSource(kind=PinSourceKind.PATH, url="x"))
    locks = [lock("b.txt", entry(gone, 9)), lock("a.txt", entry(pin("gone"), 4), entry(elsewhere, 5))]
    answer = MetadataAnswer(
        found={}, missing=((gone, "the index has no such\x1b release"), (elsewhere, "not from an index"))
    )
    assert metadata_findings(locks, answer) == (
        Finding(
            code="sbom.metadata-missing",
            severity=Severity.LOW,
            message="its licence, producer and dependencies are unknown: the index has no such? release",
            next_step="Check whether this release was withdrawn from the index; replace it if so.",
            package="gone",
            version="1.0",
            path="a.txt",
            line=4,
        ),
    )


def test_locks_and_what_they_include_are_read_once() -> None:
    shared = ("shared.txt", digest("s")[7:], 3)
    locks = [lock("a.txt", included=(shared,)), lock("b.txt", included=(shared, ("a.txt", digest("a.txt")[7:], 5)))]
    assert [ref.path for ref in read_files(locks)] == ["project:a.txt", "project:b.txt", "project:shared.txt"]
    assert read_files(locks)[2] == FileRef(path="project:shared.txt", sha256=digest("s")[7:], size=3)


def test_the_digest_of_metadata_hangs_on_what_was_used_alone() -> None:
    turned = dict(reversed(METADATA.items()))
    again = {**turned, pin("again"): next(iter(METADATA.values()))}
    first = digest_of_metadata(MetadataAnswer(found=METADATA, missing=()))
    assert first == digest_of_metadata(MetadataAnswer(found=turned, missing=()))
    assert first == digest_of_metadata(MetadataAnswer(found=again, missing=()))
    assert first != digest_of_metadata(MetadataAnswer(found={pin("x"): metadata("x")}, missing=()))
