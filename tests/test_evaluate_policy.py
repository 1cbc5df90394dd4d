"""The policy stage, run as its users run it: exit codes, files, words, and what must never pass."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ops.supply_chain import evaluate_policy
from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.contracts.files.verdict import GateFile, RuleVerdict, Verdict
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core import canonical
from ops.supply_chain.core.digests import sha256_bytes, sha256_file
from ops.supply_chain.core.errors import ExitCode
from ops.supply_chain.core.outcome import Outcome
from tests.fakes.compiled_rules import compiled_once
from tests.formats.received.documents import ALL, cyclonedx, spdx2
from tests.parts import a_part
from tests.policy.support import (
    CYCLONEDX,
    GOOD_FINDING,
    INVOCATION,
    POLICY,
    SPDX,
    record,
    sbom,
    spine_policy,
    statement,
)

COMPONENT, VERSION = "acme", "v1.0"


class Place:
    """A project, a `dist/` with a good run in it, and the stage on them."""

    def __init__(self, folder: Path) -> None:
        self.project, self.dist = folder / "project", folder / "dist"
        self.project.mkdir()
        self.configure("")
        (self.dist / "sbom").mkdir(parents=True)
        (self.dist / ".sealwright.lock").touch()
        self.sbom = self.dist / "sbom" / "acme-sbom.json"
        self.archive = self.dist / "evidence" / "acme-v1.0-evidence.tar.gz"
        self.archive.parent.mkdir()
        self.sbom.write_bytes(CYCLONEDX)
        self.archive.write_bytes(b"archive")

    def configure(self, text: str) -> None:
        (self.project / ".security-config.toml").write_text(f'component_name = "{COMPONENT}"\n{text}')

    def ref(self, path: Path) -> FileRef:
        return FileRef(
            path=f"dist:{path.relative_to(self.dist).as_posix()}", sha256=sha256_file(path), size=path.stat().st_size
        )

    def put_record(self, one: Record) -> Path:
        path = self.dist / "records" / f"{one.stage}.json"
        canonical.write(path, one)
        return path

    def put_records(self) -> None:
        self.put_record(record("bundle_evidence", writes=(self.ref(self.archive),)))
        counts = {"locked": 4, "examined": 4}
        self.put_record(record("generate_sbom", counts=counts, writes=(self.ref(self.sbom),)))

    def put_provenance(self) -> Path:
        made = statement()
        gate = self.dist / "verdict" / "gate.json"
        made["subject"] = [
            {"name": path.name, "digest": {"sha256": sha256_file(path)}} for path in (self.sbom, self.archive, gate)
        ]
        digests = [sha256_file(path) for path in sorted((self.dist / "records").iterdir())]
        made["predicate"]["runDetails"]["byproducts"] = [{"digest": {"sha256": one}} for one in digests]
        path = self.dist / "provenance" / "provenance.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(made))
        return path

    def run(self, *words: str | Path) -> int:
        shared = ["--project", self.project, "--dist", self.dist, "--version", VERSION]
        shared += [] if "--policy" in words else ["--policy", spine_policy()]
        return evaluate_policy.main([str(word) for word in (*words, *shared)])

    def verdict(self, name: str = "verdict") -> Verdict:
        return canonical.read(self.dist / "verdict" / f"{name}.json", Verdict)

    def denied(self, name: str = "verdict") -> set[str]:
        return {rule.code for rule in self.verdict(name).rules if rule.outcome == "fail"}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    monkeypatch.setenv("SEALWRIGHT_INVOCATION", INVOCATION)
    monkeypatch.setattr("ops.supply_chain.gather.assurance.policy.BUILT_IN", spine_policy())
    with compiled_once():
        yield Place(tmp_path)


def test_a_good_run_is_allowed(place: Place, capfd: pytest.CaptureFixture[str]) -> None:
    place.put_records()
    assert place.run() == 0
    verdict = place.verdict()
    assert (verdict.decision, verdict.outcome, verdict.component, verdict.version) == ("allow", "pass", "acme", "v1.0")
    assert verdict.profiles == ("base", "cisa-2026", "licences", "release")
    assert [one.path for one in verdict.inputs] == [
        "dist:records/bundle_evidence.json",
        "dist:records/generate_sbom.json",
        "dist:sbom/acme-sbom.json",
    ]
    shown = capfd.readouterr()
    assert shown.out.startswith("policy: allow (pass) acme v1.0\n\n  pass          base.components")
    assert shown.err == ""


def test_the_gate_file_holds_verdict_and_records_byte_for_byte(place: Place) -> None:
    place.put_records()
    assert place.run() == 0
    gate = canonical.read(place.dist / "verdict" / "gate.json", GateFile)
    assert gate.verdict == place.verdict()
    for one in gate.records:
        assert canonical.encode(one) == (place.dist / "records" / f"{one.stage}.json").read_bytes()


@pytest.mark.skipif(shutil.which("jq") is None, reason="needs jq on PATH")
def test_jq_prints_the_bytes_of_a_record(place: Place) -> None:
    place.put_record(record("bundle_evidence", notes=('é ☃ \u2028 \\ " / <>&',)))
    place.put_records()
    assert place.run() == 0
    gate = place.dist / "verdict" / "gate.json"
    for number, stage in enumerate(("bundle_evidence", "generate_sbom")):
        done = subprocess.run(["jq", "-S", f".records[{number}]", str(gate)], capture_output=True, check=True)
        assert done.stdout == (place.dist / "records" / f"{stage}.json").read_bytes()


def test_the_same_inputs_give_the_same_bytes(place: Place) -> None:
    place.put_records()
    assert place.run() == 0
    first = [(place.dist / "verdict" / name).read_bytes() for name in ("verdict.json", "gate.json")]
    assert place.run() == 0
    assert first == [(place.dist / "verdict" / name).read_bytes() for name in ("verdict.json", "gate.json")]
    assert str(place.dist).encode() not in first[1]


def test_an_sbom_alone_is_judged_by_the_profiles_for_it(place: Place) -> None:
    assert place.run(place.sbom) == 0
    assert place.verdict().profiles == ("base", "cisa-2026", "licences")
    other = place.project / "other.spdx.json"
    other.write_bytes(SPDX)
    assert place.run(other, place.sbom) == 0
    assert [one.path for one in place.verdict().inputs] == ["dist:sbom/acme-sbom.json", "project:other.spdx.json"]


def test_without_records_a_release_is_denied(place: Place) -> None:
    assert place.run() == 4
    assert "release.records_present" in place.denied()
    assert place.verdict().decision == "deny"


def test_a_denial_says_what_to_do(place: Place, capfd: pytest.CaptureFixture[str]) -> None:
    document = sbom()
    document["components"][1]["version"] = ">=1"
    place.sbom.write_text(json.dumps(document))
    assert place.run(place.sbom, "--profile", "base") == 4
    ref = document["components"][1]["bom-ref"]
    assert (
        "\n  policy.base.exact_versions\n"
        f"    what: {ref}: dist:sbom/acme-sbom.json: version '>=1' is not exact; required: every component has an exact version\n"
        "    next: Pin the package in its lock (compile_locks.py does), then generate the SBOM again.\n"
    ) in capfd.readouterr().out
    made = canonical.read(place.dist / "records" / "evaluate_policy.json", Record)
    assert ("policy.base.exact_versions", "high") in {(one.code, one.severity.value) for one in made.findings}


def test_many_reasons_are_cut_in_words_and_whole_in_the_file(place: Place, capfd: pytest.CaptureFixture[str]) -> None:
    document = sbom()
    component = document["components"][1]
    document["components"] += [{**component, "bom-ref": f"x{n}", "version": "*"} for n in range(30)]
    place.sbom.write_text(json.dumps(document))
    assert place.run(place.sbom, "--profile", "base") == 4
    assert "    and 10 more: all are in the JSON result\n" in capfd.readouterr().out
    [rule] = [one for one in place.verdict().rules if one.code == "base.exact_versions"]
    assert len(rule.denials) == 30


BROKEN = {
    "not JSON": b"{",
    "not UTF-8": b"\xff\xfe",
    "empty": b"",
    "a list": b"[]",
    "nothing known": b"{}",
    "a key twice": b'{"bomFormat": "CycloneDX", "bomFormat": "CycloneDX"}',
    "NaN": b'{"bomFormat": "CycloneDX", "version": NaN}',
    "SPDX 2 as plain XML": b"<Document/>",
    "too deep": b"[" * 100_000,
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_sbom_is_an_input_error(name: str, place: Place, capfd: pytest.CaptureFixture[str]) -> None:
    place.sbom.write_bytes(BROKEN[name])
    assert place.run(place.sbom) == 3
    assert capfd.readouterr().err.startswith(f"error: {place.sbom}: ")
    assert not (place.dist / "verdict").exists()


def test_a_missing_sbom_is_an_input_error(place: Place) -> None:
    place.sbom.unlink()
    assert place.run() == 3


def test_a_hostile_sbom_never_passes_and_never_crashes(place: Place) -> None:
    values: tuple[Any, ...] = (None, True, 7, "x" * 200_000, [[]], {"a": {}}, 2**70)
    for value in values:
        document = dict.fromkeys(sbom(), value) | {"bomFormat": "CycloneDX"}
        place.sbom.write_text(json.dumps(document))
        assert place.run(place.sbom) in (3, 4)


def test_the_only_fault_of_an_sbom_is_its_structure_and_denies(place: Place) -> None:
    document = json.loads(place.sbom.read_bytes())
    document["dependencies"].append({"ref": "a component that is not there"})
    place.sbom.write_text(json.dumps(document))
    assert place.run(place.sbom) == 4
    assert place.denied() == {"base.well_formed"}


Damage = Callable[[Path], Any]


def make_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


DAMAGED: dict[str, tuple[Damage, int]] = {
    "an outcome changed": (lambda path: path.write_text(path.read_text().replace('"pass"', '"fail"')), 4),
    "another run": (lambda path: path.write_text(path.read_text().replace("urn:uuid:0", "urn:uuid:1")), 4),
    "a digest changed": (lambda path: path.write_text(path.read_text().replace('"sha256": "', '"sha256": "0')), 3),
    "cut off": (lambda path: path.write_bytes(path.read_bytes()[:-20]), 3),
    "emptied": (lambda path: path.write_bytes(b""), 3),
    "an unknown field": (lambda path: path.write_text(path.read_text().replace("{", '{"x": 1,', 1)), 3),
    "a field less": (lambda path: path.write_text(path.read_text().replace('  "offline": false,\n', "")), 3),
    "written differently": (lambda path: path.write_text(json.dumps(json.loads(path.read_text()))), 3),
    "of another stage": (lambda path: path.rename(path.with_name("other.json")), 3),
    "deleted": (lambda path: path.unlink(), 4),
    "a broken one beside it": (lambda path: path.with_name("zzz.json").write_bytes(b"x"), 3),
    "a folder": (make_folder, 3),
}


@pytest.mark.parametrize("name", DAMAGED)
@pytest.mark.parametrize("stage", a_part(["bundle_evidence", "generate_sbom"], 2))
def test_a_damaged_record_is_denied_or_broken_never_ignored(name: str, stage: str, place: Place) -> None:
    place.put_records()
    damage, code = DAMAGED[name]
    damage(place.dist / "records" / f"{stage}.json")
    assert place.run() == code


@pytest.mark.parametrize("victim", ["sbom", "archive"])
def test_a_file_changed_after_its_record_is_denied(victim: str, place: Place) -> None:
    place.put_records()
    path: Path = getattr(place, victim)
    path.write_bytes(path.read_bytes().replace(b"a", b"b", 1))
    assert place.run() == 4
    assert "release.artifacts_unchanged" in place.denied()


def test_a_record_cannot_point_outside(place: Place) -> None:
    place.put_records()
    outside = place.dist.parent / "outside"
    outside.write_bytes(b"x")
    path = FileRef(path="dist:../outside", sha256=sha256_bytes(b"x"), size=1)
    place.put_record(record("bundle_evidence", writes=(path,)))
    assert place.run() == 4
    assert place.denied() == {"release.artifacts_unchanged"}


def test_a_finding_and_a_failed_stage_deny_and_one_not_examined_is_told_apart(place: Place) -> None:
    place.put_records()
    finding = msgspec.structs.replace(GOOD_FINDING, severity=Severity.HIGH)
    path = place.put_record(record("check_x", findings=(finding,)))
    assert (place.run(), place.denied()) == (4, {"release.findings"})
    path.unlink()
    place.put_record(record("check_x", outcome=Outcome.NOT_EXAMINED))
    assert place.run() == 5
    assert place.verdict().decision == "deny"


def test_later_stages_of_an_earlier_run_are_no_evidence(place: Place) -> None:
    place.put_records()
    assert place.run() == 0
    first = (place.dist / "verdict" / "verdict.json").read_bytes()
    place.put_record(record("generate_provenance", invocation="urn:uuid:other"))
    place.put_record(record("retain_artifacts", version="v0.1"))
    assert place.run() == 0
    assert (place.dist / "verdict" / "verdict.json").read_bytes() == first


def test_the_second_pass_judges_provenance_and_keeps_the_first(place: Place) -> None:
    place.put_records()
    assert place.run() == 0
    place.put_provenance()
    before = {path: path.read_bytes() for path in place.dist.rglob("*.json")}
    assert place.run("--provenance") == 0
    after = {path: path.read_bytes() for path in place.dist.rglob("*.json")}
    assert {path.name for path in after.keys() - before.keys()} == {
        "provenance-verdict.json",
        "evaluate_policy_provenance.json",
    }
    assert before.items() <= after.items()
    verdict = place.verdict("provenance-verdict")
    assert (verdict.decision, verdict.profiles) == ("allow", ("provenance",))


@pytest.mark.parametrize("form", ["dist:provenance/provenance.json", "path", "--provenance=path"])
def test_the_statement_may_be_named(form: str, place: Place) -> None:
    place.put_records()
    assert place.run() == 0
    path = place.put_provenance()
    words = [f"--provenance={path}"] if form.startswith("--") else ["--provenance", path if form == "path" else form]
    assert place.run(*words) == 0
    assert place.verdict("provenance-verdict").decision == "allow"


def test_provenance_that_lacks_a_file_or_a_record_is_denied(place: Place) -> None:
    place.put_records()
    assert place.run() == 0
    path = place.put_provenance()
    good = json.loads(path.read_text())
    path.write_text(json.dumps({**good, "subject": good["subject"][1:]}))
    assert (place.run("--provenance"), place.denied("provenance-verdict")) == (4, {"provenance.coverage"})
    path.write_text(json.dumps(good))
    (place.dist / "evidence" / "extra.txt").write_text("x")
    assert (place.run("--provenance"), place.denied("provenance-verdict")) == (4, {"provenance.coverage"})
    (place.dist / "evidence" / "extra.txt").unlink()
    place.put_record(record("check_x"))
    assert (place.run("--provenance"), place.denied("provenance-verdict")) == (4, {"provenance.records"})


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b'{"a": 1, "a": 2}'])
def test_broken_provenance_is_an_input_error(data: bytes, place: Place) -> None:
    path = place.project / "p.json"
    path.write_bytes(data)
    assert place.run("--provenance", path) == 3


def test_an_empty_policy_folder_denies(place: Place, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    place.put_records()
    (tmp_path / "policy").mkdir()
    assert place.run("--policy", tmp_path / "policy") == 4
    empty = {f"{name}.has-rules" for name in ("base", "cisa-2026", "licences", "release")}
    assert place.denied() == {*empty, "release.not-weakened"}
    assert (
        "    what: base.has-rules: the profile base has no rules; required: the profile has rules\n"
        in capfd.readouterr().out
    )


def test_no_profile_at_all_denies(place: Place) -> None:
    place.put_records()
    place.configure("[policy]\nprofiles = []\n")
    assert place.run() == 4
    assert place.denied() == {"release.not-weakened"}


def test_an_unknown_profile_is_a_usage_error(place: Place, capfd: pytest.CaptureFixture[str]) -> None:
    assert place.run(place.sbom, "--profile", "base,licence") == 2
    assert capfd.readouterr().err == (
        "error: no policy profile is called 'licence'; there are base, cisa-2026, exploitation, licences, provenance, release\n"
        "  next: The nearest is 'licences'.\n"
    )


RULE = """\
# METADATA
# title: No package of this name
# description: We do not ship it.
# custom:
#   fix: Replace it.
package sealwright.ours.no_idna

import rego.v1

import data.sealwright.lib

pass := {"examined": lib.components_total} if {
	lib.sboms_given
	count(found) == 0
}

deny := [lib.entry("we do not ship this", ref) | some ref in found]

found := [component.ref |
	some sbom in input.sboms
	some component in sbom.components
	component.name == "%s"
]
"""


def own_rule(place: Place, text: str) -> None:
    profiles = ["base", "cisa-2026", "licences", "release", "ours"]
    place.configure(f'[policy]\nprofiles = {profiles}\nfolders = ["my/policy"]\n')
    folder = place.project / "my" / "policy" / "ours"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "no_idna.rego").write_text(text)


def test_the_projects_own_rules_decide_too(place: Place) -> None:
    place.put_records()
    own_rule(place, RULE % "left-pad")
    assert place.run() == 0
    assert "ours.no_idna" in [one.code for one in place.verdict().rules]
    assert place.verdict().weakened == ()
    assert "project:my/policy/ours/no_idna.rego" in {one.path for one in place.verdict().policy}
    own_rule(place, RULE % "idna")
    assert (place.run(), place.denied()) == (4, {"ours.no_idna"})


def test_the_example_of_the_policy_readme_works(place: Place) -> None:
    place.put_records()
    readme = (POLICY / "README.md").read_text()
    block = readme[readme.index("    # METADATA") : readme.index("## A rule that takes effect later")]
    text = "\n".join(line.removeprefix("    ") for line in block.splitlines()).rstrip() + "\n"
    own_rule(place, text.replace("no_left_pad", "no_idna"))
    assert place.run() == 0
    own_rule(place, text.replace("no_left_pad", "no_idna").replace('"left-pad"', '"idna"'))
    assert place.run() == 4


def test_an_own_rule_that_is_undefined_denies(place: Place) -> None:
    place.put_records()
    text = (RULE % "idna").replace("input.sboms", "input.sbom").replace("count(found) == 0", "input.sbom")
    own_rule(place, text)
    assert place.run() == 4
    [rule] = [rule for rule in place.verdict().rules if rule.code == "ours.no_idna"]
    assert rule.denials[0].message == "the rule did not decide: it yields neither 'pass' nor 'deny'"


def test_a_broken_own_rule_is_named_with_file_and_line(place: Place, capfd: pytest.CaptureFixture[str]) -> None:
    place.put_records()
    own_rule(place, (RULE % "idna").replace("pass :=", "pass := :="))
    assert place.run() == 3
    assert capfd.readouterr().err.startswith(
        "error: project:my/policy/ours/no_idna.rego:12: is not valid Rego: Invalid assignment operator\n"
    )


def test_configured_licences_decide(place: Place) -> None:
    place.put_records()
    place.configure('[policy]\nlicences_allow = ["MIT", "Apache-2.0"]\n')
    assert (place.run(), place.denied()) == (4, {"licences.permitted"})
    place.configure("[policy]\nlicences_allow = []\n")
    assert (place.run(), place.denied()) == (4, {"licences.permitted"})
    document = sbom()
    for one in document["components"]:
        one["licenses"] = [{"license": {"name": "Ours"}}]
    place.sbom.write_text(json.dumps(document))
    place.put_records()
    for value, code in {"report": 0, "not-examined": 5, "deny": 4}.items():
        place.configure(f'[policy]\nlicences_on_unknown = "{value}"\n')
        assert place.run() == code


def test_a_table_that_a_project_replaces_is_told(place: Place, capfd: pytest.CaptureFixture[str]) -> None:
    place.put_records()
    table = json.loads((spine_policy() / "data" / "versions.json").read_text())
    place.configure('[policy]\nfolders = ["my"]\n')
    (place.project / "my" / "data").mkdir(parents=True)
    (place.project / "my" / "data" / "x.json").write_text(json.dumps(table))
    assert place.run() == 0
    told = "project:my/data/x.json replaces 'versions' of policy:data/versions.json"
    assert capfd.readouterr().out.endswith(f"note: {told}\n")
    assert told in canonical.read(place.dist / "records" / "evaluate_policy.json", Record).notes


def test_the_policy_digest_follows_files_and_settings(place: Place, tmp_path: Path) -> None:
    place.put_records()
    seen = set()
    copy = tmp_path / "copy"
    shutil.copytree(spine_policy(), copy)
    for settings in ("", '[policy]\nlicences_on_unknown = "report"\n'):
        place.configure(settings)
        assert place.run("--policy", copy) == 0
        seen.add(place.verdict().policy_sha256)
    (copy / "data" / "versions.json").write_text((copy / "data" / "versions.json").read_text() + " ")
    assert place.run("--policy", copy) == 0
    seen.add(place.verdict().policy_sha256)
    assert len(seen) == 3


def test_all_sboms_judges_each_lock(place: Place) -> None:
    locks = place.dist / "sbom" / "locks" / "a"
    locks.mkdir(parents=True)
    document = sbom()
    document["components"][1]["hashes"] = []
    (locks / "requirements.cdx.json").write_text(json.dumps(document))
    (locks / "requirements.spdx3.json").write_bytes(ALL["SPDX 3 JSON-LD"])
    place.put_records()
    assert place.run() == 0
    assert place.run("--all-sboms") == 4
    assert "base.hashes" in place.denied()
    made = canonical.read(place.dist / "records" / "evaluate_policy.json", Record)
    assert made.counts["sboms"] == 2
    assert made.notes == ("1 SBOM is of a format that the rules do not read",)


def yanked(severity: Severity = Severity.MEDIUM, message: str = "idna 3.7 was yanked", **more: Any) -> Finding:
    return Finding(code="hash.yanked", severity=severity, message=message, next_step="Move on.", package="idna", **more)


FAILED: dict[str, tuple[tuple[Finding, ...], str]] = {
    "one": ((yanked(),), "check_hashes failed: 1 medium finding, first: idna 3.7 was yanked"),
    "the most severe first": (
        (
            yanked(Severity.LOW, "a"),
            yanked(Severity.UNKNOWN, "b"),
            yanked(Severity.LOW, "c"),
            yanked(Severity.MEDIUM, "d"),
        ),
        "check_hashes failed: 1 unrated, 1 medium, 2 low findings, first: b",
    ),
    "neither waived ones nor information": (
        (yanked(Severity.CRITICAL, "a", waived_by="b"), yanked(Severity.INFO, "c"), yanked(message="It was yanked.")),
        "check_hashes failed: 1 medium finding, first: It was yanked",
    ),
    "none": ((), "check_hashes failed: its record has no finding that is open"),
}


@pytest.mark.parametrize("name", FAILED)
def test_the_reason_of_a_stage_that_failed_names_its_first_finding(
    name: str, place: Place, capfd: pytest.CaptureFixture[str]
) -> None:
    findings, sentence = FAILED[name]
    place.put_records()
    counts = {"locked": 4, "examined": 4}
    place.put_record(record("check_hashes", outcome=Outcome.FAIL, counts=counts, findings=findings))
    assert place.run() == 4
    [rule] = [rule for rule in place.verdict().rules if rule.code == "release.outcomes"]
    assert [reason.message for reason in rule.denials] == [sentence]
    message = f"{sentence}; required: every stage passed"
    shown = f"\n  policy.release.outcomes\n    what: {message}\n    next: Fix or waive the findings of the stage"
    assert shown in capfd.readouterr().out
    made = canonical.read(place.dist / "records" / "evaluate_policy.json", Record)
    assert message in [finding.message for finding in made.findings]


def test_the_public_log_names_no_finding_that_denies(place: Place, capfd: pytest.CaptureFixture[str]) -> None:
    place.put_records()
    counts = {"locked": 4, "examined": 4}
    place.put_record(record("check_hashes", outcome=Outcome.FAIL, counts=counts, findings=(yanked(),)))
    assert place.run("--public-log") == 4
    shown = capfd.readouterr()
    assert shown.err == ""
    assert shown.out == (
        "evaluate_policy: fail (components 4, denials 1, failed 1, passed 29, records 3, rules 30, sboms 1,"
        " undetermined 0, unknowns 0)\n"
    )
    place.put_record(record("check_hashes", outcome=Outcome.FAIL, counts=counts, findings=(yanked(),)))
    assert place.run("--public-log", "--format", "json") == 4
    assert "yanked" not in capfd.readouterr().out


DATED_RULE = """\
# METADATA
# title: Nothing is called idna
# description: We replace it.
# custom:
#   fix: Replace idna.
#   effective_on: {day}
package sealwright.own.no_idna

import rego.v1

{body}
"""
DENIES = 'deny := [{"message": "is called idna", "subject": sbom.path} | some sbom in input.sboms]'
BEFORE, ON, AFTER = (
    datetime(2027, 1, 14, 23, 59, 59, tzinfo=UTC),
    datetime(2027, 1, 15, tzinfo=UTC),
    datetime(2027, 6, 1, tzinfo=UTC),
)


def put_rule(place: Place, *, day: str = "2027-01-15", body: str = DENIES) -> None:
    """Give the project a rule that takes effect on a day, next to one that is in effect."""
    path = place.project / "policy" / "own" / "no_idna.rego"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(DATED_RULE.format(day=day, body=body))
    in_effect = DATED_RULE.replace("#   effective_on: {day}\n", "").replace("no_idna", "in_effect")
    path.with_name("in_effect.rego").write_text(in_effect.format(body='pass := {"examined": 1}'))
    place.configure('[policy]\nfolders = ["policy"]\n')


def dated(place: Place) -> RuleVerdict:
    [rule] = [rule for rule in place.verdict().rules if rule.code == "own.no_idna"]
    return rule


def at(moment: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ops.supply_chain.runner.stage.read_clock", lambda: moment)


@pytest.mark.parametrize(("moment", "code"), [(BEFORE, 0), (ON, 4), (AFTER, 4)])
def test_a_rule_denies_from_the_day_on_which_it_takes_effect(
    moment: datetime, code: int, place: Place, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    put_rule(place)
    at(moment, monkeypatch)
    assert place.run(place.sbom, "--profile", "own") == code
    shown = capfd.readouterr().out
    rule = dated(place)
    assert rule.effective_on == "2027-01-15"
    reasons = [("is called idna", "dist:sbom/acme-sbom.json", "Replace idna.")]
    assert [(one.message, one.subject, one.fix) for one in (rule.denials if code else rule.warnings)] == reasons
    assert (rule.warnings if code else rule.denials) == ()
    if code:
        assert (
            "\n  policy.own.no_idna\n    what: dist:sbom/acme-sbom.json: is called idna; required: nothing is called idna\n"
            in shown
        )
    else:
        assert "  warning       own.no_idna    Nothing is called idna (denies from 2027-01-15)\n" in shown
        assert (
            "\nwarning, denies from 2027-01-15: own.no_idna\n    required: nothing is called idna\n    found: dist:sbom/acme-sbom.json: is called idna\n"
            in shown
        )
        assert "    next: Replace idna.\n" in shown


def test_a_day_ends_in_utc(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    put_rule(place)
    at(datetime(2027, 1, 14, 23, 30, tzinfo=timezone(timedelta(hours=-1))), monkeypatch)
    assert place.run(place.sbom, "--profile", "own") == 4
    at(datetime(2027, 1, 15, 0, 30, tzinfo=timezone(timedelta(hours=1))), monkeypatch)
    assert place.run(place.sbom, "--profile", "own") == 0


@pytest.mark.parametrize("body", ["other := 1", "pass := 1", 'pass if to_number("x") > 1'])
def test_a_rule_that_does_not_decide_warns_and_denies_by_the_same_day(
    body: str, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_rule(place, body=body)
    for moment, code in ((BEFORE, 0), (ON, 4)):
        at(moment, monkeypatch)
        assert place.run(place.sbom, "--profile", "own") == code
        rule = dated(place)
        [reason] = rule.denials if code else rule.warnings
        assert reason.message.startswith("the rule did not decide")


def test_what_could_not_be_examined_warns_too(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    body = DENIES.replace("deny", "unknown")
    put_rule(place, body=body)
    path = place.project / "policy" / "own" / "no_idna.rego"
    path.write_text(path.read_text().replace("#   effective_on", "#   unknown: allowed\n#   effective_on"))
    for moment, code in ((BEFORE, 0), (ON, 5)):
        at(moment, monkeypatch)
        assert place.run(place.sbom, "--profile", "own") == code


def test_a_rule_that_passes_does_so_on_both_sides_of_its_day(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    put_rule(place, body='pass := {"examined": 1}')
    for moment in (BEFORE, ON):
        at(moment, monkeypatch)
        assert place.run(place.sbom, "--profile", "own") == 0
        rule = dated(place)
        assert (rule.outcome, rule.examined, rule.warnings) == (Outcome.PASS, 1, ())


def test_a_date_that_is_none_is_a_broken_policy_and_no_pass(
    place: Place, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    put_rule(place, day="next year", body='pass := {"examined": 1}')
    assert place.run(place.sbom, "--profile", "own") == 3
    assert "policy/own/no_idna.rego: custom.effective_on is 'next year', expected a date such as 2027-01-15" in (
        capfd.readouterr().err
    )
    assert not (place.dist / "verdict" / "verdict.json").exists()


def test_a_warning_is_a_count_in_the_public_log(
    place: Place, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    put_rule(place)
    at(BEFORE, monkeypatch)
    assert place.run(place.sbom, "--profile", "own", "--public-log") == 0
    shown = capfd.readouterr()
    assert shown.err == ""
    assert shown.out == (
        "evaluate_policy: pass (components 4, denials 0, failed 0, passed 1, records 0, rules 2, sboms 1,"
        " undetermined 0, unknowns 0, warned 1)\n"
    )


def test_no_rule_of_ours_waits_for_a_day_and_the_verdict_names_none(place: Place) -> None:
    place.put_records()
    assert place.run() == 0
    text = (place.dist / "verdict" / "verdict.json").read_text()
    assert "effective_on" not in text
    assert "warnings" not in text


def test_the_public_log_has_counts_only(place: Place, capfd: pytest.CaptureFixture[str]) -> None:
    document = sbom()
    del document["components"][1]["manufacturer"]
    place.sbom.write_text(json.dumps(document))
    assert place.run(place.sbom, "--public-log") == 4
    shown = capfd.readouterr()
    assert shown.err == ""
    assert shown.out == (
        "evaluate_policy: fail (components 4, denials 1, failed 1, passed 22, records 0, rules 23, sboms 1,"
        " undetermined 0, unknowns 0)\n"
    )


def test_json_is_the_verdict(place: Place, capfd: pytest.CaptureFixture[str]) -> None:
    assert place.run(place.sbom, "--format", "json") == 0
    shown = json.loads(capfd.readouterr().out)
    assert shown["result"] == json.loads((place.dist / "verdict" / "verdict.json").read_text())


def test_it_runs_by_path_from_anywhere(place: Place, repository: Path, tmp_path: Path) -> None:
    script = repository / "ops" / "supply_chain" / "evaluate_policy.py"
    command = [sys.executable, str(script), str(place.sbom), "--project", str(place.project)]
    done = subprocess.run(
        [*command, "--dist", str(tmp_path / "new"), "--version", "v1.0"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("step", [pytest.param(3, id="a part"), pytest.param(1, id="all", marks=pytest.mark.whole)])
def test_real_sboms_of_others_end_in_a_verdict(place: Place, shared_data: Path, step: int) -> None:
    """Whatever others write, it is judged (0, 4, 5) or refused as broken (3); it never ends in a crash."""
    paths = [path for path in sorted((shared_data / "sbom" / "real").rglob("*.json")) if path.stat().st_size < 300_000]
    assert paths
    assert {place.run(path) for path in paths[::step]} <= {0, 3, 4, 5}


@pytest.mark.parametrize("name", a_part([name for name in ALL if name not in ("CycloneDX JSON", "SPDX 2 JSON")], 2))
@pytest.mark.parametrize(("licence", "code"), [("MIT", 0), ("SSPL-1.0", 4)])
def test_licences_of_an_sbom_in_any_format(place: Place, name: str, licence: str, code: int) -> None:
    path = place.project.parent / "supplier"
    path.write_bytes(ALL[name].replace(b"MIT", licence.encode()))
    assert place.run(str(path), "--profile", "licences") == code


def test_an_sbom_of_spdx_3_that_is_empty_is_denied(place: Place) -> None:
    place.sbom.write_text('{"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": []}')
    assert place.run(place.sbom) == 4
    assert "base.components" in place.denied()


UNSEEN = {
    "CycloneDX, a field of another name": (cyclonedx(), cyclonedx(Components=[]), ExitCode.DENIED),
    "SPDX 2, a field of another name": (spdx2(), spdx2(Packages=[]), ExitCode.DENIED),
    "an envelope that is an SBOM itself": (cyclonedx(), cyclonedx(payload="e30=", payloadType="x"), ExitCode.INPUT),
}


@pytest.mark.parametrize(("whole", "hiding", "code"), UNSEEN.values(), ids=UNSEEN)
def test_packages_that_no_rule_sees_never_pass(
    place: Place, whole: dict[str, Any], hiding: dict[str, Any], code: int
) -> None:
    given = place.project.parent / "theirs.json"
    for document, expected in ((whole, ExitCode.PASS), (hiding, code)):
        given.write_text(json.dumps(document))
        assert place.run(str(given), "--profile", "licences,base") == expected


def test_what_is_no_sbom_is_refused_with_the_reason(place: Place, capfd: pytest.CaptureFixture[str]) -> None:
    path = place.project.parent / "supplier"
    path.write_text("<!DOCTYPE x><bom/>")
    assert place.run(str(path), "--profile", "licences") == 3
    assert "DOCTYPE" in capfd.readouterr().err


@pytest.mark.parametrize("profile", ["licences", "base,licences"])
def test_profiles_for_sboms_are_evaluated_without_the_gate_and_change_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], profile: str
) -> None:
    place.put_record(record("generate_sbom", counts={"locked": 4, "examined": 4}, writes=(place.ref(place.sbom),)))
    before = {path: path.read_bytes() for path in place.dist.rglob("*") if path.is_file()}
    monkeypatch.delenv("SEALWRIGHT_INVOCATION")
    assert place.run("--profile", profile) == 0
    shown = capfd.readouterr().out
    assert "licences.permitted" in shown
    assert "release." not in shown.replace("without the records of this run", "")
    place.configure('[policy]\nlicences_allow = ["ISC"]\n')
    assert place.run("--profile", profile) == 4
    assert {path: path.read_bytes() for path in place.dist.rglob("*") if path.is_file()} == before


def test_profiles_for_sboms_do_not_take_the_gate_away_in_a_session_or_with_another_profile(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.put_record(record("generate_sbom", counts={"locked": 4, "examined": 4}, writes=(place.ref(place.sbom),)))
    assert place.run("--profile", "licences") == 4
    assert "release.records_present" in place.denied()
    monkeypatch.delenv("SEALWRIGHT_INVOCATION")
    assert place.run("--profile", "licences,release") == 4


def test_without_an_sbom_the_next_step_is_how_to_make_or_name_one(
    place: Place, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("SEALWRIGHT_INVOCATION")
    place.sbom.unlink()
    assert place.run("--profile", "licences") == 3
    shown = capfd.readouterr().err
    assert "acme-sbom.json: there is no SBOM of the project yet" in shown
    assert "next: Generate it: nox -s generate_sbom" in shown
    assert re.search(r"or name the SBOMs to evaluate: nox -s evaluate_policy -- .*FILE --profile licences", shown), (
        shown
    )


def test_an_sbom_beside_the_records_of_a_run_is_judged_alone(place: Place, capfd: pytest.CaptureFixture[str]) -> None:
    place.put_record(record("generate_sbom", counts={"locked": 4, "examined": 4}, writes=(place.ref(place.sbom),)))
    before = {path: path.read_bytes() for path in place.dist.rglob("*") if path.is_file()}
    assert place.run(place.sbom) == 0
    shown = capfd.readouterr().out
    assert "release." not in shown
    assert f"over all of it: nox -s evaluate_policy -- --project {place.project}" in shown
    assert {path: path.read_bytes() for path in place.dist.rglob("*") if path.is_file()} == before
