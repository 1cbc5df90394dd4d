"""Reading VEX of every format, real documents and broken ones."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain.contracts.values.vex import Justification, VexStatus
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.gather.risk.vex import load_bom, load_vex
from ops.supply_chain.risk.vex.packages import NOT_PYPI
from ops.supply_chain.risk.vex.read import read_vex
from ops.supply_chain.risk.vex.read_cyclonedx import CONTRADICTION, NOT_IN_BOM, UNRESOLVED
from tests.risk.vex.support import ROOT, SERIAL, bom, bom_json, component, copy, openvex, openvex_json, statement

REAL_STATEMENTS = {
    "csaf/examples/bsi-2022-0001.json": 3,
    "csaf/examples/csaf_vex/2022-evd-uc-01-a-001.json": 1,
    "csaf/examples/csaf_vex/2022-evd-uc-01-f-001.json": 1,
    "csaf/examples/csaf_vex/2022-evd-uc-01-na-001.json": 1,
    "csaf/examples/csaf_vex/2022-evd-uc-01-ui-001.json": 1,
    "csaf/examples/csaf_vex/2022-evd-uc-04-001.json": 1,
    "csaf/examples/csaf_vex/2022-evd-uc-05-001.json": 1,
    "csaf/examples/csaf_vex/2022-evd-uc-07-001.json": 3,
    "cyclonedx/CISA-Use-Cases/Case-1/vex-affected.json": 1,
    "cyclonedx/CISA-Use-Cases/Case-1/vex-fixed.json": 1,
    "cyclonedx/CISA-Use-Cases/Case-1/vex-not_affected.json": 1,
    "cyclonedx/CISA-Use-Cases/Case-1/vex-under_investigation.json": 1,
    "cyclonedx/CISA-Use-Cases/Case-3/vex.json": 19,
    "cyclonedx/CISA-Use-Cases/Case-5/vex.json": 1,
    "cyclonedx/CISA-Use-Cases/Case-7/vex.json": 4,
    "cyclonedx/Use-Cases/Case-1/vex.json": 1,
    "cyclonedx/Use-Cases/Case-2/vex.json": 1,
    "cyclonedx/Use-Cases/Case-3/vex.json": 1,
    "cyclonedx/Use-Cases/Case-4/vex.json": 1,
    "cyclonedx/Use-Cases/Case-5/vex.json": 2,
    "cyclonedx/Use-Cases/Case-6/vex.json": 1,
    "cyclonedx/Use-Cases/Case-7/vex.json": 1,
    "cyclonedx/vex.json": 1,
    "lib4vex/OpenVEX/acme_1.0_vex.json": 3,
    "openvex/go-vex/v0.0.1.json": 1,
    "openvex/go-vex/v0.2.0.json": 5,
    "openvex/go-vex/v020-1.vex.json": 1,
    "openvex/go-vex/v020-2.vex.json": 1,
    "openvex/spec/OPENVEX-SPEC-01.json": 1,
    "openvex/spec/OPENVEX-SPEC-02.json": 1,
    "openvex/spec/README-01.json": 1,
    "openvex/tutorials/tutorials_tutorial01-create-01.json": 1,
    "openvex/vexctl/openvex/demo.vex.json": 1,
    "openvex/vexctl/openvex/document1.vex.json": 1,
    "openvex/vexctl/openvex/document2.vex.json": 1,
    "openvex/vexctl/sarif/sample-1statement.openvex.json": 1,
    "openvex/vexhub/pkg/golang/github.com/aquasecurity/trivy/trivy.openvex.json": 21,
}
BOM = "$: has no 'vulnerabilities': it is a BOM, not a VEX"
NO_FORMAT = "$: expected OpenVEX (@context), CycloneDX (bomFormat) or CSAF (document), found another document"
REAL_REFUSED = {
    "csaf/examples/rhsa-2019_1862.json": (
        "$.document.category: expected one of csaf_vex, csaf_security_advisory, csaf_deprecated_security_advisory, "
        "csaf_withdrawn, csaf_superseded, found 'csaf_informational_advisory'"
    ),
    "cyclonedx/CISA-Use-Cases/Case-7/bom-1.json": BOM,
    "cyclonedx/CISA-Use-Cases/Case-7/bom-2.json": BOM,
    "cyclonedx/Use-Cases/Case-6/bom-1.json": BOM,
    "cyclonedx/Use-Cases/Case-6/bom-2.json": BOM,
    "cyclonedx/Use-Cases/Case-6/bom-3.json": BOM,
    "cyclonedx/bom.json": BOM,
    "openvex/vexhub/pkg/golang/github.com/aquasecurity/trivy/manifest.json": NO_FORMAT,
    "openvex/vexhub/vex-repository.json": NO_FORMAT,
}


def test_every_real_document_is_read_or_refused_for_the_reason_that_it_has(shared_data: Path) -> None:
    folder = shared_data / "vex"
    read: dict[str, int] = {}
    refused: dict[str, str] = {}
    for path in sorted(folder.rglob("*.json")):
        name = path.relative_to(folder).as_posix()
        try:
            read[name] = len(load_vex(path).statements)
        except InputError as error:
            refused[name] = error.message.removeprefix(f"{path.name}: ")
    assert read == REAL_STATEMENTS
    assert refused == REAL_REFUSED


def test_a_bom_beside_a_real_vex_resolves_its_links(shared_data: Path) -> None:
    folder = shared_data / "vex/cyclonedx/Use-Cases/Case-6"
    [alone] = load_vex(folder / "vex.json").statements
    assert {target.problem for target in alone.targets} == {UNRESOLVED}
    boms = [load_bom(folder / f"bom-{number}.json") for number in (1, 2, 3)]
    [resolved] = load_vex(folder / "vex.json", boms=boms).statements
    assert [target.problem for target in resolved.targets] == [NOT_PYPI] * 3


def test_lib4vex_documents_have_moments_without_a_zone_and_a_version_in_text(shared_data: Path) -> None:
    found = load_vex(shared_data / "vex/lib4vex/OpenVEX/acme_1.0_vex.json")
    assert [one.timestamp for one in found.statements] == [None, None, None]
    assert found.statements[2].targets[0].name == "defusedxml"


def test_openvex_in_full() -> None:
    found = openvex(
        statement(
            "not_affected",
            ROOT,
            "pkg:pypi/idna@3.20",
            vulnerability={"name": "CVE-1", "aliases": ["GHSA-1", "CVE-1"]},
            timestamp="2026-01-02T03:04:05.123456789+01:00",
        )
    )
    [one] = found.statements
    assert (found.id, found.file, found.format) == ("https://theirs.example/vex/1", "theirs.json", "OpenVEX")
    assert one.names == ("CVE-1", "GHSA-1")
    assert one.timestamp == datetime(2026, 1, 2, 2, 4, 5, 123456, tzinfo=UTC)
    assert (one.status, one.justification) == (VexStatus.NOT_AFFECTED, Justification.CODE_NOT_IN_EXECUTE_PATH)
    assert [(target.name, target.version, target.within) for target in one.targets] == [("idna", "3.20", ROOT)]


def test_openvex_0_0_1_has_texts() -> None:
    document = openvex_json(
        {
            "vulnerability": "CVE-1",
            "products": ["pkg:pypi/us@1"],
            "subcomponents": ["pkg:pypi/idna@3.20"],
            "status": "fixed",
        }
    )
    [one] = read_vex({**document, "@context": "https://openvex.dev/ns"}, file="f").statements
    assert [(target.name, target.within) for target in one.targets] == [("idna", "pkg:pypi/us@1")]


def test_two_purls_for_one_package_contradict_each_other() -> None:
    both = {"@id": "pkg:pypi/idna@3.20", "identifiers": {"purl": "pkg:pypi/idna@3.21"}}
    [one] = openvex(statement(products=[both])).statements
    assert one.targets[0].problem == "name a package by two purls that differ"
    same = {"@id": "pkg:pypi/IDNA@3.20", "identifiers": {"purl": "pkg:pypi/idna@3.20"}}
    [one] = openvex(statement(products=[same])).statements
    assert one.targets[0].problem == ""


GOOD = openvex_json(statement())
BROKEN: dict[str, tuple[list[Any], Any, str]] = {
    "context": (["@context"], "https://openvex.dev/ns/v1.0.0", "$.@context: expected https://openvex.dev/ns/v0.2.0"),
    "context type": (["@context"], 7, "$.@context: expected a text, found a number"),
    "id": (["@id"], None, "$.@id: is missing"),
    "statements": (["statements"], {}, "$.statements: expected an array, found an object"),
    "no statements": (["statements"], None, "$.statements: is missing"),
    "statement": (["statements", 0], "x", "$.statements[0]: expected an object, found a text"),
    "status": (["statements", 0, "status"], "fine", "$.statements[0].status: expected one of not_affected, "),
    "no status": (["statements", 0, "status"], None, "$.statements[0].status: is missing"),
    "justification": (
        ["statements", 0, "justification"],
        "trust me",
        "$.statements[0].justification: expected one of component_not_present, ",
    ),
    "name": (["statements", 0, "vulnerability"], {}, "$.statements[0].vulnerability.name: is missing"),
    "empty name": (
        ["statements", 0, "vulnerability", "name"],
        " ",
        "$.statements[0].vulnerability.name: expected a text, found an empty one",
    ),
    "products": (["statements", 0, "products"], "x", "$.statements[0].products: expected an array, found a text"),
    "product": (["statements", 0, "products", 0], 1, "$.statements[0].products[0]: expected an object, found a number"),
    "moment": (
        ["statements", 0, "timestamp"],
        "today",
        "$.statements[0].timestamp: expected a timestamp, found 'today'",
    ),
}


def broken(document: Any, path: list[Any], value: Any) -> Any:
    changed = copy(document)
    place = changed
    for step in path[:-1]:
        place = place[step]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return changed


@pytest.mark.parametrize("case", BROKEN)
def test_broken_openvex_is_named_by_its_json_path(case: str) -> None:
    path, value, said = BROKEN[case]
    with pytest.raises(InputError) as caught:
        read_vex(broken(GOOD, path, value), file="f.json")
    assert caught.value.message.startswith(f"f.json: {said}")


def cyclonedx(*affects: Any, state: str = "not_affected", root: str = ROOT, **more: Any) -> dict[str, Any]:
    analysis = {"state": state, "justification": "code_not_reachable"}
    vulnerability = {"id": "CVE-2026-1", "analysis": analysis, "affects": list(affects), **more}
    return {**bom_json(component("pkg:pypi/idna@3.20", "idna", "3.20"), root=root), "vulnerabilities": [vulnerability]}


def targets(document: Any, **more: Any) -> list[tuple[str, str, str, str]]:
    found = read_vex(document, file="f.json", **more)
    return [(t.name, t.version or t.versions, t.within, t.problem) for s in found.statements for t in s.targets]


def test_cyclonedx_refers_into_its_own_bom() -> None:
    assert targets(cyclonedx({"ref": "pkg:pypi/idna@3.20"})) == [("idna", "3.20", ROOT, "")]
    assert targets(cyclonedx({"ref": "nothing"})) == [("", "", "", NOT_IN_BOM)]


def test_a_package_that_is_the_product_speaks_for_itself() -> None:
    assert targets(cyclonedx({"ref": "pkg:pypi/idna@3.20"}, root="pkg:pypi/idna@3.20")) == [("idna", "3.20", "", "")]


LINK = f"urn:cdx:{SERIAL}/1#pkg%3Apypi%2Fidna%403.20"
OTHER_LINK = "urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#{}"


def test_bom_links() -> None:
    beside = cyclonedx({"ref": LINK})
    beside.update(serialNumber="urn:uuid:00000000-0000-0000-0000-000000000000", components=[])
    assert targets(beside, boms=[bom()]) == [("idna", "3.20", ROOT, "")]
    # A link to a BOM that is absent leads nowhere, even if a purl is written in it.
    assert targets(beside) == [("", "", "", UNRESOLVED)]
    del beside["metadata"]
    assert targets(beside) == [("", "", "", UNRESOLVED)]
    gone = cyclonedx({"ref": LINK.replace("idna", "gone")})
    assert targets(gone, boms=[bom()]) == [("", "", "", NOT_IN_BOM)]
    for ref in (
        OTHER_LINK.format("c-1"),
        OTHER_LINK.split("#", maxsplit=1)[0],
        OTHER_LINK.format("pkg:pypi/idna@3.20"),
    ):
        [found] = read_vex(cyclonedx({"ref": ref}), file="f").statements
        [target] = found.targets
        assert (target.name, target.problem) == ("", UNRESOLVED)
        assert target.step == (
            "Give that BOM, urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79 version 1, with --vex-bom FILE."
        )
    whole = cyclonedx({"ref": LINK.split("#", maxsplit=1)[0]})
    assert targets(whole, boms=[bom()]) == [("acme-shop", "2.1.0", "", "")]


VERSIONS = {
    "the version that it is": ({"version": "3.20.0", "status": "unaffected"}, "not_affected", ""),
    "another version": ({"version": "3.21", "status": "unaffected"}, "not_affected", CONTRADICTION),
    "a range around it": ({"range": "vers:pypi/>=3|<4", "status": "unaffected"}, "not_affected", ""),
    "a range beside it": ({"range": "vers:pypi/>=4", "status": "unaffected"}, "not_affected", CONTRADICTION),
    "affected": ({"version": "3.20", "status": "affected"}, "affected", ""),
    "affected by default": ({"version": "3.20"}, "affected", ""),
    "unknown": ({"version": "3.20", "status": "unknown"}, "under_investigation", ""),
}


@pytest.mark.parametrize("case", VERSIONS)
def test_versions_decide(case: str) -> None:
    entry, status, problem = VERSIONS[case]
    found = read_vex(cyclonedx({"ref": "pkg:pypi/idna@3.20", "versions": [entry]}), file="f")
    told = [one for one in found.statements if one.targets]
    assert [(one.status, one.targets[0].problem) for one in told] == [(status, problem)]
    assert [one.justification is not None for one in told] == [status == "not_affected"]


def test_unaffected_under_another_state_has_no_justification() -> None:
    entry = {"ref": "pkg:pypi/idna@3.20", "versions": [{"version": "3.20", "status": "unaffected"}]}
    found = [one for one in read_vex(cyclonedx(entry, state="exploitable"), file="f").statements if one.targets]
    assert [(one.status, one.justification) for one in found] == [(VexStatus.NOT_AFFECTED, None)]


STATES = {
    "not_affected": VexStatus.NOT_AFFECTED,
    "false_positive": VexStatus.NOT_AFFECTED,
    "exploitable": VexStatus.AFFECTED,
    "resolved": VexStatus.FIXED,
    "resolved_with_pedigree": VexStatus.FIXED,
    "in_triage": VexStatus.UNDER_INVESTIGATION,
}


@pytest.mark.parametrize("state", STATES)
def test_states(state: str) -> None:
    [one] = read_vex(cyclonedx({"ref": LINK}, state=state), file="f").statements
    assert one.status is STATES[state]


def test_no_analysis_is_no_decision() -> None:
    document = cyclonedx({"ref": LINK})
    del document["vulnerabilities"][0]["analysis"]
    assert read_vex(document, file="f").statements[0].status is VexStatus.UNDER_INVESTIGATION


CYCLONEDX_BROKEN: dict[str, tuple[list[Any], Any, str]] = {
    "major version": (["specVersion"], "2.0", "$.specVersion: expected CycloneDX 1.x, found '2.0'"),
    "no list": (["vulnerabilities"], None, BOM),
    "no id": (["vulnerabilities", 0, "id"], None, "$.vulnerabilities[0].id: is missing"),
    "state": (
        ["vulnerabilities", 0, "analysis", "state"],
        "ok",
        "$.vulnerabilities[0].analysis.state: expected one of",
    ),
    "why": (
        ["vulnerabilities", 0, "analysis", "justification"],
        "ok",
        "$.vulnerabilities[0].analysis.justification: expected one of",
    ),
    "no ref": (["vulnerabilities", 0, "affects", 0], {}, "$.vulnerabilities[0].affects[0].ref: is missing"),
    "version": (["version"], 0, "$.version: expected a number from 1, found 0"),
    "component": (["components", 0, "name"], None, "$.components[0].name: is missing"),
}


@pytest.mark.parametrize("case", CYCLONEDX_BROKEN)
def test_broken_cyclonedx_is_named_by_its_json_path(case: str) -> None:
    path, value, said = CYCLONEDX_BROKEN[case]
    with pytest.raises(InputError) as caught:
        read_vex(broken(cyclonedx({"ref": LINK}), path, value), file="f.json")
    assert caught.value.message.startswith(f"f.json: {said}")


def csaf(**status: list[str]) -> dict[str, Any]:
    helper = {"product_identification_helper": {"purl": "pkg:pypi/idna@3.20"}}
    ranged = {"product_identification_helper": {"purl": "pkg:pypi/idna"}}
    return {
        "document": {
            "category": "csaf_vex",
            "csaf_version": "2.0",
            "tracking": {"id": "T-1", "status": "final", "current_release_date": "2026-11-20T00:00:00Z"},
        },
        "product_tree": {
            "full_product_names": [{"name": "idna", "product_id": "A", **helper}],
            "branches": [
                {
                    "category": "vendor",
                    "name": "V",
                    "branches": [
                        {
                            "category": "product_version_range",
                            "name": "vers:pypi/>=3|<4",
                            "product": {"name": "idna 3", "product_id": "R", **ranged},
                        },
                        {
                            "category": "product_version",
                            "name": "2.1.0",
                            "product": {
                                "name": "acme",
                                "product_id": "P",
                                "product_identification_helper": {"purl": ROOT},
                            },
                        },
                    ],
                }
            ],
            "product_groups": [{"group_id": "G", "product_ids": ["A", "R"]}],
            "relationships": [
                {
                    "category": "default_component_of",
                    "product_reference": "A",
                    "relates_to_product_reference": "P",
                    "full_product_name": {"name": "idna in acme", "product_id": "AP"},
                }
            ],
        },
        "vulnerabilities": [
            {
                "cve": "CVE-2026-1",
                "flags": [{"label": "component_not_present", "group_ids": ["G"]}],
                "product_status": status or {"known_not_affected": ["A"]},
            }
        ],
    }


def test_csaf_products() -> None:
    document = csaf(known_not_affected=["A", "AP"], fixed=["R"], known_affected=["P", "unheard"])
    found = read_vex(document, file="f")
    told = {
        (one.status.value, one.justification, target.name, target.version or target.versions, target.within)
        for one in found.statements
        for target in one.targets
        if not target.problem
    }
    assert told == {
        ("not_affected", Justification.COMPONENT_NOT_PRESENT, "idna", "3.20", ""),
        ("not_affected", None, "idna", "3.20", ROOT),
        ("fixed", None, "idna", "vers:pypi/>=3|<4", ""),
        ("affected", None, "acme-shop", "2.1.0", ""),
    }
    problems = {target.problem for one in found.statements for target in one.targets} - {""}
    assert problems == {"name a product that the document does not describe"}


def test_a_csaf_draft_states_nothing_yet() -> None:
    document = csaf()
    document["document"]["tracking"]["status"] = "draft"
    assert targets(document) == [("", "", "", "are in a draft")]


CSAF_BROKEN: dict[str, tuple[list[Any], Any, str]] = {
    "version": (["document", "csaf_version"], "3.0", "$.document.csaf_version: expected one of 2.0, 2.1, found '3.0'"),
    "tree": (["product_tree"], None, "$.product_tree: is missing"),
    "names": (["vulnerabilities", 0, "cve"], None, "$.vulnerabilities[0]: has neither 'cve' nor 'ids'"),
    "flag": (
        ["vulnerabilities", 0, "flags", 0, "label"],
        "x",
        "$.vulnerabilities[0].flags[0].label: expected one of component_not_present",
    ),
    "status": (["vulnerabilities", 0, "product_status"], None, "$.vulnerabilities[0].product_status: is missing"),
}


@pytest.mark.parametrize("case", CSAF_BROKEN)
def test_broken_csaf_is_named_by_its_json_path(case: str) -> None:
    path, value, said = CSAF_BROKEN[case]
    with pytest.raises(InputError) as caught:
        read_vex(broken(csaf(), path, value), file="f.json")
    assert caught.value.message.startswith(f"f.json: {said}")


@pytest.mark.parametrize("text", ["", "{", "[]", '"x"', '{"@context": 1, "@context": 2}', "\ufeff{}"])
def test_what_is_no_document_at_all(tmp_path: Path, text: str) -> None:
    path = tmp_path / "f.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"^f\.json: "):
        load_vex(path)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        load_vex(tmp_path / "none.json")


AUTHORS = {
    "csaf/examples/csaf_vex/2022-evd-uc-01-na-001.json": (("Example Company ProductCERT",), "vendor"),
    "openvex/vexctl/openvex/demo.vex.json": (("Wolfi J Inkinson",), "Document Creator"),
    "lib4vex/OpenVEX/acme_1.0_vex.json": (("Unknown author",), "Document Creator"),
}


@pytest.mark.parametrize("name", AUTHORS)
def test_authors_of_real_documents(name: str, shared_data: Path) -> None:
    found = load_vex(shared_data / "vex" / name)
    assert (found.authors, found.role) == AUTHORS[name]


METADATA: dict[str, tuple[dict[str, Any], tuple[str, ...], str]] = {
    "none": ({}, (), ""),
    "a manufacturer": ({"manufacturer": {"name": "M"}, "authors": [{"name": "A"}]}, ("M",), "manufacturer"),
    "as written before 1.6": ({"manufacture": {"name": "M"}, "supplier": {"name": "S"}}, ("M",), "manufacturer"),
    "an author": ({"authors": [{"name": "A"}], "supplier": {"name": "S"}}, ("A",), "author"),
    "authors": ({"authors": [{"name": "A"}, {"email": "b@x.example"}, {}]}, ("A", "b@x.example"), "authors"),
    "a supplier": ({"manufacturer": {}, "supplier": {"name": "S"}}, ("S",), "supplier"),
}


@pytest.mark.parametrize("case", METADATA)
def test_authors_of_cyclonedx(case: str) -> None:
    metadata, authors, role = METADATA[case]
    document = cyclonedx({"ref": "pkg:pypi/idna@3.20"})
    document["metadata"] = metadata
    found = read_vex(document, file="f")
    assert (found.authors, found.role) == (authors, role)
