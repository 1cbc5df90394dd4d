"""The VDR is valid CycloneDX 1.6, refers to what it lists, and its analyses are the states of the backlog."""

from __future__ import annotations

from typing import Any

import pytest

from ops.supply_chain.adapters.tools.schemas import schema_problems
from ops.supply_chain.contracts.files.backlog import Backlog
from ops.supply_chain.contracts.values.exploitation import Exploitation, Listing
from ops.supply_chain.suppliers.backlog.edits import apply_changes
from ops.supply_chain.suppliers.backlog.observed import SubjectCheck
from ops.supply_chain.suppliers.backlog.vdr import vdr
from tests.suppliers.backlog.making import DAY, NEWER, listed, reviewed, seen

TODAY = DAY.today


def document(
    *observations: Any, check: SubjectCheck | None = None, decision: dict[str, str] | None = None
) -> dict[str, Any]:
    items = reviewed((), *observations)
    if check is not None:
        items = reviewed(items, check=check)
    found = apply_changes(
        Backlog(schema="supplier-backlog/1", tenant="t", reviewed=DAY.at, items=items),
        {items[0].id: decision} if decision else {},
        DAY,
    )
    assert not found.problems
    made = vdr(found.backlog, TODAY, generator=("sealwright", "1"))
    assert schema_problems(made, "1.6") == ()
    return made


ANALYSES: dict[str, tuple[dict[str, str], str, list[str]]] = {
    "new": ({}, "in_triage", []),
    "triaged": ({"state": "triaged"}, "exploitable", []),
    "in progress": ({"state": "in-progress"}, "exploitable", ["update"]),
    "waiting": ({"state": "waiting-for-supplier"}, "exploitable", ["update"]),
    "accepted": (
        {"state": "accepted", "by": "Bo", "reason": "r", "until": "2027-01-01"},
        "exploitable",
        ["will_not_fix"],
    ),
    "not affected": ({"state": "not-affected", "by": "Bo", "reason": "r"}, "not_affected", []),
}


@pytest.mark.parametrize("name", ANALYSES)
def test_the_analysis_is_the_state(name: str) -> None:
    decision, state, response = ANALYSES[name]
    [found] = document(seen("CVE-2026-1", "GHSA-aaaa-bbbb-cccc"), decision=decision)["vulnerabilities"]
    assert (found["analysis"]["state"], found["analysis"].get("response", [])) == (state, response)


def test_what_documents_decide_is_resolved_or_a_false_positive() -> None:
    fixed = SubjectCheck((NEWER,), frozenset(), "2026-11-20")
    [found] = document(seen("CVE-2026-1"), check=fixed)["vulnerabilities"]
    assert found["analysis"]["state"] == "resolved"
    withdrawn = SubjectCheck((NEWER,), frozenset({"1.0"}), "2026-11-20")
    [found] = document(seen("CVE-2026-1"), check=withdrawn)["vulnerabilities"]
    assert found["analysis"]["state"] == "false_positive"


def test_it_refers_to_components_that_it_lists_with_ratings_and_exploitation() -> None:
    known = Exploitation(listing=Listing.LISTED, exploited="2026-11-01", epss=0.5, percentile=0.9, scored="2026-11-19")
    made = document(
        seen("CVE-2026-1", "GHSA-aaaa-bbbb-cccc", exploitation=known, score="9.8", vector="CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
             published="2026-10-01", summary="x", versions=(listed("1.0"), listed("1.1+b", "2.1", document=NEWER))),
        seen("CVE-2026-2"),
    )  # fmt: skip
    refs = {part["bom-ref"] for product in made["components"] for part in product["components"]}
    used = [affected["ref"] for found in made["vulnerabilities"] for affected in found["affects"]]
    assert set(used) == refs
    assert len(refs) == 2
    first = made["vulnerabilities"][0]
    assert first["ratings"] == [
        {
            "severity": "high",
            "score": 9.8,
            "method": "CVSSv31",
            "vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
        }
    ]
    values = {entry["name"]: entry["value"] for entry in first["properties"]}
    assert (values["sealwright:kev:date-added"], values["sealwright:epss:score"]) == ("2026-11-01", "0.50000")
    assert {part["purl"] for product in made["components"] for part in product["components"]} == {
        "pkg:pypi/foo@1.0", "pkg:pypi/foo@1.1+b",
    }  # fmt: skip


def test_an_empty_backlog_is_a_valid_document_and_the_same_twice() -> None:
    empty = Backlog(schema="supplier-backlog/1", tenant="t")
    assert schema_problems(vdr(empty, TODAY, generator=("sealwright", "1")), "1.6") == ()
    assert document(seen("CVE-1")) == document(seen("CVE-1"))
