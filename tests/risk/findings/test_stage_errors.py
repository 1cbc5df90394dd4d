"""Errors of stages as causes: one cause for one reason, no denial lost, and nothing merged that may differ."""

from __future__ import annotations

import random
from collections.abc import Mapping

import msgspec
import pytest

from ops.supply_chain.contracts.values.cause import CauseKind, Mark, RootCause
from ops.supply_chain.risk.findings.causes import root_causes
from ops.supply_chain.risk.findings.render.screen import mark_of
from ops.supply_chain.risk.findings.stage_errors import StageEnds, failure, with_errors
from tests.risk.findings.test_causes import CVE_1, finding, record, verdict

HASHES = (
    "error: could not fetch project pages of all 24 projects: a, b (and 22 more): package index "
    "http://127.0.0.1:9/simple/a/: cannot be reached (All connection attempts failed)\n"
    "  next: Check that this machine can reach it, then run again.\n"
)
SBOM = HASHES.replace("project pages of all 24 projects", "core metadata of 24 of 24 packages").replace("/a/", "/zlib/")
NO_FEED = "error: no source of advisories answered:\n  a: cannot be reached\n  next: Check the network. Or wait.\n"
UV = "not checked: r.in: could not be compiled: Failed to fetch: http://127.0.0.1:9/simple/x/ tcp connect error"


def errors(said: Mapping[str, tuple[int, str]], causes: tuple[RootCause, ...] = ()) -> list[RootCause]:
    ends = StageEnds(lambda stage: said[stage][0], lambda stage: said.get(stage, (0, ""))[1])
    return with_errors(causes, list(said), ends)[0]


def test_a_service_that_gives_no_answer_is_one_cause_of_all_stages() -> None:
    [cause] = errors({"check_hashes": (5, HASHES), "generate_sbom": (5, SBOM)})
    assert cause.title == (
        "package index http://127.0.0.1:9: cannot be reached (All connection attempts failed) "
        "(check_hashes, generate_sbom)"
    )
    assert cause.stages == ("check_hashes", "generate_sbom")
    assert cause.steps == ("Check that this machine can reach it, then run again.",)
    assert (cause.kind, mark_of(cause)) == (CauseKind.NOT_EXAMINED, Mark.UNKNOWN)


def test_an_external_tool_that_did_not_reach_it_belongs_to_it() -> None:
    unread = finding("lock.not-examined", UV, severity="info", path="r.txt")
    echo = ("release.examined", "check_locks", "0 of 4")
    found = root_causes([record("check_locks", unread)], [verdict(echo)])
    [cause] = errors({"check_hashes": (5, HASHES), "check_locks": (5, "")}, found)
    assert cause.findings == (unread,)
    assert (cause.denials, cause.stages) == (1, ("check_hashes", "check_locks"))


@pytest.mark.parametrize(
    "message",
    [
        UV.replace("127.0.0.1:9", "127.0.0.1:99"),
        UV.replace("127.0.0.1:9", "127.0.0.1:9.evil.example"),
        "not checked: http://127.0.0.1:9/simple/x/ has another hash",
        "not checked: the file is broken",
    ],
)
def test_what_is_about_something_else_stays_a_cause_of_its_own(message: str) -> None:
    found = root_causes([record("check_locks", finding("lock.not-examined", message, severity="info"))], [])
    assert len(errors({"check_hashes": (5, HASHES)}, found)) == 2


def test_a_finding_that_is_no_gap_is_never_taken_in() -> None:
    found = root_causes([record("check_locks", finding("hash.missing", UV))], [])
    assert len(errors({"check_hashes": (5, HASHES)}, found)) == 2


def test_services_with_other_addresses_and_other_reasons_are_other_causes() -> None:
    elsewhere = HASHES.replace("127.0.0.1:9", "127.0.0.1:10")
    missing = HASHES.replace("cannot be reached (All connection attempts failed)", "answered with HTTP status 404")
    said = {"check_hashes": (5, HASHES), "check_publishers": (5, elsewhere), "generate_sbom": (5, missing)}
    assert len(errors(said)) == 3


def test_the_same_words_are_one_cause_and_no_words_are_not() -> None:
    said = {
        "check_malware": (5, NO_FEED),
        "check_vulnerabilities": (5, NO_FEED),
        "check_a": (5, ""),
        "check_b": (5, ""),
    }
    assert [cause.title for cause in errors(said)] == [
        "no source of advisories answered (check_malware, check_vulnerabilities)",
        "check_a: did not pass, and left no message",
        "check_b: did not pass, and left no message",
    ]
    assert errors(said)[0].steps == ("Check the network.", "Or wait.")


def test_a_denial_about_two_stages_is_replaced_only_where_the_errors_explain_both() -> None:
    both = failure("two gates did not examine everything", [])
    denial = msgspec.structs.replace(both, stages=("check_hashes", "check_locks"))
    assert denial in errors({"check_hashes": (5, HASHES)}, (denial,))
    assert denial not in errors({"check_hashes": (5, HASHES), "check_locks": (5, "error: a\n")}, (denial,))


def test_many_stages_are_counted() -> None:
    said = {f"check_{letter}": (5, NO_FEED) for letter in "abcde"}
    assert errors(said)[0].title.endswith("(check_a, check_b, check_c, +2)")


def test_malware_and_vulnerabilities_come_before_errors() -> None:
    found = root_causes([record("check_vulnerabilities", CVE_1)], [])
    both = errors({"check_malware": (5, NO_FEED)}, found)
    assert [cause.kind for cause in both] == [CauseKind.VULNERABILITY, CauseKind.NOT_EXAMINED]


def test_whatever_ends_and_in_whatever_order_each_stage_is_in_a_cause_and_no_denial_is_lost() -> None:
    chance = random.Random(11)  # noqa: S311 - cases, not secrets
    texts = ["", "odd\n", HASHES, SBOM, NO_FEED, "error: a\n", "error: b\n  next: Do it.\n"]
    gates = ["check_hashes", "check_locks", "check_malware", "check_publishers", "check_source", "generate_vex"]
    for _ in range(200):
        said = {gate: (chance.choice((4, 5)), chance.choice(texts)) for gate in chance.sample(gates, 4)}
        echoes = [("release.outcomes", gate, f"{gate} failed") for gate in chance.sample(sorted(said), 2)]
        found = root_causes([record(gate) for gate in said], [verdict(*echoes)])
        causes = errors(said, found)
        explained = {stage for cause in causes for stage in cause.stages}
        named = {stage for stage in said for cause in causes if stage in cause.title}
        assert set(said) <= explained | named
        assert any(cause.denies for cause in causes)
        assert len({cause.title for cause in causes}) == len(causes)
