"""The advisory gates with SBOMs in place of locks: PyPI is matched, everything else is stated as not examined, nothing is recorded."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain import check_malware, check_vulnerabilities
from ops.supply_chain.core.errors import ExitCode
from ops.supply_chain.gather.gates import sboms
from tests.fakes.advisories import affected, record
from tests.fakes.gate_project import NOW, GateProject, accept_small_feeds, at
from tests.formats.received.documents import ALL, cyclonedx, encoded, spdx2

GATES = {"vulnerability": check_vulnerabilities.main, "malware": check_malware.main}
LEFT = [
    record("CVE-2026-1", affected("left", "introduced 0, fixed 3.0")),
    record("MAL-1", affected("left", versions=("2.0",))),
]
UNRELATED = [
    record("CVE-2026-9", affected("elsewhere", "introduced 0")),
    record("MAL-9", affected("elsewhere", "introduced 0")),
]


@pytest.fixture(params=GATES)
def gate(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GateProject:
    at(monkeypatch, NOW)
    accept_small_feeds(monkeypatch)
    project = GateProject(tmp_path, GATES[request.param])
    project.lock("foo==1.0")
    return project


def _run(
    gate: GateProject, capfd: pytest.CaptureFixture[str], *documents: bytes
) -> tuple[int, list[dict[str, Any]], dict[str, int]]:
    words = []
    for number, document in enumerate(documents):
        path = gate.root / f"supplier-{number}"
        path.write_bytes(document)
        words += ["--sbom", str(path)]
    capfd.readouterr()
    code = gate.run("--format", "json", *words)
    out = capfd.readouterr().out
    found = json.loads(out)["record"] if out else {"findings": [], "counts": {}}
    return code, found["findings"], found["counts"]


@pytest.mark.parametrize("name", ALL)
def test_a_package_of_pypi_is_found_in_every_format(
    gate: GateProject, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    gate.feed(*LEFT, *UNRELATED)
    code, findings, counts = _run(gate, capfd, ALL[name])
    assert code == ExitCode.DENIED
    known, *_ = [finding for finding in findings if finding["code"].endswith(".known")]
    assert (known["package"], known["version"], known["path"]) == ("left", "2.0", "supplier-0")
    assert "supplier-0" in known["next_step"]
    assert "recompile" not in known["next_step"]
    assert (counts["components"], counts["locked"], counts["examined"]) == (2, 1, 1)
    assert not (gate.dist / "records").exists()


def test_a_product_that_has_none_passes(gate: GateProject, capfd: pytest.CaptureFixture[str]) -> None:
    gate.feed(*UNRELATED)
    assert _run(gate, capfd, ALL["CycloneDX JSON"])[0] == ExitCode.PASS


LEFT_PART = {"type": "library", "name": "left", "version": "2.0", "purl": "pkg:pypi/left@2.0"}
UNEXAMINED = {
    "another ecosystem": (
        cyclonedx(components=[{"type": "library", "name": "a", "purl": "pkg:npm/a@1"}]),
        "ecosystem npm",
    ),
    "nothing identifies it": (cyclonedx(components=[{"type": "library", "name": "a"}]), "at /components/0"),
    "a broken package URL": (
        cyclonedx(components=[{"type": "library", "name": "a", "purl": "a@1"}]),
        "without a package URL",
    ),
    "an invalid document": (cyclonedx(x=1), "not valid"),
    "nothing in it": (cyclonedx(components=[]), "lists no component"),
    "no version": (cyclonedx(components=[{"type": "library", "name": "a", "purl": "pkg:pypi/a"}]), "not examined"),
    "a component that is no object": (cyclonedx(components=[7]), "not valid"),
    "only files": (cyclonedx(components=[{"type": "file", "name": "a.txt"}]), "lists no component"),
    "a file that claims a version": (
        cyclonedx(components=[{"type": "file", "name": "a", "version": "1.0"}, LEFT_PART]),
        "without a package URL",
    ),
    "a list that is incomplete by its own words": (
        cyclonedx(compositions=[{"aggregate": "incomplete_third_party_only", "assemblies": ["product"]}]),
        "does not list everything",
    ),
    "a version of the standard without a schema": (cyclonedx(specVersion="1.9"), "not valid"),
    "several products, of which nothing identifies one": (
        spdx2(documentDescribes=["SPDXRef-product", "SPDXRef-left"]),
        "without a package URL",
    ),
}


@pytest.mark.parametrize(("document", "why"), UNEXAMINED.values(), ids=UNEXAMINED)
def test_what_cannot_be_examined_never_passes(
    gate: GateProject, capfd: pytest.CaptureFixture[str], document: dict[str, Any], why: str
) -> None:
    gate.feed(*UNRELATED)
    if "dependencies" in document:
        document = {**document, "dependencies": []}
    code, findings, _ = _run(gate, capfd, json.dumps(document).encode())
    assert code == ExitCode.NOT_EXAMINED
    assert [finding for finding in findings if why in finding["message"] and finding["code"].endswith("not-examined")]


def test_a_broken_document_does_not_hide_the_others(gate: GateProject, capfd: pytest.CaptureFixture[str]) -> None:
    gate.feed(*LEFT, *UNRELATED)
    code, findings, _ = _run(gate, capfd, b"{", ALL["SPDX 2 tag-value"])
    assert code == ExitCode.DENIED
    assert {finding["code"].partition(".")[2] for finding in findings} == {"broken", "known"}
    gate.feed(*UNRELATED)
    assert _run(gate, capfd, b"{", ALL["SPDX 2 tag-value"])[0] == ExitCode.INPUT
    assert _run(gate, capfd, b"{")[0] == ExitCode.INPUT


def test_both_versions_count_where_they_differ(gate: GateProject, capfd: pytest.CaptureFixture[str]) -> None:
    gate.feed(*LEFT, *UNRELATED)
    part = {"type": "library", "name": "left", "version": "2.0", "purl": "pkg:pypi/left@9.0"}
    code, _, _ = _run(gate, capfd, json.dumps(cyclonedx(components=[part], dependencies=[])).encode())
    assert code == ExitCode.DENIED


def test_the_line_of_the_package_is_given(gate: GateProject, capfd: pytest.CaptureFixture[str]) -> None:
    gate.feed(*LEFT, *UNRELATED)
    for data in (json.dumps(cyclonedx(), indent=1).encode(), ALL["SPDX 2 tag-value"], ALL["CycloneDX XML"]):
        _, findings, _ = _run(gate, capfd, data)
        known, *_ = [finding for finding in findings if finding["code"].endswith(".known")]
        assert "eft" in "".join(data.decode().splitlines()[known["line"] - 1 : known["line"] + 8])
        assert known["line"] > 1


@pytest.mark.parametrize("words", [("--ledger",), ("--fleet", "x")])
def test_options_about_the_project_are_refused(gate: GateProject, words: tuple[str, ...]) -> None:
    gate.feed(*UNRELATED)
    assert gate.run("--sbom", "x", *words) == ExitCode.USAGE


def test_the_record_of_the_project_is_left_alone(gate: GateProject, capfd: pytest.CaptureFixture[str]) -> None:
    gate.feed(*UNRELATED)
    gate.run()
    before = gate.record()
    _run(gate, capfd, ALL["CycloneDX JSON"])
    assert gate.record() == before
    assert gate.run(f"--sbom={gate.root / 'supplier-0'}") == ExitCode.PASS
    assert gate.record() == before


@pytest.mark.parametrize(
    "purl",
    [
        "pkg:pypi/left@2.0@9",
        "pkg:pypi/l\u0435ft@9",
        "pkg:pypi/left%20@9",
        "pkg:pypi/left/@9",
        "pkg:pypi/left;x@9",
        "pkg:pypi/-left@9",
    ],
)
def test_a_name_that_no_package_can_have_is_not_examined(
    gate: GateProject, capfd: pytest.CaptureFixture[str], purl: str
) -> None:
    gate.feed(*UNRELATED)
    part = {**LEFT_PART, "name": "x", "version": "9", "purl": purl}
    root = {**cyclonedx()["metadata"], "component": {**part, "type": "application"}}
    for document in (
        cyclonedx(components=[part, LEFT_PART], dependencies=[]),
        cyclonedx(components=[LEFT_PART], dependencies=[], metadata=root),
    ):
        assert _run(gate, capfd, encoded(document))[0] == ExitCode.NOT_EXAMINED


@pytest.mark.parametrize("version", ["2.0 || 3.0", ">=1", "latest", "2.*", "2.0 ", "${version}"])
def test_a_version_that_is_none_never_passes(
    gate: GateProject, capfd: pytest.CaptureFixture[str], version: str
) -> None:
    gate.feed(*LEFT, *UNRELATED)
    part = {"type": "library", "name": "left", "version": version, "purl": "pkg:pypi/left"}
    code, _, _ = _run(gate, capfd, encoded(cyclonedx(components=[part], dependencies=[])))
    assert code in (ExitCode.DENIED, ExitCode.NOT_EXAMINED)


def test_every_package_url_of_a_component_is_examined(gate: GateProject, capfd: pytest.CaptureFixture[str]) -> None:
    gate.feed(*LEFT, *UNRELATED)
    document = spdx2()
    harmless = {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": "pkg:pypi/ok@1"}
    document["packages"][1]["externalRefs"].insert(0, harmless)
    assert _run(gate, capfd, encoded(document))[0] == ExitCode.DENIED


def _waiver(name: str, path: str = "") -> str:
    expires = NOW + timedelta(days=9)
    return (
        f"[[waivers]]\nid = '{name}'\npath = '{path}'\nreason = 'not used'\nowner = 'me'\n"
        f"date = '{NOW:%Y-%m-%d}'\nexpires = '{expires:%Y-%m-%d}'\n"
    )


@pytest.mark.parametrize("table", ["waivers", "acknowledged_cves"])
def test_a_waiver_about_the_own_project_does_not_excuse_a_supplier(
    gate: GateProject, capfd: pytest.CaptureFixture[str], table: str
) -> None:
    gate.feed(*LEFT, *UNRELATED)
    gate.lock("left==2.0")
    entries = _waiver("CVE-2026-1") + _waiver("MAL-1")
    if table == "acknowledged_cves":
        entries = "".join(
            f"[[acknowledged_cves]]\ncve_id = '{name}'\npackage = 'left'\ndate_acknowledged = {NOW:%Y-%m-%d}\n"
            f"reason = 'not used'\nexpected_resolution = {NOW + timedelta(days=9):%Y-%m-%d}\n"
            for name in ("CVE-2026-1", "MAL-1")
        )
    gate.write(".security-config.toml", entries)
    assert gate.run() == ExitCode.PASS
    assert _run(gate, capfd, encoded(cyclonedx()))[0] == ExitCode.DENIED


def test_a_waiver_that_names_the_document_counts(gate: GateProject, capfd: pytest.CaptureFixture[str]) -> None:
    gate.feed(*UNRELATED)
    document = encoded(cyclonedx(components=[{"type": "library", "name": "a", "purl": "pkg:npm/a@1"}], dependencies=[]))
    codes = ("vulnerability.not-examined", "malware.not-examined")
    for path, expected in (
        ("", ExitCode.NOT_EXAMINED),
        ("supplier-1", ExitCode.NOT_EXAMINED),
        ("supplier-0", ExitCode.PASS),
    ):
        gate.write(".security-config.toml", "".join(_waiver(code, path) for code in codes))
        assert _run(gate, capfd, document)[0] == expected


def test_without_a_fix_the_supplier_is_asked(gate: GateProject, capfd: pytest.CaptureFixture[str]) -> None:
    gate.feed(record("CVE-2026-1", affected("left", "introduced 0")), LEFT[1], *UNRELATED)
    _, findings, _ = _run(gate, capfd, ALL["CycloneDX JSON"])
    steps = [finding["next_step"] for finding in findings if finding["code"].endswith(".known")]
    assert steps
    assert all("supplier-0" in step and "[[waivers]]" not in step for step in steps)


def test_a_file_without_an_end_is_not_read_to_it(gate: GateProject, monkeypatch: pytest.MonkeyPatch) -> None:
    gate.feed(*UNRELATED)
    monkeypatch.setattr(sboms, "LARGEST_BYTES", 1000)
    assert gate.run("--sbom", "/dev/zero") == ExitCode.INPUT


def test_vex_about_the_own_product_does_not_excuse_a_supplier(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, NOW)
    accept_small_feeds(monkeypatch)
    gate = GateProject(tmp_path, check_vulnerabilities.main)
    gate.lock("left==2.0")
    gate.feed(LEFT[0], *UNRELATED)
    product = {"@id": "pkg:pypi/thing@1.0", "subcomponents": [{"@id": "pkg:pypi/left@2.0"}]}
    statement = {
        "vulnerability": {"name": "CVE-2026-1"},
        "products": [product],
        "status": "not_affected",
        "justification": "vulnerable_code_not_present",
        "timestamp": "2026-11-01T00:00:00Z",
    }
    document = {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": "https://vex.example/1",
        "author": "Ourselves",
        "timestamp": "2026-11-01T00:00:00Z",
        "version": 1,
        "statements": [statement],
    }
    vex = gate.write("own.openvex.json", json.dumps(document))
    digest = hashlib.sha256(vex.read_bytes()).hexdigest()
    gate.write(".security-config.toml", f'[[vex_authors]]\nname = "Ourselves"\nsha256 = "{digest}"\n')
    assert gate.run("--vex", str(vex)) == ExitCode.PASS
    theirs = gate.write("supplier.json", json.dumps(cyclonedx()))
    assert gate.run("--vex", str(vex), "--sbom", str(theirs)) == ExitCode.DENIED
