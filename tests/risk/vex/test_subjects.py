"""What statements are bound to, of any ecosystem: products and components by package URL, CPE, digest and BOM-Link."""

from __future__ import annotations

from typing import Any

import pytest

from ops.supply_chain.contracts.values.vex import VexBinding, VexDocument, VexStatus, VexSubject
from ops.supply_chain.risk.vex.read import read_vex
from ops.supply_chain.risk.vex.subjects import digest_of
from tests.risk.vex.support import openvex, statement

HEX = "ab" * 32
LINK = "urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#a"


def bindings(document: VexDocument) -> list[VexBinding]:
    return [target.binding for item in document.statements for target in item.targets]


def of_product(product: dict[str, Any] | str) -> VexBinding:
    (found,) = bindings(openvex(statement(products=[product])))
    return found


def test_an_openvex_product_by_all_that_identifies_it() -> None:
    product = {
        "@id": "pkg:deb/debian/openssl@3.0?arch=amd64",
        "identifiers": {"cpe23": "cpe:2.3:a:openssl:openssl:3.0:*:*:*:*:*:*:*", "cpe22": "cpe:/a:openssl:openssl:3.0"},
        "hashes": {"sha-256": HEX.upper(), "md5": "not hexadecimal"},
        "subcomponents": [{"@id": LINK}],
    }
    found = of_product(product)
    assert found.product == VexSubject(
        label="pkg:deb/debian/openssl@3.0?arch=amd64",
        purls=("pkg:deb/debian/openssl@3.0?arch=amd64",),
        cpes=("cpe:2.3:a:openssl:openssl:3.0:*:*:*:*:*:*:*", "cpe:/a:openssl:openssl:3.0"),
        digests=(f"sha-256:{HEX}",),
    )
    assert found.component == VexSubject(label=LINK, links=(LINK,))
    assert found.problem == ""


def test_openvex_without_a_product_or_with_one_by_its_name_only_is_bound_to_nothing() -> None:
    assert bindings(openvex(statement(products=[]))) == []
    assert of_product("https://example.org/thing").problem == (
        "identifies no product by a package URL, a CPE, a digest or a BOM-Link, only by https://example.org/thing"
    )
    both = {"@id": "pkg:npm/a@1", "identifiers": {"purl": "pkg:npm/a@2"}}
    assert of_product(both).problem == "names a package by package URLs that differ"
    inside = {"@id": "pkg:npm/a@1", "subcomponents": [{"@id": "b"}]}
    assert of_product(inside).problem.endswith("only by b")


def test_subcomponents_of_the_statement_limit_it_as_well() -> None:
    limited = statement(products=[{"@id": "pkg:npm/a@1"}], subcomponents=["pkg:npm/b@2"])
    (found,) = bindings(openvex(limited))
    assert found.component is not None
    assert found.component.purls == ("pkg:npm/b@2",)


def test_the_words_of_a_statement_go_with_its_status() -> None:
    texts = {"impact_statement": "impact", "action_statement": "action", "status_notes": "notes"}
    found = [
        openvex(statement(status, **texts)).statements[0].targets[0].detail
        for status in ("not_affected", "affected", "fixed", "under_investigation")
    ]
    assert found == ["impact", "action", "notes", "notes"]


def test_time_and_edition_of_an_openvex_document() -> None:
    found = openvex(statement(), version=3, last_updated="2026-11-21T00:00:00+01:00")
    assert (str(found.issued), found.revision) == ("2026-11-20 23:00:00+00:00", "3")
    assert openvex(statement(), timestamp="2026-11-20T00:00:00").issued is None


def csaf(*, version: str = "2.0", category: str = "csaf_vex", **more: Any) -> dict[str, Any]:
    def product(key: str, **helper: Any) -> dict[str, Any]:
        return {"name": f"name of {key}", "product_id": key, "product_identification_helper": helper}

    relation = {"category": "default_component_of", "full_product_name": {"name": "x", "product_id": "AinP"}}
    nested = {"category": "default_component_of", "full_product_name": {"name": "x", "product_id": "nested"}}
    file_hash = {"algorithm": "sha256", "value": HEX}
    return {
        "document": {
            "category": category,
            "csaf_version": version,
            "tracking": {
                "id": "T-1", "status": "final", "version": "1.2.0", "current_release_date": "2026-11-20T00:00:00Z",
            },
        },
        "product_tree": {
            "full_product_names": [
                product("A", purl="pkg:npm/a@1"),
                product("A2", purls=["pkg:npm/a@1", "pkg:npm/a@1?repository_url=x"]),
                product("C", cpe="cpe:/a:acme:thing:1"),
                product("H", hashes=[{"filename": "f", "file_hashes": [file_hash]}]),
                product("HH", hashes=[{"filename": name, "file_hashes": [file_hash]} for name in "fg"]),
                product("L", sbom_urls=[LINK, "https://example.org/sbom"]),
                product("N"),
            ],
            "branches": [{"category": "product_version", "name": "7", "product": product("P", purl="pkg:generic/p")}],
            "product_groups": [{"group_id": "G", "product_ids": ["A", "C"]}],
            "relationships": [
                {**relation, "product_reference": "A", "relates_to_product_reference": "P"},
                {**nested, "product_reference": "AinP", "relates_to_product_reference": "P"},
            ],
        },
        "vulnerabilities": [
            {
                "cve": "CVE-2026-1",
                "product_status": {
                    "known_not_affected": ["A", "A2", "C", "H", "HH", "L", "N", "P", "AinP", "nested", "unknown"],
                    "known_affected": ["A"],
                },
                "threats": [
                    {"category": "impact", "details": "Not reachable.", "group_ids": ["G"]},
                    {"category": "exploit_status", "details": "none", "product_ids": ["P"]},
                ],
                "remediations": [{"category": "vendor_fix", "details": "Update to 2.", "product_ids": ["A"]}],
            }
        ],
        **more,
    }  # fmt: skip


def test_csaf_products_by_all_that_identifies_them() -> None:
    found = read_vex(csaf(), file="f")
    affected, not_affected = sorted(found.statements, key=lambda item: item.status)
    assert [item.status for item in (affected, not_affected)] == [VexStatus.AFFECTED, VexStatus.NOT_AFFECTED]
    assert affected.targets[0].detail == "Update to 2."
    a, a2, cpe, digest, digests, link, name, product, inside, nested, unknown = not_affected.targets
    assert [target.detail for target in (a, cpe, product)] == ["Not reachable.", "Not reachable.", ""]
    subjects = [target.binding.product for target in (a, a2, cpe, digest, link, product)]
    assert subjects == [
        VexSubject(label="pkg:npm/a@1", purls=("pkg:npm/a@1",)),
        VexSubject(label="pkg:npm/a@1", purls=("pkg:npm/a@1", "pkg:npm/a@1?repository_url=x")),
        VexSubject(label="name of C", cpes=("cpe:/a:acme:thing:1",)),
        VexSubject(label="name of H", digests=(f"sha-256:{HEX}",)),
        VexSubject(label="name of L", links=(LINK,)),
        VexSubject(label="pkg:generic/p", purls=("pkg:generic/p",), version="7"),
    ]
    assert (inside.binding.product, inside.binding.component) == (subjects[5], subjects[0])
    assert [bool(target.binding.problem) for target in not_affected.targets] == [False] * 4 + [
        True, False, True, False, False, True, True,
    ]  # fmt: skip
    assert "only by name of N" in name.binding.problem
    assert digests.binding.problem.endswith("only by name of HH")
    assert "AinP" in nested.binding.problem
    assert "unknown" in unknown.binding.problem
    assert (str(found.issued), found.revision, found.draft) == ("2026-11-20 00:00:00+00:00", "1.2.0", False)


@pytest.mark.parametrize("category", ["csaf_security_advisory", "csaf_deprecated_security_advisory"])
def test_a_security_advisory_makes_statements(category: str) -> None:
    assert len(read_vex(csaf(category=category, version="2.1"), file="f").statements) == 2


@pytest.mark.parametrize("category", ["csaf_withdrawn", "csaf_superseded"])
def test_a_withdrawn_document_states_nothing_any_more(category: str) -> None:
    document = csaf(category=category, version="2.1")
    for emptied in (document, {"document": document["document"]}):
        found = read_vex(emptied, file="f")
        assert (found.withdrawn, found.statements, found.id) == (True, (), "T-1")


def test_a_draft_is_bound_to_nothing() -> None:
    document = csaf()
    document["document"]["tracking"]["status"] = "draft"
    found = read_vex(document, file="f")
    assert found.draft
    assert {binding.problem for binding in bindings(found)} == {
        "is in a draft", "names the product unknown, which the document does not describe",
    }  # fmt: skip


def test_digests_in_any_spelling() -> None:
    for name in ("SHA256", "sha-256", "sha256", "SHA-256"):
        assert digest_of(name, HEX.upper()) == f"sha-256:{HEX}"
    assert digest_of("sha3_256", HEX) == f"sha3-256:{HEX}"
    assert digest_of("sha256", "x") == digest_of("", HEX) == digest_of("sha256", "") == ""
