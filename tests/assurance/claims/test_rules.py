"""Each claim: supported by the good evidence, denied or left open by every value that a need does not hold with.

The cases are made from what each need of a claim reads; `policy/claims/claims_test.rego` makes the same for opa. What
is special about one claim has a case in its own `_test.rego`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ops.supply_chain.adapters.rego.answers import UNDECIDED
from ops.supply_chain.adapters.rego.rule_files import load_policy
from ops.supply_chain.assurance.claims import evidence as facts
from ops.supply_chain.contracts.files.verdict import RuleVerdict
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.gather.assurance.claims.evaluate import claim_rule
from tests.assurance.claims.good import patched, plain
from tests.assurance.claims.rules import CLAIMS, RULES, TEST_FILES, Read, cases_of, fixtures, judged, policy, reads
from tests.assurance.claims.support import FIXED
from tests.policy.support import POLICY

WORDS = {
    *(
        "archive",
        "attestations",
        "bundles",
        "checksums",
        "code_owners",
        "config",
        "cyclonedx",
        "gate",
        "kept",
        "licence",
        "manifest",
    ),
    *("provenance", "root", "spdx2", "spdx3", "update_tool", "vex", "workflows"),
}
"""Words for evidence that the runner knows."""

WIDELY_READ = 10
"""Claims that read a value in the same way; where there are more, each of them sees one of its spoilt values."""


def verdict_of(claim: str, *patch: dict[str, Any]) -> RuleVerdict:
    [verdict] = judged(patched(plain(), list(patch)), f"claims.{claim}").values()
    assert not any(UNDECIDED in reason.message for reason in verdict.denials), (claim, patch)
    return verdict


def denied(claim: str, *patch: dict[str, Any]) -> set[str]:
    return {reason.subject for reason in verdict_of(claim, *patch).denials}


def spoilt(read: Read, position: int) -> Iterator[dict[str, Any]]:
    """Yield patches that spoil a value: all that there are, or one of them where many claims read it."""
    patches = [{"op": "add", "path": read.pointer, "value": value} for value in read.spoilt()]
    if not read.may_be_missing():
        patches.append({"op": "remove", "path": read.pointer})
    readers = sum(other.pointer == read.pointer for other in reads())
    yield from patches if readers <= WIDELY_READ else [patches[position % len(patches)]]


@pytest.mark.parametrize("every", [False, pytest.param(True, marks=pytest.mark.whole)], ids=["one way", "every way"])
@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_a_claim_is_denied_for_each_value_that_it_reads(path: Path, every: bool) -> None:
    """By default each value is spoilt in one way: another for the next value and in the next claim."""
    position = RULES.index(path)
    own = [read for read in reads() if read.claim == path.stem]
    assert own
    for number, read in enumerate(own):
        ways = list(spoilt(read, position))
        for patch in ways if every else [ways[(position + number) % len(ways)]]:
            verdict = verdict_of(path.stem, patch)
            assert verdict.outcome is Outcome.FAIL, patch
            assert read.subject in {reason.subject for reason in verdict.denials}, patch


def test_a_value_that_many_claims_read_is_spoilt_in_every_way() -> None:
    widely = {read.pointer for read in reads() if sum(other.pointer == read.pointer for other in reads()) > WIDELY_READ}
    assert "/release/verification/ruling" in widely
    for pointer in widely:
        readers = [read for read in reads() if read.pointer == pointer]
        assert len(readers) > len(list(readers[0].spoilt())) + 1, pointer


def test_a_limit_itself_holds() -> None:
    limited = [(read, limit) for read in reads() for limit in read.within()]
    assert len(limited) >= 8
    for read, limit in limited:
        patch = {"op": "add", "path": read.pointer, "value": limit}
        assert verdict_of(read.claim, patch).outcome is Outcome.PASS, read


def test_limits_are_those_that_the_sentences_name() -> None:
    limits = {read.claim: read.limit for read in reads() if read.limit}
    assert limits == {
        "feed_fresh": 48 * 60 * 60,
        "release_cool_down": 7,
        "retained_one_year": 365,
        "retained_ten_years": 10,
        **{f"slsa_build_l{level}": level for level in (1, 2, 3)},
    }


def test_a_run_that_left_out_downloads_says_so() -> None:
    path = "/release/records/check_hashes/options/bytes"
    for value, expected in (("changed", "no retained release had verified"), ("no", "No file was downloaded.")):
        verdict = verdict_of("bytes_verified", {"op": "add", "path": path, "value": value})
        [reason] = verdict.denials
        assert expected in reason.message


def test_what_was_not_examined_leaves_a_claim_open() -> None:
    tried = [(read, value) for read in reads() for value in read.unexamined()]
    for read, value in tried:
        verdict = verdict_of(read.claim, {"op": "add", "path": read.pointer, "value": value})
        assert verdict.outcome is Outcome.NOT_EXAMINED, read
        assert read.subject in {reason.subject for reason in verdict.unknowns}
    assert {read.claim for read, _ in tried} == set(of_release())


def of_release() -> list[str]:
    """Return the claims that rest on a release, not on the project's files alone."""
    return [read.claim for read in reads() if read.subject == "verification"]


def test_of_a_release_that_does_not_verify_its_problems_are_the_reasons() -> None:
    broken = (
        {"op": "add", "path": "/release/verification/ruling", "value": "fail"},
        {"op": "add", "path": "/release/verification/problems", "value": ["a.txt: is not signed"]},
    )
    for claim in of_release()[::5]:
        assert "a.txt: is not signed" in {reason.message for reason in verdict_of(claim, *broken).denials}
        assert denied(claim, *broken) == {"verification"}
        assert denied(claim, {"op": "add", "path": "/release", "value": {"present": False}}) == {"release"}


def test_what_the_project_states_needs_no_release() -> None:
    claims = {path.stem for path in RULES} - set(of_release())
    assert len(claims) == 12
    for claim in claims:
        assert verdict_of(claim, {"op": "remove", "path": "/release"}).outcome is Outcome.PASS, claim
        assert verdict_of(claim, {"op": "remove", "path": "/project"}).outcome is Outcome.FAIL, claim


@pytest.mark.parametrize("path", TEST_FILES, ids=lambda path: path.stem)
def test_a_claim_does_what_its_own_cases_say(path: Path) -> None:
    for name, case in cases_of(path).items():
        verdict = verdict_of(path.parent.name, *case["patch"])
        subjects = {reason.subject for reason in verdict.denials}
        assert (verdict.outcome is Outcome.PASS) == case.get("pass", False), name
        assert set(case.get("deny", ())) <= subjects, name
        assert set(case.get("only", subjects)) == subjects, name


def test_the_good_evidence_is_the_fixture_of_the_rules_and_supports_every_claim() -> None:
    assert fixtures()["evidence"] == plain()
    assert {code for code, verdict in judged(plain()).items() if verdict.outcome is not Outcome.PASS} == set()


@pytest.mark.parametrize("document", [{}, {"release": None, "project": None}, {"release": [], "project": 7}])
def test_nothing_is_claimed_of_nothing(document: dict[str, object]) -> None:
    assert {verdict.outcome for verdict in judged(document).values()} == {Outcome.FAIL}


def test_every_fixed_id_is_there_and_every_claim_has_a_folder_of_its_own() -> None:
    rules = [claim_rule(rule.code, rule.metadata.title, rule.metadata.more) for rule in policy().rules]
    assert set(FIXED) <= {rule.id for rule in rules}
    assert len(rules) == len(RULES) >= 60
    for path in RULES:
        names = sorted(file.name for file in path.parent.iterdir())
        assert names in ([f"{path.stem}.rego"], [f"{path.stem}.rego", f"{path.stem}_test.rego"])


def test_a_claim_defines_its_needs_and_no_outcome() -> None:
    for path in RULES:
        source = path.read_text()
        assert source.count("\nneeds := ") == 1, path
        assert not any(f"\n{word} " in source for word in ("pass", "deny", "unknown")), path


def test_every_claim_has_its_sentences_its_evidence_and_a_fix() -> None:
    for rule in policy().rules:
        claim = claim_rule(rule.code, rule.metadata.title, rule.metadata.more)
        assert claim.sentence.endswith("."), claim.id
        assert claim.otherwise.endswith("."), claim.id
        assert claim.otherwise != claim.sentence
        assert claim.evidence, claim.id
        assert set(claim.evidence) <= WORDS, claim.id
        assert rule.metadata.fix.endswith("."), claim.id
    titles = [rule.metadata.title for rule in policy().rules]
    assert len(set(titles)) == len(titles)


def test_every_fact_is_read_by_a_rule_or_shown() -> None:
    """A fact that no rule reads is a check that is never made."""
    text = "".join(path.read_text() for path in [*RULES, CLAIMS / "lib/claims.rego"])
    words = {word for quoted in re.findall(r'"([^"\n]+)"', text) for word in quoted.split("/")}
    shown = {"components", "level_reason", "lines", "passed", "problem", "sequence"}
    structs = [kind for kind in vars(facts).values() if isinstance(kind, type) and issubclass(kind, msgspec.Struct)]
    kinds = [kind for kind in structs if kind.__module__ == facts.__name__ and kind is not facts.GatheredEvidence]
    names = {name for kind in kinds for name in kind.__struct_fields__}
    assert names - words == shown | {"component"}


def test_the_release_profiles_do_not_see_the_claims() -> None:
    release = load_policy([("policy:", POLICY)], ["base", "release"], {})
    assert [file.path for file in release.files if "claims" in file.path] == []
    assert release.documents.keys() == {"data"}
    assert "claims" not in release.data
    assert "policy:claims/lib/claims.rego" in {file.path for file in policy().files}
