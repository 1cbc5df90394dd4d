from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ops.supply_chain.adapters.index.file_choice import version_in
from ops.supply_chain.contracts.values.package_index import IndexFile, ProjectListing
from ops.supply_chain.dependencies.updates.releases import Release, parse, releases_of


def of(*files: IndexFile, python: str = "3.12.1") -> tuple[Release, ...]:
    return releases_of(ProjectListing(name="demo", files=files), version_in, python=python)


def file(name: str, uploaded: str = "", **changes: object) -> IndexFile:
    return IndexFile(**{"filename": name, "url": "", "upload_time": uploaded, **changes})  # type: ignore[arg-type]


def test_files_make_releases_oldest_version_first() -> None:
    found = of(
        file("demo-10.0.tar.gz"),
        file("demo-9.0-py3-none-any.whl", "2026-01-02T03:04:05.678901Z"),
        file("demo-9.0.tar.gz", "2026-01-01T00:00:00+01:00"),
        file("demo-9.0.0.zip"),
        file("other-1.0.tar.gz"),
        file("demo-nonsense!.tar.gz"),
    )
    assert [(str(one.version), one.uploaded) for one in found] == [
        ("9.0", datetime(2025, 12, 31, 23, tzinfo=UTC)),
        ("10.0", None),
    ]


def test_a_release_is_yanked_where_all_its_files_are() -> None:
    half = of(file("demo-1.0.tar.gz", yanked=True, yanked_reason="bad"), file("demo-1.0-py3-none-any.whl"))
    whole = of(file("demo-1.0.tar.gz", yanked=True, yanked_reason="bad"))
    assert [(one.yanked, one.yanked_reason) for one in (*half, *whole)] == [(False, "bad"), (True, "bad")]


PYTHONS = [("", True), (">=3.8", True), (">=3.13", False), ("<3.12", False), ("nonsense", True)]


@pytest.mark.parametrize(("requires", "runs"), PYTHONS)
def test_releases_for_other_pythons_are_told_apart(requires: str, *, runs: bool) -> None:
    assert of(file("demo-1.0.tar.gz", requires_python=requires))[0].runs is runs


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01T00:00:00Z"])
def test_a_moment_that_is_none_is_not_known(text: str) -> None:
    assert of(file("demo-1.0.tar.gz", text))[0].uploaded is None


def test_a_moment_without_zone_is_utc() -> None:
    assert of(file("demo-1.0.tar.gz", "2026-01-01T00:00:00"))[0].uploaded == datetime(2026, 1, 1, tzinfo=UTC)


def test_versions() -> None:
    assert parse("1.0_local") is not None or parse("1.0-1") == parse("1.0.post1")
    assert parse("latest") is None
