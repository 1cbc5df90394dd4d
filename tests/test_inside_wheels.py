"""What is inside the wheels of pins, checked against advisories: matched, or stated as not examined."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain import check_malware, check_vulnerabilities
from ops.supply_chain.core.errors import ExitCode
from ops.supply_chain.risk.advisories.inside import PartInWheel, inside_wheels, unmatched_findings
from tests.fakes.advisories import affected, record, snapshot
from tests.fakes.gate_project import HASH, NOW, GateProject, accept_small_feeds, at

DIGEST = HASH.rpartition(":")[2]
VULNERABLE = record("PYSEC-7", affected("urllib3", "introduced 0, fixed 2"), aliases=["CVE-7"], summary="Leaks")
MALWARE = record("MAL-2026-1", affected("evil", "introduced 0"))
OTHER = record("PYSEC-9", affected("elsewhere", "introduced 0"))
MAIN = {"vulnerability": check_vulnerabilities.main, "malware": check_malware.main}


def component(name: str, version: str, purl: str = "", part: str = "declared") -> dict[str, str]:
    return {"name": name, "version": version, "purl": purl, "part": part}


Make = Callable[..., GateProject]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    def project(kind: str, *components: dict[str, str], sha256: str = DIGEST, problem: str = "") -> GateProject:
        at(monkeypatch, NOW)
        accept_small_feeds(monkeypatch)
        found = GateProject(tmp_path, MAIN[kind])
        found.lock("big==1.0")
        found.feed(VULNERABLE, MALWARE, OTHER)
        wheel: dict[str, Any] = {
            "name": "big",
            "version": "1.0",
            "file": "big-1.0-py3-none-any.whl",
            "sha256": sha256,
            "components": list(components),
            "problem": problem,
        }
        text = json.dumps({"schema": "wheel-contents/1", "wheels": [wheel]})
        found.write("requirements.contents.json", text)
        return found

    return project


OPENSSL = component("openssl", "4.0.3", "pkg:generic/openssl@4.0.3", "bundled")
URLLIB3 = component("urllib3", "1.26.20", "pkg:pypi/urllib3@1.26.20", "vendored")


def test_a_vendored_package_is_matched_and_a_library_is_stated(make: Make) -> None:
    gate = make("vulnerability", URLLIB3, OPENSSL, component("krb5", "1.21", "pkg:rpm/almalinux/krb5@1.21"))
    assert gate.run() == ExitCode.DENIED
    *stated, known = gate.record().findings
    assert (known.code, known.package, known.version) == ("vulnerability.known", "urllib3", "1.26.20")
    assert (known.path, known.line) == ("requirements.txt", 1)
    assert known.message.endswith("it is inside big 1.0: big-1.0-py3-none-any.whl")
    assert known.next_step.startswith("Move big to a release that contains another version of it: ")
    assert [(row.code, row.severity) for row in stated] == [("vulnerability.inside-not-matched", "info")] * 2
    assert "ecosystem generic inside 1 wheel (openssl 4.0.3)" in stated[0].message
    assert "ecosystem rpm inside 1 wheel (krb5 1.21)" in stated[1].message
    counts = gate.record().counts
    assert (counts["inside"], counts["inside_not_matched"], counts["locked"]) == (3, 2, 1)
    assert "project:requirements.contents.json" in [ref.path for ref in gate.record().reads]


def test_a_waiver_for_the_package_inside_applies(make: Make) -> None:
    gate = make("vulnerability", URLLIB3)
    gate.write(
        ".security-config.toml",
        '[[waivers]]\nid = "CVE-7"\npackage = "urllib3"\nreason = "not reachable"\nowner = "Kim"\n'
        'date = "2026-11-01"\nexpires = "2026-12-31"\n',
    )
    assert gate.run() == ExitCode.PASS


def test_what_is_only_inside_and_not_affected_passes(make: Make) -> None:
    gate = make("vulnerability", component("urllib3", "2.5", "pkg:pypi/urllib3@2.5"))
    assert gate.run() == ExitCode.PASS
    assert gate.record().findings == ()


def test_malware_inside_a_wheel_is_found(make: Make) -> None:
    gate = make("malware", component("Evil", "1.0", "pkg:pypi/evil@1.0"), URLLIB3)
    assert gate.run() == ExitCode.DENIED
    (finding,) = gate.record().findings
    assert (finding.code, finding.package, finding.severity) == ("malware.known", "evil", "critical")
    assert "it is listed by an SBOM inside big 1.0" in finding.message


@pytest.mark.parametrize("change", [{"sha256": "e" * 64}, {"problem": "has two readings"}], ids=["digest", "closed"])
def test_records_of_other_wheels_do_not_count_and_that_is_said(
    make: Make, capfd: pytest.CaptureFixture[str], change: dict[str, str]
) -> None:
    gate = make("vulnerability", URLLIB3, **change)
    assert gate.run() == ExitCode.PASS
    assert "the wheels of 1 package were not opened: what they contain was not examined" in capfd.readouterr().out


def test_a_malformed_record_is_never_clean(make: Make) -> None:
    gate = make("vulnerability")
    gate.write("requirements.contents.json", '{"schema": "wheel-contents/1", "wheels": [{}]}')
    assert gate.run() == ExitCode.INPUT


def test_an_unusable_record_about_what_is_inside_is_not_examined(make: Make) -> None:
    gate = make("vulnerability", URLLIB3)
    broken = b'{"id": "PYSEC-7", "affected": [{"package": {"ecosystem": "PyPI", "name": "urllib3"}, "ranges": 3}]}'
    gate.feed(broken, OTHER)
    assert gate.run() == ExitCode.NOT_EXAMINED
    assert ("vulnerability.not-examined", "urllib3", "1.26.20") in gate.codes()


def test_a_crate_is_matched_with_a_feed_of_its_ecosystem(make: Make, tmp_path: Path) -> None:
    crates = tmp_path / "crates.zip"
    crates.write_bytes(
        snapshot(record("RUSTSEC-1", affected("time", "introduced 0, fixed 0.2.23", ecosystem="crates.io")))
    )
    gate = make("vulnerability", OPENSSL, component("time", "0.2.9", "pkg:cargo/time@0.2.9"))
    assert gate.run() == ExitCode.PASS
    assert [code for code, *_ in gate.codes()] == ["vulnerability.inside-not-matched"] * 2
    assert gate.run("--advisories", f"crates.io={crates}") == ExitCode.DENIED
    assert ("vulnerability.known", "pkg:cargo/time", "0.2.9") in gate.codes()
    [stated] = [found for found in gate.record().findings if found.code == "vulnerability.inside-not-matched"]
    assert "OSV has no ecosystem for packages of the type generic" in stated.message
    assert (gate.record().counts["inside"], gate.record().counts["inside_not_matched"]) == (2, 1)


def test_every_part_is_matched_or_stated() -> None:
    rng = random.Random("inside")  # noqa: S311 - a seed, no secret
    purls = [
        "",
        "pkg:pypi/A_b@1",
        "pkg:pypi/a-b",
        "pkg:generic/x@1",
        "pkg:cargo/y@1",
        "pkg:",
        "nonsense",
        "pkg:deb/z@2",
    ]
    for _ in range(200):
        parts = [
            PartInWheel(rng.choice(purls), rng.choice("ab\u202e"), rng.choice(["", "1"]), ("big", "1"), "big.whl")
            for _ in range(rng.randrange(6))
        ]
        found = inside_wheels(parts)
        kept = [part for group in (*found.packages.values(), *found.others.values()) for part in group]
        assert sorted(kept) == sorted(set(parts))
        assert all(version for _, version in found.packages)
        others = [(part, "why", "step") for group in found.others.values() for part in group]
        assert len(unmatched_findings("vulnerability", others)) == len(found.others)
