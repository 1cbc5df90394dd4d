"""Which document of a product counts, and what a component's text identifies."""

from __future__ import annotations

from typing import Any

import pytest

from ops.supply_chain.contracts.values.registry import DocumentKind, IntakeDecision, PackageName, RegisteredDocument
from ops.supply_chain.suppliers.backlog.products import (
    ProductKey,
    component_package,
    component_text,
    product_of,
    products_of,
    version_of,
)

THING = ProductKey("Acme", "pkg:generic/thing")


def document(name: str, version: str, stated: str, **fields: Any) -> RegisteredDocument:
    base: dict[str, Any] = {
        "digest": name * 64, "kind": DocumentKind.SBOM, "format": "CycloneDX 1.6", "supplier": "Acme",
        "product": "pkg:generic/thing", "product_version": version, "ingested": f"{stated}T00:00:00Z",
        "stated": f"{stated}T00:00:00Z", "decision": IntakeDecision.ACCEPTED, "name": f"{name}.json", "size": 1,
    }  # fmt: skip
    return RegisteredDocument(**{**base, **fields})


OLD, NEW = document("a", "1.9", "2026-10-01"), document("b", "1.10", "2026-11-01")


def heads(*documents: RegisteredDocument, all_versions: bool = False) -> list[str]:
    return [head.product_version for head in products_of(documents, all_versions=all_versions)[THING].heads]


def test_the_newest_document_of_a_product_counts_and_the_others_are_earlier_versions() -> None:
    found = products_of([OLD, NEW], all_versions=False)[THING]
    assert (found.heads, found.older) == ((NEW,), (OLD,))
    assert heads(OLD, NEW, all_versions=True) == ["1.10", "1.9"]


def test_a_later_maintenance_release_of_a_lower_version_does_not_replace_the_newest_version() -> None:
    assert heads(OLD, NEW, document("c", "1.9.1", "2026-11-20")) == ["1.9.1", "1.10"]


@pytest.mark.parametrize("versions", [("", "2"), ("2", ""), ("blue", "2")])
def test_where_versions_cannot_be_compared_the_time_decides(versions: tuple[str, str]) -> None:
    first, second = versions
    assert heads(document("a", first, "2026-10-01"), document("b", second, "2026-11-01")) == [second]


def test_only_accepted_current_documents_of_suppliers_count() -> None:
    others = [
        document("c", "2", "2026-12-01", decision=IntakeDecision.REFUSED),
        document("d", "2", "2026-12-01", current=False),
        document("e", "2", "2026-12-01", kind=DocumentKind.VEX),
        document("f", "2", "2026-12-01", own=True),
    ]
    assert heads(NEW, *others) == ["1.10"]


def test_a_newer_document_in_quarantine_is_named_an_older_one_is_not() -> None:
    newer = document("c", "2", "2026-12-01", decision=IntakeDecision.QUARANTINED)
    older = document("d", "1", "2026-09-01", decision=IntakeDecision.QUARANTINED)
    found = products_of([OLD, NEW, newer, older], all_versions=False)[THING]
    assert (found.heads, found.unaccepted) == ((NEW,), (newer,))
    assert products_of([newer], all_versions=False)[THING].heads == ()
    same_day = document("e", "1.10", "2026-11-01", decision=IntakeDecision.QUARANTINED)
    higher = document("f", "3", "2026-10-15", decision=IntakeDecision.QUARANTINED)
    assert products_of([NEW, same_day, higher], all_versions=False)[THING].unaccepted == (same_day, higher)


def test_images_that_are_named_with_their_digest_are_one_product() -> None:
    first = document("a", "", "2026-10-01", product=f"acme/image@sha256:{'1' * 64}")
    second = document("b", "", "2026-11-01", product=f"acme/image@sha256:{'2' * 64}")
    [(key, found)] = products_of([first, second], all_versions=False).items()
    assert (key.product, found.heads, version_of(second)) == ("acme/image", (second,), f"sha256:{'2' * 12}")
    assert version_of(NEW) == "1.10"


def test_documents_that_name_no_product_are_never_the_same_product() -> None:
    first, second = document("a", "", "2026-10-01", product=""), document("b", "", "2026-11-01", product="")
    assert product_of(first) != product_of(second)
    assert len(products_of([first, second], all_versions=False)) == 2


@pytest.mark.parametrize(
    "package",
    [
        PackageName("pypi", "", "foo"),
        PackageName("npm", "@scope", "x"),
        PackageName("golang", "github.com/a/b", "v2"),
        PackageName("maven", "org.a", "b"),
        PackageName("generic", "", "a/b"),
        PackageName("generic", "a", "b"),
        PackageName("deb", "debian", "libstdc++6"),
        PackageName("generic", "", "a b@c?d#e%f"),
        PackageName("npm", "", "é"),
    ],
    ids=component_text,
)
def test_the_text_of_a_component_identifies_its_package(package: PackageName) -> None:
    assert component_package(component_text(package)) == package
