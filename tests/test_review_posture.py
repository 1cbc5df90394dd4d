"""The review, run as its users run it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain import retain_artifacts, review_posture
from ops.supply_chain.assurance.review.dependencies import Licences
from ops.supply_chain.core.errors import ExitCode
from ops.supply_chain.runner import stage as stage_runner
from tests.release.handmade import Handmade

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
LOCK = "requirements.txt"
LOCKED = f"# uv-compiled-at: 2026-11-20T00:00:00Z\nx==1.0 --hash=sha256:{'0' * 64}\n    # via -r requirements.in\n"
CONFIG = """component_name = "N"
[[signing.identities]]
identity = "release@example.org"
issuer = "https://issuer.example"
[[dependencies]]
name = "x"
owner = "platform"
lifecycle = "active"
"""
SBOM = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.6",
    "components": [{"name": "x", "version": "1.0", "purl": "pkg:pypi/x@1.0", "licenses": [{"license": {"id": "MIT"}}]}],
}


@pytest.fixture
def release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Handmade:
    monkeypatch.setattr(stage_runner, "read_clock", lambda: NOW)
    found = Handmade(tmp_path)
    found.until("retain_artifacts", locks=())
    found.must(retain_artifacts.main)
    found.write("project/.security-config.toml", CONFIG)
    found.write(f"project/{LOCK}", LOCKED)
    found.write("project/requirements.in", "x\n")
    found.write("project/.well-known/security.txt", "Expires: 2027-11-01T00:00:00Z\n")
    found.write("dist/sbom/N-sbom.json", json.dumps(SBOM))
    return found


def review(release: Handmade, capfd: pytest.CaptureFixture[str], *more: str) -> tuple[int, Any]:
    capfd.readouterr()
    code = release.run(review_posture.main, "--format", "json", *more)
    said = capfd.readouterr()
    return code, json.loads(said.out)["result"] if said.out else said.err


def standings(found: Any) -> dict[str, set[str]]:
    areas: dict[str, set[str]] = {}
    for item in found["items"]:
        areas.setdefault(item["area"], set()).add(item["standing"])
    return areas


def without_release(release: Handmade) -> None:
    release.artifacts = release.base / "empty"


def test_what_is_in_order_passes_and_is_listed(release: Handmade, capfd: pytest.CaptureFixture[str]) -> None:
    without_release(release)
    code, found = review(release, capfd)
    assert code == ExitCode.NOT_EXAMINED
    assert standings(found) == {
        "waivers": {"listed"},
        "identities": {"open"},
        "retention": {"not-examined"},
        "support": {"listed"},
        "baselines": {"open"},
        "locks": {"listed"},
        "dependencies": {"listed"},
        "security.txt": {"listed"},
        "settings": {"listed"},
    }
    [row] = found["dependencies"]["rows"]
    assert (row["name"], row["owner"], row["licence"]) == ("x", "platform", "MIT")
    assert (found["day"], found["until"]) == ("2026-11-21", "2027-02-21")


def test_the_sbom_of_a_release_that_makes_no_sense_is_a_broken_input(
    release: Handmade, capfd: pytest.CaptureFixture[str]
) -> None:
    code, said = review(release, capfd)
    assert code == ExitCode.INPUT
    assert "N-V-sbom.cdx.json: expected CycloneDX 1.4 to 1.7" in said


def break_waiver(release: Handmade) -> None:
    with (release.root / ".security-config.toml").open("a") as handle:
        handle.write(
            '[[waivers]]\nid = "CVE-2026-1"\nreason = "r"\nowner = "o"\ndate = "2026-01-01"\nexpires = "2026-02-01"\n'
        )


def break_identity(release: Handmade) -> None:
    text = CONFIG.replace('issuer = "https', 'until = "2026-11-20"\nissuer = "https')
    release.write("project/.security-config.toml", text)


def break_retention(release: Handmade) -> None:
    release.artifacts = release.base / "artifacts"
    (release.store / "V" / "N-V-checksums.txt").write_text("other\n")


def break_contact(release: Handmade) -> None:
    release.write("project/.well-known/security.txt", "Expires: 2026-11-20T00:00:00Z\n")


@pytest.mark.parametrize(
    ("damage", "area"),
    [
        (break_waiver, "waivers"),
        (break_identity, "identities"),
        (break_retention, "retention"),
        (break_contact, "security.txt"),
    ],
)
def test_what_is_overdue_is_denied(
    damage: Any, area: str, release: Handmade, capfd: pytest.CaptureFixture[str]
) -> None:
    without_release(release)
    damage(release)
    code, found = review(release, capfd)
    assert (code, {"overdue"} <= standings(found)[area]) == (ExitCode.DENIED, True)
    others = [name for name, found_there in standings(found).items() if "overdue" in found_there]
    assert others == [area]


@pytest.mark.parametrize(
    ("until", "standing"),
    [("2026-11-20", "open"), ("2027-02-21", "due"), ("2027-02-22", "listed")],
)
def test_support_periods_are_reviewed(
    release: Handmade, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], until: str, standing: str
) -> None:
    period = f'[[support.versions]]\nversions = "*"\nuntil = {until}\n'
    release.write("project/.security-config.toml", CONFIG + period)
    monkeypatch.setattr("ops.supply_chain.gather.assurance.review.read_licences", lambda *_: Licences({}, ""))
    code, found = review(release, capfd, "--only", "support")
    assert code == ExitCode.PASS
    assert [item["standing"] for item in found["items"]] == [standing]


def test_how_far_ahead_is_told(release: Handmade, capfd: pytest.CaptureFixture[str]) -> None:
    without_release(release)
    _, found = review(release, capfd, "--within", "345")
    assert standings(found)["security.txt"] == {"due"}
    assert review(release, capfd, "--within", "-1")[0] == ExitCode.USAGE


def test_in_public_only_counts_are_told(release: Handmade, capfd: pytest.CaptureFixture[str]) -> None:
    without_release(release)
    capfd.readouterr()
    release.run(review_posture.main, "--public-log")
    said = capfd.readouterr()
    assert said.out == (
        "review_posture: not-examined (dependencies 1, due 0, listed 6, not-examined 1, open 2, overdue 0, "
        "without_owner 0)\n"
    )
    assert "platform" not in said.err


def test_nothing_is_written(release: Handmade, capfd: pytest.CaptureFixture[str]) -> None:
    before = {path: path.stat().st_mtime_ns for path in release.base.rglob("*")}
    review(release, capfd)
    assert {path: path.stat().st_mtime_ns for path in release.base.rglob("*")} == before


def test_a_broken_lock_is_not_examined_and_the_others_are_listed(
    release: Handmade, capfd: pytest.CaptureFixture[str]
) -> None:
    without_release(release)
    release.write("project/uv.lock", "version = 3\n")
    code, found = review(release, capfd)
    assert code == ExitCode.INPUT
    locks = {item["subject"]: item["standing"] for item in found["items"] if item["area"] == "locks"}
    assert locks == {"uv.lock": "not-examined", LOCK: "listed"}
    release.write("project/.security-config.toml", CONFIG + EXPIRED)
    code, found = review(release, capfd)
    assert code == ExitCode.DENIED


EXPIRED = """[[waivers]]
id = "CVE-2026-1"
package = "x"
reason = "known"
owner = "me"
expires = 2026-01-01
"""
