"""The mirror, run as its users run it: from retained releases, whole or not at all."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from ops.supply_chain import mirror_docs, retain_artifacts
from ops.supply_chain.core import canonical
from ops.supply_chain.core.errors import ExitCode
from ops.supply_chain.inventory.writers import cyclonedx
from tests.assurance.report.support import replaced
from tests.assurance.techdocs.test_site import build
from tests.inventory.documents import DOCUMENT
from tests.release.handmade import Handmade
from tests.risk.findings.support import finding, record
from tests.typed import typed

SBOM = "dist/sbom/N-sbom.json"


class WithSbom(Handmade):
    """Its SBOM is one."""

    def write(self, path: str, text: str) -> Path:
        return super().write(path, cyclonedx.render(DOCUMENT).decode() if path == SBOM else text)


@pytest.fixture
def release(tmp_path: Path) -> Handmade:
    found = WithSbom(tmp_path)
    found.until("retain_artifacts")
    found.must(retain_artifacts.main)
    return found


def tree(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_what_is_retained_is_mirrored_and_builds(release: Handmade, tmp_path: Path) -> None:
    release.must(mirror_docs.main)
    made = tree(release.dist / "mirror")
    enclosed = {Path(path).name: data for path, data in made.items() if "/files/" in path}
    assert enclosed == {name: data for name, data in tree(release.store / "V").items() if name != "manifest.json"}
    assert "idna" in made["docs/packages.md"].decode()
    html = build(made, tmp_path / "site")
    assert 'href="releases/V/files/N-V-gate.json"' in html["incident/index.html"].replace("../", "")


def test_the_same_releases_give_the_same_bytes(release: Handmade) -> None:
    release.must(mirror_docs.main)
    before = tree(release.dist / "mirror")
    release.write("dist/mirror/docs/left.md", "from before\n")
    release.must(mirror_docs.main)
    assert tree(release.dist / "mirror") == before


def test_the_mirror_of_somebody_else_is_left_alone(
    release: Handmade, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    theirs = tmp_path / "theirs"
    (theirs / "mirror").mkdir(parents=True)
    (theirs / "mirror" / "x.txt").write_text("x")
    assert release.run(mirror_docs.main, "--dist", str(theirs)) == ExitCode.USAGE
    assert "theirs: is not empty and was not made by sealwright" in capfd.readouterr().err
    assert tree(theirs) == {"mirror/x.txt": b"x"}


def test_files_may_lie_elsewhere(release: Handmade) -> None:
    assert release.run(mirror_docs.main, "--files-at", "https://example.org/r/") == ExitCode.PASS
    made = tree(release.dist / "mirror")
    assert not [path for path in made if "/files/" in path]
    assert b"(https://example.org/r/V/N-V-gate.json)" in made["docs/incident.md"]


@pytest.mark.parametrize(
    "address",
    ["http://example.org", "javascript:x", "https://", "https://u@example.org", "https://e.org/a b", "https://e.org/)", "https://e.org/?q"],
)  # fmt: skip
def test_an_address_that_is_none_is_refused(address: str, release: Handmade, capfd: pytest.CaptureFixture[str]) -> None:
    assert release.run(mirror_docs.main, "--files-at", address) == ExitCode.USAGE
    assert "expected an address of the form https://HOST/PATH" in capfd.readouterr().err
    assert not (release.dist / "mirror").exists()


def test_a_damaged_release_is_named_and_nothing_of_it_is_shown(
    release: Handmade, capfd: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(release.dist)
    release.version = "W"
    release.until("retain_artifacts")
    release.must(retain_artifacts.main)
    (release.store / "W" / "N-W-gate.json").write_text("{}\n")
    capfd.readouterr()
    assert release.run(mirror_docs.main) == ExitCode.DENIED
    assert "damaged: N: W/N-W-gate.json: has 3 bytes, the manifest says" in capfd.readouterr().out
    made = tree(release.dist / "mirror")
    assert not [path for path in made if "/W/" in path]
    assert b"**Not in this list:** damaged releases" in made["docs/packages.md"]
    assert b"## Damaged" in made["docs/releases.md"]


def test_without_a_release_nothing_is_written(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    empty = Handmade(tmp_path)
    empty.project()
    assert empty.run(mirror_docs.main) == ExitCode.NOT_EXAMINED
    assert capfd.readouterr().err == typed(
        "error: no intact release of N is retained, so there is nothing to mirror\n"
        "  next: Make one with nox -s release or nox -s rehearse; list damaged ones with nox -s retention -- --verify.\n",
        empty.root,
        empty.artifacts,
    )
    assert not (empty.dist / "mirror").exists()


def test_a_rehearsal_stands_in_only_where_there_is_no_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEALWRIGHT_REHEARSAL", "1")
    rehearsed = WithSbom(tmp_path)
    rehearsed.artifacts = rehearsed.dist / "rehearsal" / "artifacts"
    rehearsed.until("retain_artifacts")
    rehearsed.must(retain_artifacts.main)
    monkeypatch.delenv("SEALWRIGHT_REHEARSAL")
    rehearsed.artifacts = tmp_path / "none"
    rehearsed.must(mirror_docs.main)
    assert b"**This is a rehearsal." in (rehearsed.dist / "mirror" / "docs" / "index.md").read_bytes()
    real = WithSbom(tmp_path / "real")
    real.until("retain_artifacts")
    real.must(retain_artifacts.main)
    rehearsed.artifacts = real.artifacts
    rehearsed.must(mirror_docs.main)
    assert b"**This is a rehearsal." not in (rehearsed.dist / "mirror" / "docs" / "index.md").read_bytes()


def test_a_document_that_cannot_be_read_is_told(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    odd = Handmade(tmp_path)
    odd.until("retain_artifacts")
    odd.must(retain_artifacts.main)
    capfd.readouterr()
    odd.must(mirror_docs.main)
    assert "not shown: V: N-V-sbom.cdx.json: expected CycloneDX 1.4 to 1.7" in capfd.readouterr().out
    page = (odd.dist / "mirror" / "docs" / "releases" / "V" / "index.md").read_text()
    assert "- Not shown: N-V-sbom.cdx.json: expected CycloneDX" in page


def test_in_public_only_counts_are_told(release: Handmade, capfd: pytest.CaptureFixture[str]) -> None:
    capfd.readouterr()
    release.run(mirror_docs.main, "--public-log", "--format", "json")
    assert json.loads(capfd.readouterr().out)["counts"] == {
        "damaged": 0,
        "enclosed": 6,
        "pages": 12,
        "releases": 1,
        "without_owner": 1,
    }


SCANS = {
    "none": ({}, "no scan is kept here"),
    "broken": ({"check_locks.json": b"{"}, "a record of the last scan cannot be read"),
    "another component": (
        {"check_vulnerabilities.json": canonical.encode(record(finding()))},
        "the last scan that is kept here is of another component",
    ),
    "a record under the name of another stage": (
        {"check_malware.json": canonical.encode(replaced(record(finding()), component="N"))},
        "a record of the last scan is of another stage than its name says",
    ),
    "gates without a record": (
        {"check_vulnerabilities.json": canonical.encode(replaced(record(), component="N"))},
        "**no record of check_hashes, check_locks, check_malware",
    ),
    "a finding": (
        {"check_vulnerabilities.json": canonical.encode(replaced(record(finding()), component="N"))},
        "- **x** idna 3.20: [CVE-2026-1](<https://nvd.nist.gov/vuln/detail/CVE-2026-1>), high (denies the release)",
    ),
}


@pytest.mark.parametrize("case", SCANS)
def test_the_start_page_has_the_last_scan(case: str, release: Handmade) -> None:
    files, text = SCANS[case]
    for name, data in files.items():
        release.write(f"dist/scan/records/{name}", data.decode())
    release.must(mirror_docs.main)
    page = (release.dist / "mirror/docs/index.md").read_text()
    assert text in page
    assert "| verdict | **allowed**" in page or "| verdict | **not known**" in page
    assert str(release.dist) not in page
