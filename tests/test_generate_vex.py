"""The stage: waivers, records and SBOM in; VEX and ignore lists out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ops.supply_chain import generate_vex
from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core import canonical
from ops.supply_chain.core.errors import ExitCode
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.runner import stage
from tests.risk.findings.support import finding, record
from tests.risk.vex.support import COMPONENTS, bom_json

EPOCH = "1795132800"
TODAY = "2026-11-20T12:00:00+00:00"
CONFIG = """
[[waivers]]
id = "CVE-2026-1"
package = "idna"
reason = "Only used on our own input."
justification = "vulnerable_code_cannot_be_controlled_by_adversary"
owner = "ann"
date = 2026-11-01
expires = 2026-12-31

[[waivers]]
id = "CVE-2020-1"
reason = "old"
owner = "ann"
date = 2020-01-01
expires = 2020-02-01

[waiver_rules]
zone = "Europe/Stockholm"
"""
LABEL = "CVE-2026-1, ann, until 2026-12-31"
WAIVED = finding(waived_by=LABEL)
STANDING = finding("Zope.Interface", version="5.0", aliases=("GHSA-1",))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    from datetime import datetime

    folder = tmp_path / "acme"
    folder.mkdir()
    (folder / "pyproject.toml").write_text('[project]\nname = "acme"\nversion = "1.0"\n')
    (folder / ".security-config.toml").write_text(CONFIG)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", EPOCH)
    monkeypatch.setattr(stage, "read_clock", lambda: datetime.fromisoformat(TODAY))
    return folder


def put(project: Path, *records: Record, sbom: Any = None) -> None:
    dist = project / "dist"
    for one in records:
        canonical.write(dist / "records" / f"{one.stage}.json", one)
    (dist / "sbom").mkdir(parents=True, exist_ok=True)
    (dist / "sbom/acme-sbom.json").write_text(json.dumps(sbom or bom_json(*COMPONENTS)))
    (dist / ".sealwright.lock").touch()


def run(project: Path, *words: str) -> int:
    return generate_vex.main(["--project", str(project), "--dist", str(project / "dist"), *words])


def files(project: Path) -> dict[str, bytes]:
    folder = project / "dist/vex"
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_everything_open_is_stated(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    put(project, record(WAIVED, STANDING, finding(code="malware.known", aliases=("MAL-1",))))
    assert run(project) == ExitCode.PASS
    assert sorted(files(project)) == [
        "acme.openvex.json",
        "acme.vex.cdx.json",
        "ignore/.trivyignore.yaml",
        "ignore/osv-scanner.toml",
        "ignore/pip-audit-ignore.txt",
        "ignore/uv-audit.toml",
    ]
    document = json.loads(files(project)["acme.openvex.json"])
    told = [(one["vulnerability"]["name"], one["status"], one.get("timestamp")) for one in document["statements"]]
    assert told == [("CVE-2026-1", "not_affected", "2026-10-31T23:00:00Z"), ("GHSA-1", "affected", None)]
    assert (document["author"], document["timestamp"]) == ("Acme Ltd", "2026-11-20T00:00:00Z")
    assert b"2026-12-31T23:00:00Z" in files(project)["ignore/osv-scanner.toml"]
    assert b"expired_at: 2026-12-31\n" in files(project)["ignore/.trivyignore.yaml"]
    assert files(project)["ignore/pip-audit-ignore.txt"] == b"--ignore-vuln CVE-2026-1\n"
    assert b"CVE-2020-1" not in b"".join(files(project).values())
    out = capfd.readouterr().out
    assert "idna 3.20: CVE-2026-1 not_affected: Only used on our own input.\n" in out
    left = canonical.read(project / "dist/records/generate_vex.json", Record)
    assert left.outcome is Outcome.PASS
    assert {ref.path for ref in left.writes} == {f"dist:vex/{name}" for name in files(project)}
    assert left.counts["statements"] == 2
    assert left.counts["not_affected"] == 1


def test_the_same_again(project: Path) -> None:
    put(project, record(WAIVED, STANDING))
    assert run(project) == ExitCode.PASS
    first = files(project)
    (project / "dist/records/generate_vex.json").unlink()
    put(project, record(STANDING, WAIVED))
    assert run(project) == ExitCode.PASS
    assert files(project) == first


def test_nothing_open_is_no_openvex(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    put(project, record(outcome=Outcome.PASS))
    assert run(project) == ExitCode.PASS
    assert "acme.openvex.json" not in files(project)
    assert json.loads(files(project)["acme.vex.cdx.json"])["vulnerabilities"] == []
    assert "note: No open vulnerabilities, so no OpenVEX file\n" in capfd.readouterr().out
    assert canonical.read(project / "dist/records/generate_vex.json", Record).notes == (
        "No open vulnerabilities, so no OpenVEX file",
    )


GAPS: dict[str, tuple[Record, ...]] = {
    "no record of the gate": (record(stage="check_hashes"),),
    "a gate that examined nothing": (record(outcome=Outcome.NOT_EXAMINED),),
    "a gate that did not examine everything": (
        record(
            Finding(
                code="vulnerability.not-examined", severity=Severity.INFO, message="m", next_step="n", package="zeta"
            )
        ),
    ),
}


@pytest.mark.parametrize("case", GAPS)
def test_what_was_not_looked_at_is_never_stated_as_nothing(
    project: Path, case: str, capfd: pytest.CaptureFixture[str]
) -> None:
    put(project, *GAPS[case])
    assert run(project) == ExitCode.NOT_EXAMINED
    metadata = json.loads(files(project)["acme.vex.cdx.json"])["metadata"]
    assert metadata["properties"] == [{"name": "sealwright:vulnerabilities-examined", "value": "not-all"}]
    assert "note: check_vulnerabilities did not examine every package, or was not run" in capfd.readouterr().out
    notes = canonical.read(project / "dist/records/generate_vex.json", Record).notes
    assert notes[0] == "check_vulnerabilities did not examine every package, or was not run: this VEX is incomplete"
    assert not any("No open vulnerabilities" in note for note in notes)


BROKEN: dict[str, tuple[Record, Any, str]] = {
    "a package that the SBOM lacks": (
        record(finding("absent")),
        None,
        "absent 3.20 has an open vulnerability and is not in the SBOM",
    ),
    "an SBOM without serial": (record(), bom_json() | {"serialNumber": ""}, "the SBOM has no serial number"),
    "an SBOM that is none": (record(), {"x": 1}, "acme-sbom.json: $.bomFormat: expected 'CycloneDX'"),
    "another component's record": (
        record(component="other"),
        None,
        (
            "dist/records/check_vulnerabilities.json: is of check_vulnerabilities other 1.0, "
            "expected check_vulnerabilities acme 1.0"
        ),
    ),
    "another version's record": (
        record(version="0.9"),
        None,
        (
            "dist/records/check_vulnerabilities.json: is of check_vulnerabilities acme 0.9, "
            "expected check_vulnerabilities acme 1.0"
        ),
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_does_not_fit_together(project: Path, case: str, capfd: pytest.CaptureFixture[str]) -> None:
    one, sbom, said = BROKEN[case]
    put(project, one, sbom=sbom)
    assert run(project) == ExitCode.INPUT
    assert f"error: {said}\n" in capfd.readouterr().err
    assert files(project) == {}


def test_no_sbom(project: Path) -> None:
    put(project, record())
    (project / "dist/sbom/acme-sbom.json").unlink()
    assert run(project) == ExitCode.INPUT


def test_a_waiver_of_another_label_waives_nothing(project: Path) -> None:
    put(project, record(msgspec.structs.replace(WAIVED, waived_by="CVE-2026-1, bob, until 2026-12-31")))
    assert run(project) == ExitCode.PASS
    [one] = json.loads(files(project)["acme.openvex.json"])["statements"]
    assert one["status"] == "affected"
    assert files(project)["ignore/pip-audit-ignore.txt"] == b""


def test_in_public_only_counts(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    put(project, record(WAIVED, STANDING))
    assert run(project, "--public-log") == ExitCode.PASS
    shown = capfd.readouterr()
    assert shown.err == ""
    assert shown.out == (
        "generate_vex: pass (affected 1, files 6, fixed 0, ids_not_ignored 0, not_affected 1, statements 2, "
        "under_investigation 0)\n"
    )
