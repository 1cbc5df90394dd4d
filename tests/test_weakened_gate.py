"""What makes the release gate weaker than its default: shown, denied without an entry that accepts it, and never hidden."""

from __future__ import annotations

import json
import shutil
import tomllib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.core import canonical
from tests.docs.commands import blocks
from tests.fakes.compiled_rules import compiled_once
from tests.parts import a_part
from tests.policy.support import INVOCATION, record, spine_policy
from tests.test_evaluate_policy import RULE, Place, at

TODAY = datetime(2026, 11, 28, 12, tzinfo=UTC)
REFUSED = "release.not-weakened"
PASSES = """\
# METADATA
# title: {name}
# description: Nothing.
# custom:
#   fix: Nothing.{more}
package sealwright.{profile}.{name}

import rego.v1

pass := true
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    monkeypatch.setenv("SEALWRIGHT_INVOCATION", INVOCATION)
    monkeypatch.setattr("ops.supply_chain.gather.assurance.policy.BUILT_IN", spine_policy())
    at(TODAY, monkeypatch)
    made = Place(tmp_path)
    made.put_records()
    with compiled_once():
        yield made


def put(place: Place, name: str, text: str) -> None:
    path = place.project / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def put_table(place: Place, table: dict[str, Any]) -> None:
    put(place, "own/data/release.json", json.dumps(table))


def built_in(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((spine_policy() / "data" / f"{name}.json").read_text())
    return found


def rule(profile: str, name: str = "ok", *, since: str = "") -> str:
    return PASSES.format(profile=profile, name=name, more=f"\n#   effective_on: {since}" if since else "")


OWN = '[policy]\nfolders = ["own"]\n'
SETTINGS = {
    "gate.fail_on": ('[gate]\nfail_on = "critical"\n', "low", "critical"),
    "waiver_rules.max_days": ("[waiver_rules]\nmax_days = 3650\n", "180", "3650"),
    "feeds.max_age_hours": ("[feeds]\nmax_age_hours = 87600\n", None, "87600"),
    "feeds.max_file_age_hours": ("[feeds]\nmax_file_age_hours = 169\n", "nothing", "169"),
    "feeds.max_snapshot_age_days": ("[feeds]\nmax_snapshot_age_days = 8\n", "7", "8"),
    "feeds.osv_snapshot": (
        '[feeds]\nosv_snapshot = "feed.zip"\n',
        "https://storage.googleapis.com/osv-vulnerabilities/PyPI/all.zip",
        "feed.zip",
    ),
    "feeds.ecosystems": ('[feeds.ecosystems]\nnpm = "npm.zip"\n', "nothing", '{"npm":"npm.zip"}'),
    "feeds.osv_api": ('[feeds]\nosv_api = "https://osv.invalid"\n', "https://api.osv.dev", "https://osv.invalid"),
    "publishers.attestations": ("[publishers]\nattestations = false\n", "true", "false"),
    "publishers.attestation_invalid": ('[publishers]\nattestation_invalid = "info"\n', "critical", "info"),
    "publishers.exceptions": (
        '[[publishers.exceptions]]\npackage = "idna"\nreason = "known"\n',
        "nothing",
        "idna known",
    ),
    "locks.scopes": ('[[locks.scopes]]\nscope = "excluded"\npath = "requirements*.txt"\n', "nothing", None),
    "policy.profiles": ('[policy]\nprofiles = ["release"]\n', "base, cisa-2026, licences, release", "release"),
}


@pytest.mark.parametrize("setting", a_part(SETTINGS, 2))
def test_a_weaker_setting_denies_until_it_is_accepted(
    setting: str, place: Place, capfd: pytest.CaptureFixture[str]
) -> None:
    text, default, value = SETTINGS[setting]
    value = value or "excluded requirements*.txt"
    place.configure(text)
    assert (place.run(), place.denied()) == (4, {REFUSED})
    [weakening] = place.verdict().weakened or ()
    assert (weakening.setting, weakening.value, weakening.until) == (setting, value, "")
    assert default is None or weakening.default == default
    shown = capfd.readouterr().out
    assert f"weakened by configuration: {setting} from " in shown
    [entry] = tomllib.loads(proposed(shown))["policy"]["weakened"]
    place.configure(text + proposed(shown).replace('reason = ""', 'reason = "we know"'))
    assert entry == {"setting": setting, "value": value, "reason": "", "date": "2026-11-28", "until": "2027-05-27"}
    assert place.run() == 0
    [weakening] = place.verdict().weakened or ()
    assert (weakening.reason, weakening.date, weakening.until) == ("we know", "2026-11-28", "2027-05-27")
    assert "(accepted until 2027-05-27: we know)" in capfd.readouterr().out
    made = canonical.read(place.dist / "records" / "evaluate_policy.json", Record)
    assert made.counts["weakened"] == 1


def proposed(shown: str) -> str:
    lines = shown.partition("and write the reason:\n\n")[2].partition("\n\n")[0].splitlines()
    return "".join(f"{line.removeprefix('    ')}\n" for line in lines)


STRICTER = {
    "nothing": "",
    "findings of information": '[gate]\nfail_on = "info"\n',
    "shorter waivers": "[waiver_rules]\nmax_days = 30\nwarn_days = 0\n",
    "younger feeds": "[feeds]\nmax_age_hours = 1\nmax_file_age_hours = 1\n",
    "a file as young as a snapshot": "[feeds]\nmax_file_age_hours = 168\nmax_snapshot_age_days = 1\n",
    "a part that may be installed": '[[locks.scopes]]\nscope = "optional"\ngroups = ["lint"]\n',
    "a lock for development": '[[locks.scopes]]\nscope = "excluded"\npath = "tests/requirements.txt"\n',
    "a group for development": '[[locks.scopes]]\nscope = "excluded"\ngroups = ["lint", "test"]\n',
    "OSV's own feed of an ecosystem": '[feeds.ecosystems]\n"crates.io" = "https://osv-vulnerabilities.storage.googleapis.com/crates.io/all.zip"\n',
    "the public feed by its address": '[feeds]\nosv_api = "https://api.osv.dev/"\n',
    "more severe": '[publishers]\nno_baseline = "critical"\npublisher_changed = "unknown"\n',
    "a pattern that hides nothing": '[locks]\nexclude = ["nothing/**"]\n',
    "documents that are not there": "[documents]\nadopted = false\n",
    "a licence that is permitted anyway": '[policy]\nlicences_allow_also = ["GPL-3.0-only"]\n',
    "fewer licences": '[policy]\nlicences_allow = ["MIT", "Apache-2.0", "BSD-3-Clause"]\nlicences_deny = []\n',
    "more denied licences": '[policy]\nlicences_deny = ["*-NC-*", "Aladdin", "BUSL-*", "CC-BY-NC-*", "Elastic-*", "FSL-*",'
    ' "LicenseRef-Commons-Clause*", "NCGL-*", "PolyForm-*", "Prosperity-*", "SSPL-*"]\n',
    "unknown licences": '[policy]\nlicences_on_unknown = "deny"\n',
    "release not named": '[policy]\nprofiles = ["base", "cisa-2026", "licences"]\n',
}


@pytest.mark.parametrize("name", a_part(STRICTER, 2))
def test_a_stricter_setting_is_not_weaker(name: str, place: Place) -> None:
    place.configure(STRICTER[name])
    assert place.run() == 0
    assert place.verdict().weakened == ()
    assert place.verdict().profiles[-1] == "release"


LOOSER_LICENCES = {
    "licences.deny": 'licences_deny = ["SSPL-*"]',
    "licences.allow_also": 'licences_allow_also = ["BUSL-1.1"]',
    "licences.allow": 'licences_allow = ["*", "BUSL-1.1 WITH Some-exception"]',
}


@pytest.mark.parametrize("name", a_part(LOOSER_LICENCES, 2))
def test_looser_licences_are_weaker(name: str, place: Place) -> None:
    place.configure(f"[policy]\n{LOOSER_LICENCES[name]}\n")
    assert place.run() == 4
    assert [weakening.setting for weakening in place.verdict().weakened or ()] == [f"policy.data.{name}"]


def test_the_guide_on_licences_accepts_exactly_what_it_configures(place: Place, repository: Path) -> None:
    guide = (repository / "docs/guides/licence-denied.md").read_text(encoding="utf-8")
    allow, accept = blocks(guide, "toml")
    place.configure(allow)
    assert place.run() == 4
    place.configure(allow + accept)
    assert place.run() == 0
    [weakening] = place.verdict().weakened or ()
    assert (weakening.setting, weakening.value) == ("policy.data.licences.allow_also", "BUSL-1.1")


def edited(name: str, **changes: Any) -> dict[str, Any]:
    table = built_in(name)
    table[name] |= changes
    return table


TABLES: dict[str, tuple[Callable[[], dict[str, Any]], str, str | None]] = {
    "fewer severities": (
        lambda: edited("release", blocking_severities={"critical": True}),
        "release.blocking_severities",
        "critical",
    ),
    "a severity switched off": (
        lambda: edited("release", blocking_severities={"critical": True, "high": False, "unknown": True}),
        "release.blocking_severities",
        "critical, unknown",
    ),
    "no stage required": (lambda: edited("release", required_stages=[]), "release.required_stages", "nothing"),
    "stages of another type": (
        lambda: edited("release", required_stages={"x": "generate_sbom", "y": "bundle_evidence"}),
        "release.required_stages",
        "x, y",
    ),
    "nothing counted": (lambda: edited("release", counted_stages={"x": True}), "release.counted_stages", "x"),
    "another stage's SBOM": (lambda: edited("release", sbom_stage="mine"), "release.sbom_stage", "mine"),
    "a severity of its own": (
        lambda: edited("release", severities=built_in("release")["release"]["severities"] | {"mine": True}),
        "release.severities",
        "critical, high, info, low, medium, mine, unknown",
    ),
    "a key that no rule knows": (lambda: edited("release", more=1), "release.more", "1"),
    "weak hashes": (
        lambda: {"hashes": {"strong": {**built_in("hashes")["hashes"]["strong"], "md5": True}}},
        "hashes.strong",
        None,
    ),
    "any version": (lambda: edited("versions", exact_pattern=".*"), "versions.exact_pattern", ".*"),
    "a table of another type": (lambda: {"release": 1}, "release", "1"),
}


@pytest.mark.parametrize("name", a_part(TABLES, 2))
def test_a_looser_table_is_weaker(name: str, place: Place) -> None:
    table, setting, value = TABLES[name]
    put_table(place, table())
    place.configure(OWN)
    assert place.run() == 4
    [weakening] = place.verdict().weakened or ()
    assert weakening.setting == f"policy.data.{setting}"
    assert value is None or weakening.value == value
    assert REFUSED in place.denied()


def test_a_stricter_table_is_not_weaker(place: Place) -> None:
    table = edited("release")
    table["release"]["blocking_severities"]["medium"] = True
    put_table(place, table)
    place.configure(OWN)
    assert place.run() == 0
    assert place.verdict().weakened == ()


def test_a_table_of_a_profile_is_compared_too(place: Place) -> None:
    put(place, "own/release/data/mine.json", json.dumps(edited("release", required_stages=[])))
    place.configure(OWN)
    assert place.run() == 4
    assert [weakening.setting for weakening in place.verdict().weakened or ()] == [
        "policy.data.release.required_stages"
    ]


ENTRY = {
    "setting": "gate.fail_on",
    "value": "critical",
    "reason": "we know",
    "date": "2026-11-28",
    "until": "2026-12-28",
}
INVALID = {
    "another value": ({"value": "high"}, "accepts the value high, not this one"),
    "no reason": ({"reason": " "}, "has no reason"),
    "no date": ({"date": ""}, "has no date and until"),
    "prose": ({"until": "soon"}, "has no date and until"),
    "another form of date": ({"until": "20261228"}, "has no date and until"),
    "from tomorrow": ({"date": "2026-11-29"}, "is dated 2026-11-29, in the future"),
    "until yesterday": ({"date": "2026-11-01", "until": "2026-11-27"}, "expired on 2026-11-27"),
    "for years": ({"until": "2036-11-28"}, "at most 366 are allowed"),
    "another setting": ({"setting": "gate"}, "no entry of [[policy.weakened]] accepts it"),
}


def as_toml(entry: dict[str, str]) -> str:
    return "[[policy.weakened]]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in entry.items())


@pytest.mark.parametrize("name", a_part(INVALID, 2))
def test_an_entry_that_is_not_valid_accepts_nothing(name: str, place: Place) -> None:
    changes, why = INVALID[name]
    place.configure('[gate]\nfail_on = "critical"\n' + as_toml(ENTRY | changes))
    assert (place.run(), place.denied()) == (4, {REFUSED})
    [refusal] = [rule for rule in place.verdict().rules if rule.code == REFUSED]
    assert why in refusal.denials[0].message
    assert 'setting = "gate.fail_on", value = "critical"' in refusal.denials[0].fix


def test_an_entry_without_effect_is_named(place: Place) -> None:
    place.configure(as_toml(ENTRY))
    assert place.run() == 0
    made = canonical.read(place.dist / "records" / "evaluate_policy.json", Record)
    assert made.notes == (
        "[[policy.weakened]] for gate.fail_on has no effect: nothing weaker has this setting and value",
    )


@pytest.mark.parametrize(
    ("text", "setting", "value"),
    [
        ('[locks]\nexclude = ["sub", "sub/", "docs"]\n', "locks.exclude", "sub, sub/"),
        ('[locks]\nexclude = ["**"]\n', "locks.exclude", "**"),
        ('[locks]\ninclude = ["requirements.txt"]\n', "locks.include", "requirements.txt"),
    ],
)
def test_a_lock_that_is_left_out_is_weaker(text: str, setting: str, value: str, place: Place) -> None:
    put(place, "sub/requirements.txt", "idna==3.7\n")
    put(place, "requirements.txt", "idna==3.7\n")
    place.configure(text)
    assert place.run() == 4
    [weakening] = place.verdict().weakened or ()
    assert (weakening.setting, weakening.value) == (setting, value)


def test_documents_that_are_not_compared_are_weaker(place: Place) -> None:
    put(place, "SECURITY.md.template", "# Security\n")
    place.configure("[documents]\nadopted = false\n")
    assert place.run() == 4
    assert [weakening.setting for weakening in place.verdict().weakened or ()] == ["documents.adopted"]


def test_a_rule_that_always_passes_replaces_no_built_in_rule(place: Place) -> None:
    place.put_record(record("check_vulnerabilities", outcome="fail"))
    put(place, "own/ours/ok.rego", rule("ours"))
    place.configure('[policy]\nprofiles = ["ours"]\nfolders = ["own"]\n')
    assert place.run() == 4
    assert {"release.outcomes", REFUSED} <= place.denied()


def test_rules_of_another_folder_are_compared(place: Place, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(spine_policy(), copy)
    assert place.run("--policy", copy) == 0
    shutil.rmtree(copy / "release" / "findings")
    (copy / "release" / "outcomes" / "outcomes.rego").write_text(rule("release", "outcomes"))
    assert place.run("--policy", copy) == 4
    found = {weakening.setting: weakening.value for weakening in place.verdict().weakened or ()}
    assert found.pop("policy.rules.release.findings") == "removed"
    assert found.pop("policy.rules.release.outcomes").startswith("changed to sha256:")
    assert found == {}


HOSTILE = {
    "another package than the one read": (
        "own/lib/x.rego",
        "package  sealwright.lib\n\nimport rego.v1\n\nrecords_given := true\n\ny := `\npackage sealwright.lib.own\n`\n",
        3,
    ),
    "a package in brackets": (
        "own/lib/x.rego",
        'package sealwright["lib"]\n\nimport rego.v1\n\nrecords_given := true\n\ny := `\npackage sealwright.lib.own\n`\n',
        3,
    ),
    "a rule in the package of a built-in one": (
        "own/ours/ok.rego",
        rule("ours").replace("package sealwright.ours.ok", 'package sealwright["release"].outcomes')
        + "\ny := `\npackage sealwright.ours.ok\n`\n",
        3,
    ),
    "a comment that ends early": (
        "own/lib/x.rego",
        "# x\rpackage sealwright.lib\n\nimport rego.v1\n\nrecords_given := true\n",
        3,
    ),
    "the built-in library": (
        "own/lib/x.rego",
        "package sealwright.lib\n\nimport rego.v1\n\nrecords_given := true\n",
        3,
    ),
    "a rule of the built-in library as a package": (
        "own/lib/x.rego",
        "package sealwright.lib.records_given\n\nimport rego.v1\n\nx := true\n",
        4,
    ),
    "the name of a built-in rule": ("own/release/outcomes.rego", rule("release", "outcomes"), 3),
    "the name of a built-in profile in its other form": (
        "own/cisa_2026/component_name.rego",
        rule("cisa_2026", "component_name"),
        3,
    ),
}


@pytest.mark.parametrize("name", a_part(HOSTILE, 2))
def test_no_file_of_a_project_changes_a_built_in_rule(name: str, place: Place) -> None:
    path, text, code = HOSTILE[name]
    place.put_record(record("check_vulnerabilities", outcome="fail"))
    put(place, "own/ours/fine.rego", rule("ours", "fine"))
    put(place, path, text)
    profile = path.split("/")[1]
    profiles = ["base", "cisa-2026", "licences", "release", *({"ours", profile} - {"release", "lib"})]
    place.configure(f'[policy]\nprofiles = {profiles}\nfolders = ["own"]\n')
    assert place.run() == code
    if code == 4:
        assert "release.outcomes" in place.denied()


def test_a_profile_none_of_whose_rules_is_in_effect_is_not_examined(place: Place) -> None:
    put(place, "own/ours/ok.rego", rule("ours", since="2026-11-29"))
    profiles = '[policy]\nprofiles = ["base", "cisa-2026", "licences", "ours"]\nfolders = ["own"]\n'
    place.configure(profiles)
    assert place.run() == 5
    [open_] = [rule for rule in place.verdict().rules if rule.code == "ours.in-effect"]
    assert open_.unknowns[0].message == "no rule of the profile ours is in effect before 2026-11-29"
    put(place, "own/ours/ok.rego", rule("ours", since="2026-11-28"))
    assert place.run() == 0
    put(place, "own/ours/ok.rego", rule("ours", since="2026-11-29"))
    put(place, "own/ours/no_idna.rego", RULE % "left-pad")
    assert place.run() == 0


def test_an_sbom_alone_is_no_release(place: Place) -> None:
    for path in (place.dist / "records").iterdir():
        path.unlink()
    place.configure('[gate]\nfail_on = "critical"\n')
    assert place.run(place.sbom) == 0
    assert place.verdict().weakened is None
    assert "weakened" not in (place.dist / "verdict" / "verdict.json").read_text()


def test_the_second_pass_compares_its_tables(place: Place) -> None:
    assert place.run() == 0
    place.put_provenance()
    assert place.run("--provenance") == 0
    assert place.verdict("provenance-verdict").weakened == ()
    table = edited("provenance")
    table["provenance"]["later_stages"]["check_locks"] = True
    put_table(place, table)
    place.configure(OWN)
    assert (place.run("--provenance"), place.denied("provenance-verdict")) == (4, {"provenance.not-weakened"})


def test_values_of_an_entry_reach_the_verdict_as_they_are_written(place: Place) -> None:
    place.configure('[gate]\nfail_on = "critical"\n' + as_toml(ENTRY | {"reason": 'a "b" \\ \n\x1b[31m'}))
    assert place.run() == 0
    assert (place.verdict().weakened or ())[0].reason == 'a "b" \\ \n\x1b[31m'
