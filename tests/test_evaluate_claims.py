"""The stage: what it writes, what it says, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.supply_chain import evaluate_claims
from ops.supply_chain.contracts.files.claims import ClaimsReport, ClaimStatus, ControlsReport
from ops.supply_chain.core import canonical
from ops.supply_chain.runner.dist_lock import hold
from tests.fakes.compiled_rules import compiled_once

CONFIG = 'component_name = "small"\n[reporting]\nurl = "https://example.org/report"\n'


class Stage:
    """A project without any release, and its stage."""

    def __init__(self, base: Path) -> None:
        self.base = base
        (base / "project").mkdir()
        self.config(CONFIG)

    def config(self, text: str) -> None:
        (self.base / "project" / ".security-config.toml").write_text(text)

    def run(self, *more: str) -> int:
        folders = [word for name in ("project", "dist", "artifacts") for word in (f"--{name}", str(self.base / name))]
        return evaluate_claims.main([*folders, *more])


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with compiled_once():
        yield Stage(tmp_path)


def test_without_a_release_only_what_the_project_says_is_claimed(
    stage: Stage, capfd: pytest.CaptureFixture[str]
) -> None:
    assert stage.run() == 0
    report = canonical.read(stage.base / "dist/claims.json", ClaimsReport)
    assert report.source is None
    held = {claim.id for claim in report.claims if claim.standing is ClaimStatus.SUPPORTED}
    assert held == {"private-reporting", "waivers-current", "waivers-dated"}
    controls = canonical.read(stage.base / "dist/controls.json", ControlsReport)
    assert (controls.controls, controls.policy_sha256) == (report.controls, report.policy_sha256)
    page = (stage.base / "dist/controls.md").read_text()
    assert page.startswith("# Controls of small\n\nNo retained release can be read: only the project's own files")
    form = (stage.base / "dist/attestation-form.md").read_text()
    assert "\nDraft: it is not signed, attests nothing and is not legal advice." in form
    assert [line.split(" | ")[2] for line in form.splitlines() if line.startswith(("| 1", "| 2", "| 3", "| 4"))] == [
        "not evidenced"
    ] * 11
    said = capfd.readouterr().out.splitlines()
    assert said[0] == "claims of small, which rest on no release: none is retained that could be read"
    policy = next(line for line in said if " policy-gate " in line)
    assert policy.startswith("  not-supported  policy-gate  ")
    assert policy.endswith(
        "  There is no evidence that the policy allowed the release. "
        "No release is retained here, and none was rehearsed."
    )


def test_a_folder_that_it_made_is_one_to_work_in_and_another_is_left_alone(
    stage: Stage, capfd: pytest.CaptureFixture[str]
) -> None:
    assert stage.run() == 0
    with hold(stage.base / "dist"):
        assert (stage.base / "dist/claims.json").is_file()
    theirs = stage.base / "theirs"
    theirs.mkdir()
    (theirs / "thesis.md").write_text("x")
    assert stage.run("--dist", str(theirs)) == 2
    assert "theirs: is not empty and was not made by sealwright" in capfd.readouterr().err
    assert [path.name for path in theirs.iterdir()] == ["thesis.md"]


def test_it_is_the_same_twice(stage: Stage) -> None:
    stage.run()
    names = ("claims.json", "controls.json", "controls.md")
    first = [(stage.base / "dist" / name).read_bytes() for name in names]
    stage.run()
    assert [(stage.base / "dist" / name).read_bytes() for name in names] == first


def test_what_is_required_and_not_supported_is_denied_by_name(stage: Stage, capfd: pytest.CaptureFixture[str]) -> None:
    assert stage.run("--strict", "private-reporting, policy-gate") == 4
    assert capfd.readouterr().out.splitlines()[-4:] == [
        "HIGH",
        "  claim.not-supported",
        "    what: policy-gate: No release is retained here, and none was rehearsed.",
        "    next: Provide the missing evidence, or remove the claim from --strict.",
    ]
    assert stage.run("--strict", "private-reporting") == 0


def test_in_a_public_log_only_counts_are_told(stage: Stage, capfd: pytest.CaptureFixture[str]) -> None:
    assert stage.run("--public-log") == 0
    out = capfd.readouterr().out
    assert out.startswith("evaluate_claims: pass (claims ")
    assert "small" not in out


def test_an_id_that_is_none_names_the_nearest(stage: Stage, capfd: pytest.CaptureFixture[str]) -> None:
    assert stage.run("--strict", "policy-gat") == 2
    assert capfd.readouterr().err == ("error: unknown claim 'policy-gat'\n  next: The nearest is 'policy-gate'.\n")


def test_a_folder_that_is_no_retained_release_is_refused(stage: Stage, capfd: pytest.CaptureFixture[str]) -> None:
    folder = stage.base / "project"
    assert stage.run("--evidence", str(folder)) == 3
    assert capfd.readouterr().err == (
        f"error: {folder}: is not a retained release\n  next: Give the folder of a release: <artifacts>/supply-chain/N/V.\n"
    )


def test_a_release_of_another_component_is_refused(stage: Stage, capfd: pytest.CaptureFixture[str]) -> None:
    folder = stage.base / "artifacts" / "supply-chain" / "other" / "v1"
    folder.mkdir(parents=True)
    assert stage.run("--evidence", str(folder)) == 2
    assert capfd.readouterr().err == (
        f"error: {folder}: is a release of other, and the project is small\n"
        "  next: Give the project of that release with --project.\n"
    )


def test_a_folder_of_ours_that_holds_nothing_supports_nothing_and_is_told(stage: Stage) -> None:
    folder = stage.base / "artifacts" / "supply-chain" / "small" / "v1"
    folder.mkdir(parents=True)
    assert stage.run() == 0
    report = canonical.read(stage.base / "dist/claims.json", ClaimsReport)
    assert report.source is None
    [gate] = [claim for claim in report.claims if claim.id == "checksums-published"]
    assert gate.missing == (
        "The retained release does not match its manifest.",
        "The retained release does not verify.",
        "There is no release: no file ends in -checksums.txt or -provenance.intoto.json.",
    )


def test_a_decision_takes_a_control_out_of_scope(stage: Stage) -> None:
    stage.config(CONFIG + '[controls]\nout_of_scope = [{id = "SSDF-PW.2.1", reason = "one maintainer"}]\n')
    assert stage.run() == 0
    found = json.loads((stage.base / "dist/controls.json").read_text())["controls"]
    assert [(one["standing"], one["reason"]) for one in found if one["id"] == "SSDF-PW.2.1"] == [
        ("out-of-scope", "Out of scope by decision: one maintainer.")
    ]
