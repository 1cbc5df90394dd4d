"""What the registry stores of statements: bound to product and component, by all that identifies them, or to nothing and why."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ops.supply_chain.contracts.values.received_sbom import ReceivedSbom
from ops.supply_chain.contracts.values.registry import PackageName, RegisteredStatement
from ops.supply_chain.contracts.values.vex import VexBinding, VexSubject
from ops.supply_chain.formats.received.read import read_received
from ops.supply_chain.suppliers.statement_entries import (
    every_version,
    identifiers_of,
    link_of,
    products_named,
    same_version,
    statements_of,
)

SERIAL = "3E671687-395b-41f5-a30f-a58921a69b79"
LINK = f"urn:cdx:{SERIAL.lower()}/2"
FAR = "urn:cdx:11111111-1111-4111-8111-111111111111/1"
ROOT = {
    "type": "application",
    "bom-ref": "root",
    "name": "Thing",
    "version": "2.0",
    "purl": "pkg:pypi/thing@2.0?arch=arm64",
}
PART = {"type": "library", "bom-ref": "c0", "name": "a", "version": "1", "purl": "pkg:npm/a@1"}
NAMED = {"type": "library", "bom-ref": "n", "name": "plain", "group": "g", "version": "7"}


def sbom(*affects: dict[str, Any], root: dict[str, Any] | None = ROOT, **analysis: str) -> ReceivedSbom:
    stated = {"state": "not_affected", "justification": "code_not_present", **analysis}
    metadata = {"timestamp": "2026-11-01T00:00:00Z", **({"component": root} if root else {})}
    document = {
        "bomFormat": "CycloneDX", "specVersion": "1.6", "serialNumber": f"urn:uuid:{SERIAL}", "version": 2,
        "metadata": metadata, "components": [PART, NAMED],
        "vulnerabilities": [{"id": "CVE-2026-1", "analysis": stated, "affects": list(affects)}],
    }  # fmt: skip
    return read_received(json.dumps(document).encode())


def stated(*affects: dict[str, Any], **more: Any) -> list[RegisteredStatement]:
    return list(statements_of(sbom(*affects, **more)))


def bound(ref: str, **more: Any) -> tuple[PackageName | None, str, VexBinding]:
    (found,) = stated({"ref": ref}, **more)
    assert found.binding is not None
    return found.package, found.version, found.binding


THING = VexSubject(label=ROOT["purl"], purls=(ROOT["purl"],), version="2.0")
A = VexSubject(label="pkg:npm/a@1", purls=("pkg:npm/a@1",), version="1")


def test_a_component_is_bound_to_the_product_of_its_document() -> None:
    assert bound("c0") == (PackageName("npm", "", "a"), "1", VexBinding(product=THING, component=A))
    assert bound("c0", root=None) == (PackageName("npm", "", "a"), "1", VexBinding(product=A))
    assert bound("root") == (PackageName("pypi", "", "thing"), "2.0", VexBinding(product=THING))
    package, version, binding = bound("n")
    assert (package, version) == (PackageName(":name", "g", "plain"), "7")
    assert binding.component == VexSubject(label="g/plain", version="7")
    assert bound("pkg:npm/x@3")[2].component == VexSubject(label="pkg:npm/x@3", purls=("pkg:npm/x@3",))


def test_a_link_to_this_document_is_followed_and_one_to_another_is_kept() -> None:
    for ref in ("c0", "%630"):
        assert bound(f"{LINK}#{ref}") == bound("c0")
    assert bound(LINK) == bound("root")
    assert bound(f"{FAR}#pkg%3Anpm%2Fa%401") == (
        None, "", VexBinding(product=VexSubject(label=f"{FAR}#pkg%3Anpm%2Fa%401", links=(f"{FAR}#pkg%3Anpm%2Fa%401",))),
    )  # fmt: skip
    assert "does not have" in bound(f"{LINK}#absent")[2].problem


def test_what_is_bound_to_nothing_has_the_reason() -> None:
    (nothing,) = stated()
    assert nothing.binding == VexBinding(problem="names no product")
    assert bound("absent")[2].problem == "refers to 'absent', which the document does not have"
    assert bound("absent")[0] is None


STATUSES = [
    ("not_affected", "unaffected", "not_affected"),
    ("not_affected", "affected", "affected"),
    ("not_affected", None, "affected"),
    ("not_affected", "unknown", "under_investigation"),
    ("resolved", "unaffected", "fixed"),
    ("exploitable", "unaffected", "not_affected"),
    ("exploitable", "affected", "affected"),
    ("in_triage", "unknown", "under_investigation"),
]


@pytest.mark.parametrize(("state", "word", "expected"), STATUSES)
def test_versions_have_a_status_of_their_own(state: str, word: str | None, expected: str) -> None:
    entry = {"version": "1"} if word is None else {"version": "1", "status": word}
    (found,) = stated({"ref": "c0", "versions": [entry]}, state=state)
    assert (found.status, found.version) == (expected, "1")


def test_a_state_that_is_unknown_leaves_the_question_open() -> None:
    (found,) = stated({"ref": "c0"}, state="fine")
    assert found.status == "under_investigation"


def test_versions_narrow_what_has_none_and_contradict_what_has_another() -> None:
    root = {key: value for key, value in ROOT.items() if key != "version"} | {"purl": "pkg:pypi/thing"}
    versions = [{"version": "1.0", "status": "unaffected"}, {"range": "vers:pypi/<1", "status": "unaffected"}]
    found = stated({"ref": "root", "versions": versions}, root=root)
    assert [item.version for item in found] == ["1.0", "vers:pypi/<1"]
    other, same, inside, undecided = stated(
        {"ref": "c0", "versions": [
            {"version": "1.1"}, {"version": "1"}, {"range": "vers:npm/>=0.1|<2"}, {"range": "vers:npm/>=x"},
        ]}
    )  # fmt: skip
    for item in (other, undecided):
        assert item.binding == VexBinding(problem="gives a version that is not the component's")
    for item in (same, inside):
        assert item.binding == VexBinding(product=THING, component=A)


def test_times_and_words() -> None:
    (found,) = stated({"ref": "c0"}, firstIssued="2026-11-03T00:00:00Z", detail="why")
    assert (found.stated, found.detail, found.justification) == ("2026-11-03T00:00:00Z", "why", "code_not_present")
    (found,) = stated({"ref": "c0"}, firstIssued="2026-11-03T00:00:00Z", lastUpdated="2026-11-04T00:00:00Z")
    assert found.stated == "2026-11-04T00:00:00Z"
    (found,) = stated({"ref": "c0"}, firstIssued="2026-11-03T00:00:00Z", lastUpdated="2026-11-04T00:00:00")
    assert found.stated == ""  # an update that cannot be ordered is not overridden


def test_what_a_document_is_known_by() -> None:
    assert link_of(sbom()) == LINK
    assert identifiers_of(sbom()) == (LINK, ROOT["purl"])
    assert identifiers_of(sbom(root=None)) == (LINK,)
    plain = read_received(b'{"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1}')
    assert (link_of(plain), identifiers_of(plain)) == ("", ())


def about(**binding: Any) -> RegisteredStatement:
    return RegisteredStatement(0, "CVE-1", (), "fixed", "", "", "", "", None, "", VexBinding(**binding))


def test_products_that_a_supplier_must_speak_for() -> None:
    statements = [
        about(
            product=VexSubject(purls=("pkg:npm/a@1", "pkg:npm/a@1?x=y")), component=VexSubject(purls=("pkg:npm/b@1",))
        ),
        about(product=VexSubject(links=(FAR,))),
        about(product=VexSubject(digests=("sha-256:00",))),
        about(product=VexSubject(cpes=("cpe:/a:x:y:1",))),
        about(product=VexSubject(label="ABC 4.2")),
        about(product=VexSubject(label="ABC"), problem="is unknown"),
        about(product=VexSubject(purls=("pkg:npm/z@1",)), problem="is unknown"),
        about(problem="is unknown"),
    ]
    assert products_named(statements) == ("pkg:npm/a", "cpe:/a:x:y:1", "ABC 4.2", "pkg:npm/z")


def test_products_with_a_statement_about_every_version() -> None:
    statements = [
        about(product=VexSubject(purls=("pkg:npm/wide",))),
        about(product=VexSubject(purls=("pkg:npm/all",), versions="vers:npm/*")),
        about(product=VexSubject(purls=("pkg:npm/from-zero",), versions="vers:npm/>=0.0.0")),
        about(
            product=VexSubject(purls=("pkg:npm/a@1",)), component=VexSubject(purls=("pkg:npm/bounded-by-its-product",))
        ),
        about(product=VexSubject(purls=("pkg:npm/b",), version="1")),
        about(product=VexSubject(purls=("pkg:npm/c",), versions="vers:npm/<2")),
        about(product=VexSubject(purls=("pkg:npm/d",), digests=("sha-256:00",))),
        about(product=VexSubject(purls=("pkg:npm/e",)), problem="is unknown"),
        about(product=VexSubject(label="a name")),
    ]
    assert every_version(statements) == ("pkg:npm/wide", "pkg:npm/all", "pkg:npm/from-zero")


def test_versions_of_semver_where_a_package_has_no_order() -> None:
    plain = PackageName(":name", "", "ABC")
    assert same_version(plain, "", "vers:semver/>=2.2.0|<=2.4.0", "2.3.0") is True
    assert same_version(plain, "", "vers:semver/>=2.2.0|<=2.4.0", "2.5.0") is False
    assert same_version(plain, "", "vers:generic/>=2.2.0", "2.5.0") is None
    assert same_version(PackageName("pypi", "", "a"), "", "vers:semver/>=2.2.0", "2.5.0") is None


BUILDS = [
    ("golang", "v1.28.3+k3s2", "v1.28.3+k3s1", None),
    ("golang", "v1.28.3+k3s2", "v1.28.3", None),
    ("golang", "v2.0.0+incompatible", "2.0.0", True),
    ("npm", "1.0.0+a", "1.0.0+a", True),
    ("pypi", "2.6.0", "2.6.0+cu124", False),
    ("pypi", "vers:pypi/>2.6.0", "2.6.0+cu124", None),
    ("pypi", "vers:pypi/<=2.6.0", "2.6.0+cu124", None),
    ("pypi", "vers:pypi/<2.7", "2.6.0+cu124", True),
    ("pypi", "vers:pypi/>2.7", "2.6.0+cu124", False),
    ("deb", "1:1.0", "1.0", False),
    ("maven", "1.0", "1.0.0", True),
]


@pytest.mark.parametrize(("kind", "stated", "version", "expected"), BUILDS)
def test_a_statement_about_a_build_is_about_no_other_build(
    kind: str, stated: str, version: str, expected: bool | None
) -> None:
    package = PackageName(kind, "debian" if kind == "deb" else "g", "a")
    assert same_version(package, "", stated, version) is expected
