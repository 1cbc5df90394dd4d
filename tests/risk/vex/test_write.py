"""Our own documents: valid, the same each time, and read back as they were meant."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.supply_chain.adapters.tools.schemas import schema_problems
from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.contracts.values.vex import Assessment, Justification, VexFinding
from ops.supply_chain.core.canonical import encode
from ops.supply_chain.risk.vex.apply import apply_vex
from ops.supply_chain.risk.vex.assess import assess
from ops.supply_chain.risk.vex.read import read_vex
from ops.supply_chain.risk.vex.write_cyclonedx import cyclonedx_vex
from ops.supply_chain.risk.vex.write_openvex import openvex
from tests.risk.vex.support import NOW, ROOT, acceptance, bom, finding, trusted

MOMENT = "2026-11-20T00:00:00Z"
LABEL = "waived, until 2026-12-31"
PINS = (("idna", "3.20"), ("zope-interface", "5.0"), ("local-build", "1!2.0+cu1"), ("zeta", "0.1"))
JUDGED = (
    VexFinding(
        finding("idna", "3.20", "CVE-2026-1", "GHSA-1", waived_by=LABEL),
        acceptance(justification="component_not_present"),
    ),
    VexFinding(finding("idna", "3.20", "PYSEC-7", waived_by=LABEL), acceptance("PYSEC-7")),
    VexFinding(finding("zope.interface", "5.0", "CVE-2026-2"), None),
    VexFinding(finding("zeta", "0.1", "OSV-1", code="vulnerability.undecided"), None),
    VexFinding(finding("local-build", "1!2.0+cu1", "CVE-2026-3", waived_by="VEX: urn:x, fixed"), None),
)


def documents(
    findings: tuple[VexFinding, ...] = JUDGED, *, complete: bool = True
) -> tuple[dict[str, Any], dict[str, Any]]:
    found = assess(findings)
    return (
        openvex(found, bom(), author="Acme Ltd", tooling="sealwright 1", issued=MOMENT),
        cyclonedx_vex(found, bom(), generator=("sealwright", "1"), issued=MOMENT, complete=complete),
    )


def test_openvex_says() -> None:
    document, _ = documents()
    first = document["statements"][0]
    assert first == {
        "impact_statement": "Only used on our own input.",
        "justification": "component_not_present",
        "products": [{"@id": ROOT, "subcomponents": [{"@id": "pkg:pypi/idna@3.20"}]}],
        "status": "not_affected",
        "timestamp": "2026-11-01T00:00:00Z",
        "vulnerability": {"aliases": ["GHSA-1"], "name": "CVE-2026-1"},
    }
    assert [(one["vulnerability"]["name"], one["status"]) for one in document["statements"]] == [
        ("CVE-2026-1", "not_affected"),
        ("PYSEC-7", "affected"),
        ("CVE-2026-3", "fixed"),
        ("OSV-1", "under_investigation"),
        ("CVE-2026-2", "affected"),
    ]
    assert document["timestamp"] == MOMENT
    assert document["statements"][3]["products"][0]["subcomponents"] == [
        {"@id": "urn:cdx:f17c87ef-9d62-53e3-bc60-78690afe3080/1#path%3Azeta%400.1"}
    ]


def test_cyclonedx_says() -> None:
    _, document = documents()
    assert document["vulnerabilities"][0] == {
        "affects": [{"ref": "urn:cdx:f17c87ef-9d62-53e3-bc60-78690afe3080/1#pkg%3Apypi%2Fidna%403.20"}],
        "analysis": {
            "detail": "Only used on our own input.",
            "firstIssued": "2026-11-01T00:00:00Z",
            "justification": "code_not_present",
            "state": "not_affected",
        },
        "bom-ref": "idna@3.20/CVE-2026-1",
        "id": "CVE-2026-1",
        "properties": [{"name": "sealwright:openvex-justification", "value": "component_not_present"}],
        "ratings": [{"severity": "high"}],
        "references": [
            {"id": "GHSA-1", "source": {"name": "GitHub Advisories", "url": "https://github.com/advisories/GHSA-1"}}
        ],
        "source": {"name": "NVD", "url": "https://nvd.nist.gov/vuln/detail/CVE-2026-1"},
    }
    assert document["metadata"]["component"]["purl"] == ROOT
    assert documents(complete=False)[1]["metadata"]["properties"][0]["value"] == "not-all"


def test_both_are_valid(shared_data: Path) -> None:
    import jsonschema_rs

    first, second = documents()
    schema = json.loads((shared_data / "schemas/openvex-0.2.0.schema.json").read_text())
    validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
    assert [error.message for error in validator.iter_errors(first)] == []
    assert schema_problems(second, "1.6") == ()
    del first["statements"][0]["status"]
    assert not validator.is_valid(first)


def test_cyclonedx_passes_the_libraries_own_strict_validation() -> None:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    for findings in (JUDGED, ()):
        document = documents(findings)[1] if findings else empty()
        assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(encode(document).decode()) is None


def empty() -> dict[str, Any]:
    return cyclonedx_vex((), bom(), generator=("sealwright", "1"), issued=MOMENT, complete=True)


def test_every_reference_is_one_component_of_the_sbom_and_none_is_twice() -> None:
    _, document = documents()
    links = {bom().link(one) for one in bom().components}
    refs = [entry["ref"] for one in document["vulnerabilities"] for entry in one["affects"]]
    assert refs
    assert set(refs) <= links
    names = [one["bom-ref"] for one in document["vulnerabilities"]]
    assert len(set(names)) == len(names)


def test_the_same_again_whatever_the_order() -> None:
    first = [encode(one) for one in documents()]
    assert first == [encode(one) for one in documents(tuple(reversed(JUDGED)))]
    assert documents()[0]["@id"] != documents(JUDGED[:1])[0]["@id"]
    assert documents()[1]["serialNumber"] != documents(complete=False)[1]["serialNumber"]


def suppressed(document: dict[str, Any], findings: list[Finding]) -> set[tuple[str, str]]:
    read = read_vex(document, file="ours.json", boms=[bom()])
    found = apply_vex(findings, [trusted(read)], now=NOW, products=[ROOT])
    return {(one.package, one.aliases[0]) for one in found if one.waived_by}


WAIVERS = st.sampled_from(["", "standing", *(one.value for one in Justification)])


@given(waivers=st.lists(WAIVERS, min_size=len(PINS) * 2, max_size=len(PINS) * 2))
@settings(derandomize=True, max_examples=100, deadline=None)
def test_reading_ours_back_suppresses_exactly_what_is_justified(waivers: list[str]) -> None:
    names = [(package, version, f"CVE-{package}-{number}") for package, version in PINS for number in (1, 2)]
    findings = tuple(
        VexFinding(finding(*name), None)
        if waiver == "standing"
        else VexFinding(finding(*name, waived_by=LABEL), acceptance(name[2], justification=waiver))
        for name, waiver in zip(names, waivers, strict=True)
    )
    found: tuple[Assessment, ...] = assess(findings)
    assert {one.name for one in found} == {name for _, _, name in names}
    # A package in no repository has no purl: nobody can match it, and nobody does.
    expected = {
        (package, name)
        for (package, _, name), waiver in zip(names, waivers, strict=True)
        if waiver not in ("", "standing") and package != "zeta"
    }
    for document in documents(findings):
        assert suppressed(document, [finding(*name) for name in names]) == expected


@pytest.mark.parametrize("justification", list(Justification))
def test_no_justification_is_lost_in_cyclonedx(justification: Justification) -> None:
    accepted = acceptance(justification=justification.value)
    _, document = documents((VexFinding(finding(waived_by=LABEL), accepted),))
    [one] = read_vex(document, file="f", boms=[bom()]).statements
    assert one.justification is justification
