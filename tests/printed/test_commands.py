"""Printed commands, typed in a scratch project: each does what it is printed for."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ops.supply_chain import retain_artifacts
from ops.supply_chain.core.errors import ExitCode
from ops.supply_chain.inventory.writers import cyclonedx
from tests.inventory.documents import DOCUMENT
from tests.printed.executed import CASES
from tests.printed.inventory import printed
from tests.printed.scratch import BAD_LEAF, LATER, Scratch
from tests.release.handmade import Handmade

Case = Callable[[Scratch], None]
VEX = {
    "@context": "https://openvex.dev/ns/v0.2.0",
    "@id": "https://example.org/vex",
    "author": "leaf people",
    "timestamp": "2026-01-01T00:00:00Z",
    "version": 1,
    "statements": [],
}


def versions(scratch: Scratch) -> dict[str, str]:
    """Return what the lock pins: name -> version."""
    lines = (scratch.root / "requirements.txt").read_text().splitlines()
    pins = (line.split()[0].partition("==") for line in lines if "==" in line and line[0].isalpha())
    return {name: version for name, _, version in pins}


def newer_leaf(scratch: Scratch, uploaded: str = LATER) -> None:
    scratch.serve("leaf", "1.6", uploaded)


def lock(scratch: Scratch) -> None:
    scratch.serve("more", "1.0", "2025-01-01T00:00:00Z")
    scratch.write("requirements.in", "top\nmore\n")
    assert scratch.type("nox -s check_locks") == ExitCode.DENIED
    assert scratch.type("nox -s lock") == ExitCode.PASS
    assert versions(scratch)["more"] == "1.0"
    assert scratch.type("nox -s check_locks") == ExitCode.PASS


def lock_upgrade(scratch: Scratch) -> None:
    newer_leaf(scratch)
    assert scratch.type("nox -s lock") == ExitCode.PASS
    assert versions(scratch) == {"leaf": "1.5", "top": "1.5"}
    assert scratch.type("nox -s lock -- --upgrade") == ExitCode.PASS
    assert versions(scratch) == {"leaf": "1.6", "top": "1.5"}


def lock_upgrade_package(scratch: Scratch) -> None:
    newer_leaf(scratch)
    scratch.serve("top", "1.6", LATER, "leaf>=1")
    assert scratch.type("nox -s lock -- --upgrade-package leaf") == ExitCode.PASS
    assert versions(scratch) == {"leaf": "1.6", "top": "1.5"}


def lock_bypass(scratch: Scratch) -> None:
    newer_leaf(scratch, (datetime.now(UTC) - timedelta(days=1)).isoformat())
    assert scratch.type("nox -s lock -- --upgrade-package leaf") == ExitCode.PASS
    assert versions(scratch)["leaf"] == "1.5"
    words = '--upgrade-package leaf --bypass-cool-down leaf --reason "fixes CVE-2026-0001"'
    assert scratch.type(f"nox -s lock -- {words}") == ExitCode.PASS
    assert versions(scratch)["leaf"] == "1.6"


def check_locks(scratch: Scratch) -> None:
    assert scratch.type("nox -s check_locks") == ExitCode.PASS
    assert scratch.record("check_locks").counts["examined"] == 2


def check_locks_offline(scratch: Scratch) -> None:
    scratch.index.status = 503
    assert scratch.type("nox -s check_locks -- --offline") == ExitCode.PASS
    scratch.write("requirements.txt", "leaf\n")
    assert scratch.type("nox -s check_locks -- --offline") == ExitCode.DENIED


def check_locks_verbose(scratch: Scratch) -> None:
    scratch.write("requirements.txt", "leaf\n")
    assert scratch.type("nox -s check_locks -- --verbose") == ExitCode.DENIED
    assert "lock.unpinned" in scratch.out


def helps(stage: str, option: str) -> Case:
    def case(scratch: Scratch) -> None:
        assert scratch.type(f"nox -s {stage} -- --help") == ExitCode.PASS
        assert option in scratch.out

    return case


def check_hashes(scratch: Scratch) -> None:
    assert scratch.type("nox -s check_hashes") == ExitCode.PASS
    assert not any("/files/" in asked for asked in scratch.index.asked[-2:])
    assert scratch.type("nox -s check_hashes -- --bytes") == ExitCode.PASS
    assert scratch.record("check_hashes").options == {"bytes": "yes"}


def record_contents(scratch: Scratch) -> None:
    assert scratch.type("nox -s check_hashes -- --bytes --record") == ExitCode.PASS
    assert (scratch.root / "requirements.contents.json").is_file()


def check_vulnerabilities(scratch: Scratch) -> None:
    assert scratch.type("nox -s check_vulnerabilities") == ExitCode.PASS
    scratch.feed(BAD_LEAF)
    assert scratch.type("nox -s check_vulnerabilities") == ExitCode.DENIED
    assert scratch.finding("check_vulnerabilities", "vulnerability.known").package == "leaf"


def vex(scratch: Scratch) -> None:
    scratch.feed(BAD_LEAF)
    path = scratch.folder / "vex.json"
    path.write_text(json.dumps(VEX))
    assert scratch.type(f"nox -s check_vulnerabilities -- --vex {path}") == ExitCode.DENIED
    assert "vex" in scratch.out.lower()


def check_malware(scratch: Scratch) -> None:
    assert scratch.type("nox -s check_malware") == ExitCode.PASS
    assert scratch.record("check_malware").counts["examined"] == 2


def check_publishers(scratch: Scratch) -> None:
    assert scratch.type("nox -s check_publishers") == ExitCode.PASS
    scratch.index.info["top"]["author"] = "someone else"
    assert scratch.type("nox -s check_publishers") == ExitCode.DENIED


def record_publishers(scratch: Scratch) -> None:
    baseline = scratch.root / "requirements.provenance.json"
    baseline.unlink()
    scratch.type("nox -s check_publishers")
    assert "publisher.no-baseline" in scratch.codes("check_publishers")
    assert scratch.type("nox -s check_publishers -- --record") == ExitCode.PASS
    assert baseline.is_file()
    assert scratch.codes("check_publishers") == set()


def builds_in_public(scratch: Scratch) -> None:
    assert scratch.type('nox -s build_distributions -- --version "1.0" --public-log') == ExitCode.PASS
    assert "small" not in scratch.out + scratch.err


def builds_nothing_without_a_build_lock(scratch: Scratch) -> None:
    assert scratch.type("nox -s build_distributions") == ExitCode.PASS
    assert (scratch.dist / "records" / "build_distributions.json").is_file()


def described(scratch: Scratch) -> None:
    assert scratch.type("nox -s generate_sbom") == ExitCode.PASS
    sbom = json.loads((scratch.dist / "sbom" / "small-sbom.json").read_text())
    assert {entry["name"] for entry in sbom["components"]} == {"leaf", "top"}


def stated(scratch: Scratch) -> None:
    scratch.feed(BAD_LEAF)
    described(scratch)
    assert scratch.type("nox -s check_vulnerabilities") == ExitCode.DENIED
    scratch.type("nox -s generate_vex")
    assert "CVE-2026-77" in (scratch.dist / "vex" / "small.openvex.json").read_text()


def decided(scratch: Scratch) -> None:
    described(scratch)
    assert scratch.type("nox -s evaluate_policy") == ExitCode.DENIED  # the records of the other gates are absent
    verdict = json.loads((scratch.dist / "verdict" / "verdict.json").read_text())
    assert verdict["decision"] == "deny"


def claims(scratch: Scratch) -> None:
    assert scratch.type("nox -s evaluate_claims") == ExitCode.PASS
    assert (scratch.dist / "claims.json").is_file()
    assert (scratch.dist / "controls.json").is_file()


def updates(scratch: Scratch) -> None:
    scratch.serve("top", "1.6", LATER, "leaf>=1")
    assert scratch.type("nox -s scan_updates") == ExitCode.PASS
    assert "1.6" in scratch.out


def document(scratch: Scratch) -> None:
    assert scratch.type("nox -s security_md") == ExitCode.PASS
    assert (scratch.root / "SECURITY.md").is_file()


def reviewed(scratch: Scratch) -> None:
    assert scratch.type("nox -s review") == ExitCode.NOT_EXAMINED
    assert "waivers:" in scratch.out


def reviewed_in_part(scratch: Scratch) -> None:
    assert scratch.type("nox -s review -- --offline --only waivers --only settings") in (ExitCode.PASS, ExitCode.DENIED)
    assert "waivers:" in scratch.out
    assert "dependencies:" not in scratch.out


def listed(scratch: Scratch) -> None:
    assert scratch.type("nox -s check_locks") == ExitCode.PASS
    assert scratch.type("nox -s report_findings") == ExitCode.PASS
    assert (scratch.dist / "findings" / "small.json").is_file()


def rendered(scratch: Scratch) -> None:
    scratch.type("nox -s report")
    assert (scratch.dist / "report" / "index.html").is_file()
    assert "Claims" in (scratch.dist / "report" / "index.html").read_text()


class Released(Handmade):
    """Its SBOM is one."""

    def write(self, path: str, text: str) -> Path:
        """Write a file below the folder."""
        is_sbom = path == "dist/sbom/N-sbom.json"
        return super().write(path, cyclonedx.render(DOCUMENT).decode() if is_sbom else text)


class Retained(Scratch):
    """Two retained releases, of which the older has outlived its retention period."""

    def __init__(self, scratch: Scratch) -> None:
        super().__init__(scratch.folder, scratch.index, scratch.integrity)
        self.made = Released(scratch.folder / "made")
        self.root, self.dist, self.artifacts = self.made.root, self.made.dist, self.made.artifacts
        self.capfd = scratch.capfd
        for version in ("1", "2"):
            shutil.rmtree(self.made.dist, ignore_errors=True)
            self.made.version = version
            self.made.until("retain_artifacts")
            self.made.write("project/.security-config.toml", 'component_name = "N"\n[retention]\ndays = 0\n')
            self.made.must(retain_artifacts.main)
        assert self.capfd is not None
        self.capfd.readouterr()

    @property
    def kept(self) -> list[str]:
        """The versions that are retained."""
        return sorted(path.name for path in self.made.store.iterdir() if path.is_dir())


def retention(scratch: Scratch) -> None:
    kept = Retained(scratch)
    assert kept.type("nox -s retention") == ExitCode.PASS
    assert all(f"N {version}" in kept.out for version in kept.kept), kept.out
    records = kept.dist / "records" / "retain_artifacts.json"
    before = records.read_bytes()
    assert kept.type("nox -s retention") == ExitCode.PASS  # a list, in whatever project: nothing is retained by it
    assert records.read_bytes() == before


def retention_verify(scratch: Scratch) -> None:
    kept = Retained(scratch)
    assert kept.type("nox -s retention -- --verify") == ExitCode.PASS
    (kept.made.store / "1" / "N-1-gate.json").write_text("{}")
    assert kept.type("nox -s retention -- --verify") == ExitCode.DENIED


def retention_prune(scratch: Scratch) -> None:
    kept = Retained(scratch)
    assert kept.type("nox -s retention -- --prune") == ExitCode.PASS
    assert kept.kept == ["1", "2"]
    assert "N 1" in kept.out
    assert kept.type("nox -s retention -- --prune --apply") == ExitCode.PASS


def compared(scratch: Scratch) -> None:
    kept = Retained(scratch)
    assert kept.type("nox -s compare -- 1 2") == ExitCode.PASS
    assert "no difference" in kept.out


def mirrored(scratch: Scratch) -> None:
    kept = Retained(scratch)
    assert kept.type("nox -s mirror_docs") == ExitCode.PASS
    assert list((kept.dist / "mirror").rglob("*.md"))


TYPED: dict[str, Case] = {
    "build_distributions": builds_nothing_without_a_build_lock,
    "build_distributions --public-log": builds_in_public,
    "check_hashes": check_hashes,
    "check_hashes --bytes": check_hashes,
    "check_hashes --bytes --record": record_contents,
    "check_locks": check_locks,
    "check_locks --help": helps("check_locks", "--reproducible"),
    "check_locks --offline": check_locks_offline,
    "check_locks --verbose": check_locks_verbose,
    "check_malware": check_malware,
    "check_publishers": check_publishers,
    "check_publishers --record": record_publishers,
    "check_vulnerabilities": check_vulnerabilities,
    "check_vulnerabilities --vex": vex,
    "compare ARGUMENT": compared,
    "evaluate_claims": claims,
    "evaluate_policy": decided,
    "generate_sbom": described,
    "generate_sbom --help": helps("generate_sbom", "--no-enrich"),
    "generate_vex": stated,
    "lock": lock,
    "lock --bypass-cool-down --reason --upgrade-package": lock_bypass,
    "lock --upgrade": lock_upgrade,
    "lock --upgrade-package": lock_upgrade_package,
    "mirror_docs": mirrored,
    "report": rendered,
    "report_findings": listed,
    "retention": retention,
    "retention --prune": retention_prune,
    "retention --verify": retention_verify,
    "review": reviewed,
    "review --offline --only": reviewed_in_part,
    "scan_updates": updates,
    "security_md": document,
}


SLOW = frozenset({"evaluate_claims", "evaluate_policy", "report"})


@pytest.mark.parametrize(
    "form", [pytest.param(form, marks=pytest.mark.whole if form in SLOW else ()) for form in TYPED]
)
def test_it_does_what_it_is_printed_for(form: str, scratch: Scratch) -> None:
    TYPED[form](scratch)


def test_the_cases_are_those_of_the_table() -> None:
    assert tuple(TYPED) == CASES
    assert set(CASES) <= {entry.form for entry in printed()}
