from __future__ import annotations

import json

import pytest

from ops.supply_chain.contracts.files.publisher_baseline import PublisherBaseline
from ops.supply_chain.contracts.values.compile_request import LockHeader
from ops.supply_chain.contracts.values.publisher import Publisher
from ops.supply_chain.dependencies.compile.diff import PinChange
from ops.supply_chain.dependencies.compile.plan import LockJob
from ops.supply_chain.dependencies.compile.resolve import LockResult
from ops.supply_chain.dependencies.compile.siblings import baseline_path, bom_path, check_siblings

BODY = "a==1 --hash=sha256:aa\nb==2 --hash=sha256:bb\nurl @ https://example.org/u.whl\n"
BOM = json.dumps(
    {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "components": [
            {"name": "a", "version": "1", "hashes": [{"content": "aa"}]},
            {"name": "b", "version": "2", "hashes": [{"content": "bb"}]},
            {"name": "url", "version": ""},
        ],
    }
)


def publisher(author: str = "x") -> Publisher:
    return Publisher(author=author, author_email="", home_page="", maintainer="", maintainer_email="", project_urls={})


def result(*changes: PinChange) -> LockResult:
    job = LockJob(
        folder="f",
        source="main.in",
        lock="main.txt",
        command="",
        inputs=(),
        names=("a", "elsewhere", "url"),
        old=BODY,
        header=LockHeader(),
    )
    return LockResult(job=job, text=BODY, changed=bool(changes), changes=changes)


BASELINE = PublisherBaseline(direct_deps={"a": publisher()})


def test_what_lies_beside_a_lock_has_its_name() -> None:
    assert bom_path("f/requirements.txt") == "f/requirements.cdx.json"
    assert baseline_path("requirements/main.txt") == "requirements/main.provenance.json"


def test_a_lock_with_all_its_companions_is_not_stale() -> None:
    beside = check_siblings(result(), bom=BOM, baseline=BASELINE, refresh=False)
    assert (beside.stale, beside.bom_stale, beside.direct, beside.to_fetch) == (False, False, ("a",), ())
    assert beside.new_baseline({}) is None


@pytest.mark.parametrize("bom", [None, "", "{", "[]", json.dumps({"components": []}), "[" * 100000])
def test_a_missing_or_foreign_document_is_made_again(bom: str | None) -> None:
    assert check_siblings(result(), bom=bom, baseline=BASELINE, refresh=False).bom_stale


def test_a_missing_baseline_is_made_of_what_the_index_describes() -> None:
    beside = check_siblings(result(), bom=BOM, baseline=None, refresh=False)
    assert (beside.stale, beside.to_fetch) == (True, ("a",))
    assert beside.new_baseline({"a": publisher("new"), "b": publisher()}) == PublisherBaseline(
        direct_deps={"a": publisher("new")}
    )
    assert beside.new_baseline({}) == PublisherBaseline(direct_deps={})


def test_an_upgraded_dependency_gets_a_fresh_entry_and_a_transitive_one_none() -> None:
    changes = (PinChange(name="a", before="0", after="1"), PinChange(name="b", before="1", after="2"))
    assert check_siblings(result(*changes), bom=BOM, baseline=BASELINE, refresh=False).to_fetch == ("a",)


def test_other_hashes_of_the_same_version_are_no_reason_to_ask() -> None:
    beside = check_siblings(
        result(PinChange(name="a", before="1", after="1")), bom=BOM, baseline=BASELINE, refresh=False
    )
    assert (beside.to_fetch, beside.bom_stale) == ((), True)


def test_an_entry_of_a_dependency_that_went_makes_the_baseline_stale() -> None:
    more = PublisherBaseline(direct_deps={"a": publisher(), "gone": publisher()})
    beside = check_siblings(result(), bom=BOM, baseline=more, refresh=False)
    assert beside.stale
    assert beside.new_baseline({}) == BASELINE
