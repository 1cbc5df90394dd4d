"""Versions that have to agree, and what the last screen says of the source."""

from __future__ import annotations

from typing import Any

import pytest

from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.contracts.values.source import ProjectMetadata, SourceChange, StatedVersion
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.release.provenance.agreement import (
    ReleasedVersion,
    change_findings,
    changed_since,
    compared,
    source_text,
    version_findings,
)

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def changes(*paths: str) -> tuple[SourceChange, ...]:
    return tuple(SourceChange(path=path, reason="modified") for path in paths)


def record(*paths: str, allowed: bool = False) -> Record:
    facts: dict[str, Any] = {"options": {"allow_dirty": "yes"} if allowed else {}, "counts": {"changed": len(paths)}}
    return Record(
        schema="record/1",
        stage="check_source",
        component="N",
        version="1",
        outcome=Outcome.PASS,
        invocation="urn:uuid:00000000-0000-4000-8000-000000000000",
        started="2026-11-20T00:00:00Z",
        finished="2026-11-20T00:00:00Z",
        offline=False,
        tools=(),
        feeds=(),
        reads=(),
        writes=(),
        findings=change_findings(changes(*paths), COMMIT, allowed=allowed),
        **facts,
    )


def version(computed: str) -> ReleasedVersion:
    metadata = ProjectMetadata(
        dynamic="hatch-vcs", versions=(StatedVersion(text="1.2", where="setup.cfg [metadata].version"),)
    )
    return ReleasedVersion(
        text="v1.2", source="the tag at HEAD", names=("n",), metadata=metadata, tags=("v1.2",), computed=computed
    )


def test_a_computed_version_is_compared_like_a_stated_one() -> None:
    assert version_findings(version("1.2.0")) == ()
    assert compared(version("1.2.0")) == ("tag v1.2", "setup.cfg [metadata].version", "hatch-vcs")
    (finding,) = version_findings(version("1.2.1.dev0+g123"))
    assert finding.message == "expected version v1.2 (the tag at HEAD), but hatch-vcs computes 1.2.1.dev0+g123"


@pytest.mark.parametrize(
    ("from_tag", "tags", "decided"),
    [
        (True, ("v1.2",), True),
        (True, ("v1.2", "1.2.0"), True),
        (True, ("v1.2", "v1.3"), False),
        (True, (), False),
        (True, ("latest",), False),
        (False, ("v1.2",), False),
    ],
)
def test_the_tag_states_the_version_that_is_taken_from_it(from_tag: bool, tags: tuple[str, ...], decided: bool) -> None:
    metadata = ProjectMetadata(dynamic="hatch-vcs", from_tag=from_tag)
    found = version_findings(
        ReleasedVersion(text="v1.2", source="the tag at HEAD", names=("n",), metadata=metadata, tags=tags, not_run="no")
    )
    assert [finding.code for finding in found] == ([] if decided else ["source.version-unread"])
    assert decided or found[0].next_step.startswith("Tag the commit" if from_tag else "Set [locks].allow_builds")


@pytest.mark.parametrize(
    ("before", "now", "problem"),
    [
        ((), (), ""),
        (("a",), ("a",), ""),
        ((), ("a",), "a: changed since check_source: 0 paths not as committed then, 1 now"),
        (("a",), ("b",), "b: changed since check_source: 1 path not as committed then, 1 now"),
        (("a", "b"), ("a",), "a file: changed since check_source: 2 paths not as committed then, 1 now"),
        (tuple(f"{n:03}" for n in range(60)), tuple(f"{n:03}" for n in range(60)), ""),
    ],
)
def test_a_change_since_the_check_is_noticed(before: tuple[str, ...], now: tuple[str, ...], problem: str) -> None:
    assert changed_since(record(*before, allowed=True), changes(*now)) == problem


def test_the_last_screen_names_the_source() -> None:
    assert source_text(None, "") == "not under git"
    assert source_text(None, COMMIT) == "commit 0123456789ab, not examined for changes"
    assert source_text(record(), COMMIT) == "commit 0123456789ab, as committed"
    assert source_text(record(*"abcdefg", allowed=True), COMMIT) == (
        "NOT commit 0123456789ab: 7 paths not as committed (--allow-dirty): a, b, c, d, e and 2 more"
    )
