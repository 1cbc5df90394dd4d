"""Vulnerabilities as an attestation: what the record states, all of it, and nothing where it examined less."""

from __future__ import annotations

import copy
import random
from typing import Any

import msgspec
import pytest

from ops.supply_chain.contracts.files.attestations import PREDICATES
from ops.supply_chain.formats.json_reader import Node, UnexpectedShapeError
from ops.supply_chain.trust.attestations.statements import supported
from ops.supply_chain.trust.attestations.vulns import vulns_predicate

FINDING = {
    "code": "vulnerability.known",
    "severity": "high",
    "package": "leaf",
    "version": "1.5",
    "aliases": ["CVE-2026-77", "GHSA-aaaa-bbbb-cccc"],
    "waived_by": "",
}
FEED = {"name": "osv", "version": "2026-11-20T00:00:00Z", "age_seconds": 60, "origin": "default", "address": "osv.zip"}
RECORD: dict[str, Any] = {
    "stage": "check_vulnerabilities",
    "outcome": "pass",
    "started": "2026-11-20T00:00:30Z",
    "finished": "2026-11-20T00:01:00Z",
    "counts": {"locked": 2, "examined": 2},
    "feeds": [{"name": "kev", "version": "x", "age_seconds": 9000}, FEED],
    "findings": [FINDING],
}


def made(record: dict[str, Any], *others: dict[str, Any]) -> Any:
    return vulns_predicate(Node({"records": [record, *others]}), base="urn:x:", version="0.1.0")


def test_it_states_what_the_record_states() -> None:
    assert made(RECORD) == {
        "scanner": {
            "uri": "urn:x:scanner:check_vulnerabilities:v1",
            "version": "0.1.0",
            "db": {"lastUpdate": "2026-11-20T00:00:00Z", "version": "2026-11-20T00:00:00Z"},
            "result": [
                {
                    "id": "CVE-2026-77",
                    "severity": [{"method": "sealwright", "score": "high"}],
                    "annotations": [
                        {
                            "finding": "vulnerability.known",
                            "package": "leaf",
                            "version": "1.5",
                            "aliases": "GHSA-aaaa-bbbb-cccc",
                        }
                    ],
                }
            ],
        },
        "metadata": {"scanStartedOn": "2026-11-20T00:00:30Z", "scanFinishedOn": "2026-11-20T00:01:00Z"},
    }
    msgspec.convert(made(RECORD), PREDICATES["vulns"], strict=True)


def test_a_waived_finding_is_stated_with_its_waiver() -> None:
    waived = {**FINDING, "waived_by": "CVE-2026-77, ann, until 2027-02-26"}
    (row,) = made({**RECORD, "findings": [waived]})["scanner"]["result"]
    assert row["annotations"][0]["waivedBy"] == waived["waived_by"]


def test_of_several_sources_the_one_that_was_updated_longest_ago_counts() -> None:
    old = {**FEED, "age_seconds": 3660, "address": "https://feeds.example.org/all.zip", "version": ""}
    database = made({**RECORD, "feeds": [FEED, old]})["scanner"]["db"]
    assert database == {"lastUpdate": "2026-11-19T23:00:00Z", "uri": "https://feeds.example.org/all.zip"}


INCOMPLETE: dict[str, dict[str, Any]] = {
    "not examined": {"outcome": "not-examined"},
    "fewer examined than locked": {"counts": {"locked": 3, "examined": 2}},
    "nothing counted": {"counts": {}},
    "no feed": {"feeds": []},
    "no feed of advisories": {"feeds": [RECORD["feeds"][0]]},
    "a feed without an age": {"feeds": [{key: value for key, value in FEED.items() if key != "age_seconds"}]},
    "one feed of two without an age": {"feeds": [FEED, {**FEED, "age_seconds": None}]},
    "another stage": {"stage": "check_malware"},
}


@pytest.mark.parametrize("name", INCOMPLETE)
def test_nothing_is_stated_of_a_search_that_was_not_complete(name: str) -> None:
    record = {**RECORD, **INCOMPLETE[name]}
    assert made(record) is None
    assert supported(Node({"records": [record]})) == ("release", "vsa")


def test_a_complete_search_is_stated() -> None:
    assert supported(Node({"records": [RECORD]})) == ("release", "vsa", "vulns")
    assert made({**RECORD, "findings": []})["scanner"]["result"] == []


def test_a_record_of_another_shape_is_an_error() -> None:
    for key in RECORD:
        broken = copy.deepcopy(RECORD)
        broken[key] = 1
        with pytest.raises(UnexpectedShapeError):
            made(broken)


@pytest.mark.parametrize("age", [-1, -(10**12), 10**15])
def test_an_age_that_no_feed_has_is_an_error(age: int) -> None:
    with pytest.raises(UnexpectedShapeError, match="is no age"):
        made({**RECORD, "feeds": [{**FEED, "age_seconds": age}]})


def test_a_vulnerability_without_a_name_is_stated() -> None:
    (row,) = made({**RECORD, "findings": [{**FINDING, "aliases": []}]})["scanner"]["result"]
    assert (row["id"], row["annotations"][0]["package"]) == ("vulnerability.known", "leaf")


@pytest.mark.parametrize("seed", range(20))
def test_no_vulnerability_is_left_out_and_order_does_not_matter(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - no secret hangs on it
    codes = ["vulnerability.known", "vulnerability.undecided", "vulnerability.settled", "vulnerability.disagreement"]
    findings = [
        {
            **FINDING,
            "code": chance.choice(codes),
            "severity": chance.choice(["low", "critical"]),
            "aliases": [f"CVE-{number}"],
        }
        for number in range(chance.randrange(8))
    ]
    first = made({**RECORD, "findings": findings})["scanner"]["result"]
    chance.shuffle(findings)
    assert made({**RECORD, "findings": findings})["scanner"]["result"] == first
    expected = sorted(
        (finding["aliases"][0], finding["severity"]) for finding in findings if finding["code"] != codes[3]
    )
    assert [(row["id"], row["severity"][0]["score"]) for row in first] == expected
