"""The stage: records in; table, SARIF, JSON and Markdown out, or what a public log may have."""

from __future__ import annotations

import json
from pathlib import Path

import pyrage  # type: ignore[import-untyped] # it has stubs, and no marker that says so
import pytest

from ops.supply_chain import report_findings
from ops.supply_chain.contracts.files.findings_report import FindingsReport
from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.core import canonical
from ops.supply_chain.core.errors import ExitCode
from tests.risk.findings.support import finding, record

FINDING = finding("secretpkg", version="7.8.9", path="hidden/req.txt", aliases=("CVE-2026-77",))
TOKENS = (b"secretpkg", b"7.8.9", b"hidden", b"CVE-2026-77", b"acme")
ANN = pyrage.x25519.Identity.generate()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "acme"
    folder.mkdir()
    (folder / "pyproject.toml").write_text('[project]\nname = "acme"\n')
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    put(folder, record(FINDING))
    return folder


def put(project: Path, *records: Record) -> None:
    for one in records:
        canonical.write(project / "dist/records" / f"{one.stage}.json", one)


def configure(project: Path, *recipients: str) -> None:
    (project / ".security-config.toml").write_text(f"[public_log]\nrecipients = {json.dumps(list(recipients))}\n")


def run(project: Path, *words: str) -> int:
    return report_findings.main(["--project", str(project), "--dist", str(project / "dist"), *words])


def files(project: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (project / "dist/findings").glob("*")}


def summary(project: Path) -> bytes:
    return (project.parent / "summary.md").read_bytes()


def test_in_full(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(project) == ExitCode.PASS
    found = files(project)
    assert sorted(found) == ["acme.json", "acme.md", "acme.sarif"]
    report = canonical.decode(found["acme.json"], FindingsReport, where="x")
    assert [one.package for one in report.findings] == ["secretpkg"]
    assert report.without_record == ("check_hashes", "check_locks", "check_malware", "check_publishers", "check_source")
    assert json.loads(found["acme.sarif"])["runs"][0]["results"][0]["properties"]["subject"] == "secretpkg 7.8.9"
    assert summary(project) == found["acme.md"]
    shown = capfd.readouterr()
    assert "    next: Move secretpkg to 4.0 or later" in shown.out
    assert shown.out.endswith(f"written to {project / 'dist/findings'}: acme.json, acme.md, acme.sarif\n")
    assert not (project / "dist/records/report_findings.json").exists()


def test_the_same_again(project: Path) -> None:
    assert run(project) == ExitCode.PASS
    first = files(project)
    assert run(project) == ExitCode.PASS
    assert files(project) == first


def test_for_programs(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(project, "--format", "json") == ExitCode.PASS
    document = json.loads(capfd.readouterr().out)
    assert document["result"]["report"]["findings"][0]["package"] == "secretpkg"
    assert document["result"]["files"] == ["findings/acme.json", "findings/acme.md", "findings/acme.sarif"]


def test_encrypted_beside_the_rest(project: Path) -> None:
    configure(project, str(ANN.to_public()))
    assert run(project, "--encrypt") == ExitCode.PASS
    found = files(project)
    assert sorted(found) == ["acme.json", "acme.json.age", "acme.md", "acme.sarif"]
    assert pyrage.decrypt(found["acme.json.age"], [ANN]) == found["acme.json"]
    assert not any(token in found["acme.json.age"] for token in TOKENS)


def test_encrypted_only_leaves_nothing_of_an_earlier_run_in_plain(project: Path) -> None:
    configure(project, str(ANN.to_public()))
    assert run(project) == ExitCode.PASS
    before = summary(project)
    assert run(project, "--encrypted-only") == ExitCode.PASS
    assert sorted(files(project)) == ["acme.json.age"]
    assert not any(token in summary(project)[len(before) :] for token in TOKENS)


@pytest.mark.parametrize("options", [(), ("--encrypt",), ("--encrypted-only",)])
def test_in_public_with_recipients_only_they_can_read(
    project: Path, options: tuple[str, ...], capfd: pytest.CaptureFixture[str]
) -> None:
    configure(project, str(ANN.to_public()))
    assert run(project, "--public-log", *options) == ExitCode.PASS
    found = files(project)
    assert sorted(found) == ["acme.json.age"]
    report = canonical.decode(pyrage.decrypt(found["acme.json.age"], [ANN]), FindingsReport, where="x")
    assert report.findings == (FINDING,)
    shown = capfd.readouterr()
    everything = b"".join([*found.values(), summary(project), shown.out.encode(), shown.err.encode()])
    assert [token for token in TOKENS if token in everything] == []
    assert shown.out == (
        "report_findings: pass (critical 0, files 1, high 1, info 0, low 0, medium 0, records 1, unknown 0, "
        "waived 0, without_record 5)\n"
    )


def test_in_public_without_recipients_nothing_is_written(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(project) == ExitCode.PASS
    (project.parent / "summary.md").unlink()
    capfd.readouterr()
    assert run(project, "--public-log") == ExitCode.PASS
    assert files(project) == {}
    shown = capfd.readouterr()
    everything = summary(project) + shown.out.encode() + shown.err.encode()
    assert [token for token in TOKENS if token in everything] == []


@pytest.mark.parametrize("words", [("--encrypt",), ("--encrypted-only",), ("--public-log",)])
def test_a_bad_recipient_ends_it_before_anything_is_written(project: Path, words: tuple[str, ...]) -> None:
    configure(project, str(ANN.to_public()), "age1nobody")
    assert run(project, *words) == ExitCode.USAGE
    assert files(project) == {}


@pytest.mark.parametrize("word", ["--encrypt", "--encrypted-only"])
def test_encryption_for_nobody_is_refused(project: Path, word: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(project, word) == ExitCode.USAGE
    assert capfd.readouterr().err == (
        "error: [public_log].recipients is empty, so there is no recipient to encrypt for\n  next: Add the maintainers' age public keys.\n"
    )
    assert files(project) == {}


def test_no_record_at_all_is_not_nothing_found(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (project / "dist/records/check_vulnerabilities.json").unlink()
    assert run(project) == ExitCode.NOT_EXAMINED
    assert "error: there is no record to report\n" in capfd.readouterr().err


BROKEN = {
    "not JSON": ("check_hashes.json", b"{", "check_hashes.json: not valid JSON"),
    "another shape": ("check_hashes.json", b"{}", "check_hashes.json: Object missing required field"),
    "another stage's": (
        "check_hashes.json",
        canonical.encode(record()),
        "dist/records/check_hashes.json: is of check_vulnerabilities acme 1.0, expected check_hashes acme 1.0",
    ),
    "another version's": (
        "check_zzz.json",
        canonical.encode(record(stage="check_zzz", version="2.0")),
        "dist/records/check_zzz.json: is of check_zzz acme 2.0, expected check_zzz acme 1.0",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_record_that_cannot_be_read(project: Path, case: str, capfd: pytest.CaptureFixture[str]) -> None:
    name, data, said = BROKEN[case]
    (project / "dist/records" / name).write_bytes(data)
    assert run(project) == ExitCode.INPUT
    assert said in capfd.readouterr().err
    assert files(project) == {}


def test_a_name_cannot_forge_a_line_of_the_log(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    put(project, record(finding("x\n::error::forged\r", message="\x1b[2J##[error]y")))
    assert run(project) == ExitCode.PASS
    lines = capfd.readouterr().out.split("\n")
    assert [line for line in lines if line.lstrip().startswith("::") or "##[" in line or "\x1b" in line] == []
