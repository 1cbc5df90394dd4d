"""The stage: what lies in `dist/` becomes a page, and what is missing or stale is said on it."""

from __future__ import annotations

import json
from pathlib import Path

import pyrage  # type: ignore[import-untyped] # it has stubs, and no marker that says so
import pytest

from ops.supply_chain import render_report
from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.contracts.files.manifest import Manifest, ManifestFile
from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.contracts.files.run_log import LoggedStage, log_entry
from ops.supply_chain.contracts.files.verdict import GateFile, Verdict
from ops.supply_chain.core import canonical
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import ExitCode
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.runner.dist_lock import LOCK_NAME
from tests.assurance.report.support import bom, record, records, replaced, rule, verdict, verification
from tests.risk.findings.support import finding

ANN = pyrage.x25519.Identity.generate()
FINDING = finding("secretpkg", version="7.8.9", path="hidden/req.txt", aliases=("CVE-2026-77",))
TOKENS = (b"secretpkg", b"7.8.9", b"hidden", b"CVE-2026-77", b"acme")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a whole run in its `dist/`, in which everything passed."""
    folder = tmp_path / "acme"
    folder.mkdir()
    (folder / "pyproject.toml").write_text('[project]\nname = "acme"\nversion = "1.0"\n')
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    dist = folder / "dist"
    put(dist / LOCK_NAME, b"")
    for one in records():
        canonical.write(dist / "records" / f"{one.stage}.json", one)
    put(dist / "sbom/acme-sbom.json", bom({"idna": [], "requests": ["idna"]}, direct=["requests"]))
    put(dist / "release/acme-1.0-checksums.txt", b"x")
    files = [{"name": "acme-1.0-checksums.txt", "sha256": sha256_bytes(b"x"), "size": 1}]
    put(dist / "verification/verification.json", verification(files=files))
    inputs = [dist / "records/check_locks.json", dist / "sbom/acme-sbom.json"]
    refs = [_ref(dist, path) for path in inputs]
    for name in ("verdict", "provenance-verdict"):
        canonical.write(dist / f"verdict/{name}.json", replaced_inputs(refs))
    return folder


def replaced_inputs(refs: list[FileRef]) -> Verdict:
    return replaced(verdict(), inputs=tuple(refs))


def _ref(dist: Path, path: Path) -> FileRef:
    data = path.read_bytes()
    return FileRef(path=f"dist:{path.relative_to(dist).as_posix()}", sha256=sha256_bytes(data), size=len(data))


def put(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())


def run(project: Path, *words: str) -> int:
    dist, artifacts = str(project / "dist"), str(project / "artifacts")
    return render_report.main(["--project", str(project), "--dist", dist, "--artifacts", artifacts, *words])


def page(project: Path) -> str:
    return (project / "dist/report/index.html").read_text(encoding="utf-8")


def deny(project: Path) -> None:
    canonical.write(
        project / "dist/records/check_vulnerabilities.json",
        record("check_vulnerabilities", FINDING, outcome=Outcome.FAIL),
    )


def test_a_whole_run(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(project) == ExitCode.PASS
    shown = capfd.readouterr().out
    assert shown == (
        "acme 1.0: Allowed\n"
        "  Every gate passed, the policy allows it, and the release verifies.\n"
        f"written to {project / 'dist/report'}: index.html, summary.md\n"
    )
    assert sorted(path.name for path in (project / "dist/report").iterdir()) == ["index.html", "summary.md"]
    assert (project.parent / "summary.md").read_text() == (project / "dist/report/summary.md").read_text()
    assert not (project / "dist/records/render_report.json").exists()
    assert str(project) not in page(project)


def test_the_same_again(project: Path) -> None:
    assert run(project) == ExitCode.PASS
    first = page(project)
    assert run(project) == ExitCode.PASS
    assert page(project) == first


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("records/check_locks.json", "Locks: no record, so it was not checked."),
        ("sbom/acme-sbom.json", "dist/sbom/acme-sbom.json changed or was removed after the policy was evaluated"),
        ("verdict/verdict.json", "The policy was not evaluated."),
        ("verdict/provenance-verdict.json", "The policy was not evaluated for the provenance."),
        ("verification/verification.json", "The release was not verified."),
        ("release/acme-1.0-checksums.txt", "The files of the release changed after they were verified."),
    ],
)
def test_what_is_gone_is_named(project: Path, name: str, sentence: str, capfd: pytest.CaptureFixture[str]) -> None:
    (project / "dist" / name).unlink()
    assert run(project) == ExitCode.PASS
    assert sentence in capfd.readouterr().out
    assert '<h1 id="verdict-word">Allowed</h1>' not in page(project)


def test_what_changed_since_the_verdict_is_named(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    canonical.write(
        project / "dist/records/check_locks.json", record("check_locks", counts={"locked": 1, "examined": 1})
    )
    assert run(project) == ExitCode.PASS
    assert (
        "dist/records/check_locks.json changed or was removed after the policy was evaluated" in capfd.readouterr().out
    )


def test_no_run_at_all(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for folder in ("records", "sbom", "verdict", "release", "verification"):
        for path in (project / "dist" / folder).iterdir():
            path.unlink()
    assert run(project) == ExitCode.NOT_EXAMINED
    assert "acme 1.0: Not examined\n" in capfd.readouterr().out
    assert "There is no run to show: nothing was checked." in page(project)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("records/check_locks.json", b"{}", "Object missing required field"),
        ("verdict/verdict.json", b"[", "not valid JSON"),
        ("sbom/acme-sbom.json", b"[]", "acme-sbom.json: expected an object"),
        ("verification/verification.json", b"{}", "verification.json: Object missing required field `schema`"),
    ],
)
def test_a_broken_file(
    project: Path, name: str, content: bytes, message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    put(project / "dist" / name, content)
    assert run(project) == ExitCode.INPUT
    assert message in capfd.readouterr().err


def test_a_verdict_of_another_version(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    other = replaced(verdict(), version="0.9")
    canonical.write(project / "dist/verdict/verdict.json", other)
    assert run(project) == ExitCode.INPUT
    assert "dist/verdict/verdict.json: is of acme 0.9, expected acme 1.0" in capfd.readouterr().err


def test_a_rehearsal_says_so(project: Path) -> None:
    gate = GateFile(schema="gate/1", verdict=verdict(rule()), records=(), rehearsal=True)
    canonical.write(project / "dist/verdict/gate.json", gate)
    assert run(project) == ExitCode.PASS
    assert "A rehearsal, not a release." in page(project)
    assert '<h1 id="verdict-word">Would be allowed</h1>' in page(project)


def retain(project: Path, version: str, edges: dict[str, list[str]], **more: object) -> Path:
    name = f"acme-{version}-sbom.cdx.json"
    data = json.dumps(bom(edges, direct=list(edges))).encode()
    folder = project / "artifacts/supply-chain/acme" / version
    put(folder / name, data)
    manifest = {
        "schema": "manifest/1",
        "component": "acme",
        "version": version,
        "created": "2026-10-01T00:00:00Z",
        "retained_at": "2026-10-01T00:00:00Z",
        "retained_until": "2027-10-01",
        "sequence": 1,
        "previous": None,
        "provenance_sha256": sha256_bytes(data),
        "files": (ManifestFile(name=name, sha256=sha256_bytes(data), size=len(data), media_type="x"),),
    }
    canonical.write(folder / "manifest.json", Manifest(**{**manifest, **more}))  # type: ignore[arg-type]
    return folder


def test_what_changed_since_the_last_release(project: Path) -> None:
    retain(project, "0.9", {"idna": [], "six": []})
    assert run(project) == ExitCode.PASS
    shown = page(project)
    assert "Compared with 0.9, retained 2026-10-01: 2 changes." in shown
    assert "<strong>requests</strong> <span><ins>1.0</ins></span>" in shown
    assert "<strong>six</strong> <span><del>1.0</del> </span>" in shown


def test_a_changed_predecessor_is_not_compared(project: Path) -> None:
    folder = retain(project, "0.9", {"idna": []})
    name = "acme-0.9-sbom.cdx.json"
    put(folder / name, (folder / name).read_bytes().replace(b"idna", b"adni"))
    assert run(project) == ExitCode.PASS
    assert "0.9 is retained and cannot be compared: acme-0.9-sbom.cdx.json is not the file that its manifest" in page(
        project
    )


def test_a_release_is_not_compared_with_itself(project: Path) -> None:
    retain(project, "1.0", {"idna": []})
    assert run(project) == ExitCode.PASS
    assert "No earlier release is retained here: there is nothing to compare with." in page(project)


def test_for_programs(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(project, "--format", "json") == ExitCode.PASS
    result = json.loads(capfd.readouterr().out)["result"]
    assert (result["headline"]["word"], result["headline"]["tone"]) == ("Allowed", "pass")
    assert result["files"] == ["report/index.html", "report/summary.md"]


def test_in_public_nothing_is_written_in_plain(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(project) == ExitCode.PASS
    (project.parent / "summary.md").write_bytes(b"")
    deny(project)
    capfd.readouterr()
    assert run(project, "--public-log") == ExitCode.PASS
    shown = capfd.readouterr()
    assert list((project / "dist").glob("report/*")) == []
    everything = b"".join([(project.parent / "summary.md").read_bytes(), shown.out.encode(), shown.err.encode()])
    assert [token for token in TOKENS if token in everything] == []
    assert shown.out == (
        "render_report: pass (files 0, findings 1, overdue 0, packages 2, rules 2, rules_passed 2, waived 0)\n"
    )


def test_in_public_the_maintainers_can_read_it(project: Path) -> None:
    (project / ".security-config.toml").write_text(f'[public_log]\nrecipients = ["{ANN.to_public()}"]\n')
    deny(project)
    assert run(project, "--public-log") == ExitCode.PASS
    [encrypted] = (project / "dist/report").iterdir()
    assert encrypted.name == "index.html.age"
    assert b"secretpkg" in pyrage.decrypt(encrypted.read_bytes(), [ANN])


def test_a_pdf_without_chromium(
    project: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SEALWRIGHT_CHROMIUM", "no-such-browser")
    assert run(project, "--pdf") == ExitCode.NOT_EXAMINED
    assert capfd.readouterr().err == (
        "error: the PDF cannot be printed: there is no Chromium here\n"
        "  next: Install Chromium (Debian: apt-get install chromium), name it with $SEALWRIGHT_CHROMIUM, or open "
        "dist/report/index.html in any browser and print it to PDF.\n"
    )
    assert "Allowed" in page(project)


@pytest.mark.parametrize(
    ("script", "message"),
    [("exit 3", "Chromium ended with 3"), ("exit 0", "Chromium ended with 0")],
)
def test_a_browser_that_prints_nothing(
    project: Path, script: str, message: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    browser = project.parent / "browser"
    browser.write_text(f"#!/bin/sh\n{script}\n")
    browser.chmod(0o755)
    monkeypatch.setenv("SEALWRIGHT_CHROMIUM", str(browser))
    assert run(project, "--pdf") == ExitCode.NOT_EXAMINED
    assert f"error: the PDF was not printed: {message}\n" in capfd.readouterr().err


def test_a_pdf_names_what_a_public_run_must_not(project: Path) -> None:
    assert run(project, "--pdf", "--public-log") == ExitCode.USAGE


def test_the_report_of_somebody_else_is_left_alone(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    theirs = project / "thesis"
    put(theirs / "report/chapter.txt", b"x")
    assert render_report.main(["--project", str(project), "--dist", str(theirs)]) == 2
    assert "thesis: is not empty and was not made by sealwright" in capfd.readouterr().err
    assert [path.name for path in theirs.rglob("*")] == ["report", "chapter.txt"]


def test_the_error_with_which_a_stage_ended_is_on_the_page_and_in_the_markdown(project: Path) -> None:
    error = "error: no source of advisories answered:\n  https://u:secret@osv.example: cannot be reached\n  next: Check the network.\n"
    path = project / "dist/records/check_vulnerabilities.json"
    known = canonical.read(path, Record)
    canonical.write(path, replaced(known, outcome=Outcome.NOT_EXAMINED, findings=()))
    (project / "dist/log.txt").write_text(log_entry(LoggedStage("check_vulnerabilities", 5, "", error), 1))
    run(project)
    text = page(project)
    assert "check_vulnerabilities: no source of advisories answered" in text
    assert "Check the network." in text
    assert "secret" not in text
    (project / "dist/log.txt").unlink()
    run(project)
    assert "no source of advisories answered" not in page(project)
