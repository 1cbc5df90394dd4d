from __future__ import annotations

import json

import pytest

from ops.supply_chain.contracts.files.publisher_baseline import PublisherBaseline
from ops.supply_chain.contracts.values.compile_request import Header
from ops.supply_chain.contracts.values.publisher import Publisher
from ops.supply_chain.dependencies.compile.companions import baseline_path, bom_path, look_beside
from ops.supply_chain.dependencies.compile.comparing import Change
from ops.supply_chain.dependencies.compile.job import Job
from ops.supply_chain.dependencies.compile.settling import Settled

BODY = "a==1 --hash=sha256:aa\nb==2 --hash=sha256:bb\nurl @ https://example.org/u.whl\n"
BOM = json.dumps(
    {
        "components": [
            {"name": "a", "version": "1", "hashes": [{"content": "aa"}]},
            {"name": "b", "version": "2", "hashes": [{"content": "bb"}]},
            {"name": "url", "version": ""},
        ]
    }
)


def publisher(author: str = "x") -> Publisher:
    return Publisher(author=author, author_email="", home_page="", maintainer="", maintainer_email="", project_urls={})


def settled(*changes: Change) -> Settled:
    job = Job(
        folder="f",
        source="main.in",
        lock="main.txt",
        command="",
        inputs=(),
        names=("a", "elsewhere", "url"),
        old=BODY,
        header=Header(),
    )
    return Settled(job=job, text=BODY, changed=bool(changes), changes=changes)


BASELINE = PublisherBaseline(direct_deps={"a": publisher()})


def test_what_lies_beside_a_lock_has_its_name() -> None:
    assert bom_path("f/requirements.txt") == "f/requirements.cdx.json"
    assert baseline_path("requirements/main.txt") == "requirements/main.provenance.json"


def test_a_lock_with_all_its_companions_is_not_stale() -> None:
    beside = look_beside(settled(), bom=BOM, baseline=BASELINE, refresh=False)
    assert (beside.stale, beside.bom_stale, beside.direct, beside.ask) == (False, False, ("a",), ())
    assert beside.renewed({}) is None


@pytest.mark.parametrize("bom", [None, "", "{", "[]", json.dumps({"components": []}), "[" * 100000])
def test_a_missing_or_foreign_document_is_made_again(bom: str | None) -> None:
    assert look_beside(settled(), bom=bom, baseline=BASELINE, refresh=False).bom_stale


def test_a_missing_baseline_is_made_of_what_the_index_describes() -> None:
    beside = look_beside(settled(), bom=BOM, baseline=None, refresh=False)
    assert (beside.stale, beside.ask) == (True, ("a",))
    assert beside.renewed({"a": publisher("new"), "b": publisher()}) == PublisherBaseline(
        direct_deps={"a": publisher("new")}
    )
    assert beside.renewed({}) == PublisherBaseline(direct_deps={})


def test_an_upgraded_dependency_gets_a_fresh_entry_and_a_transitive_one_none() -> None:
    changes = (Change(name="a", before="0", after="1"), Change(name="b", before="1", after="2"))
    assert look_beside(settled(*changes), bom=BOM, baseline=BASELINE, refresh=False).ask == ("a",)


def test_other_hashes_of_the_same_version_are_no_reason_to_ask() -> None:
    beside = look_beside(settled(Change(name="a", before="1", after="1")), bom=BOM, baseline=BASELINE, refresh=False)
    assert (beside.ask, beside.bom_stale) == ((), True)


def test_an_entry_of_a_dependency_that_went_makes_the_baseline_stale() -> None:
    more = PublisherBaseline(direct_deps={"a": publisher(), "gone": publisher()})
    beside = look_beside(settled(), bom=BOM, baseline=more, refresh=False)
    assert beside.stale
    assert beside.renewed({}) == BASELINE
