"""The plan for an index: nothing of another content, nothing foreign, and the same whatever the order."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest

from ops.supply_chain.contracts.config.indexes import PublishIndex
from ops.supply_chain.contracts.values.package_index import IndexFile, ProjectListing
from ops.supply_chain.contracts.values.publication import LocalFile
from ops.supply_chain.core.errors import InputError, UsageError
from ops.supply_chain.release.publication.index_choice import index_named
from ops.supply_chain.release.publication.index_plan import make_index_plan, projects_of, release_of

NOW = datetime(2026, 11, 29, tzinfo=UTC)
NAMES = (
    "demo-1.0-py3-none-any.whl",
    "demo-1.0-cp313-cp313-manylinux_2_28_x86_64.whl",
    "demo-1.0.tar.gz",
    "demo_plugin-2.0rc1-py3-none-any.whl",
    "demo_plugin-2.0rc1.tar.gz",
)
FILES = tuple(LocalFile(name=name, sha256=f"{number:064x}", size=1) for number, name in enumerate(NAMES))


def served(name: str, sha256: str = "", *, time: str = "2026-11-28T00:00:00.5Z", hashed: bool = True) -> IndexFile:
    digest = sha256 or next((file.sha256 for file in FILES if file.name == name), "f" * 64)
    hashes = (f"sha256:{digest}",) if hashed else ("md5:" + "0" * 32,)
    return IndexFile(filename=name, url=f"https://x.invalid/{name}", hashes=hashes, upload_time=time)


def listings(*files: IndexFile) -> dict[str, ProjectListing | None]:
    projects = ("demo", "demo-plugin")
    return {
        project: ProjectListing(name=project, files=tuple(file for file in files if _project(file.filename) == project))
        for project in projects
    }


def _project(name: str) -> str:
    return release_of(name.replace(".tar.bz2", ".tar.gz")).project


def codes(*files: IndexFile, closes: int = 14) -> list[str]:
    plan = make_index_plan(FILES, listings(*files), now=NOW, closes_after_days=closes)
    return [problem.code for problem in plan.problems]


def test_everything_is_missing_on_a_new_index_and_wheels_come_first() -> None:
    plan = make_index_plan(FILES, {"demo": None, "demo-plugin": None}, now=NOW, closes_after_days=14)
    assert [file.name.endswith(".whl") for file in plan.upload] == [True, True, True, False, False]
    assert (plan.keep, plan.problems) == ((), ())
    assert projects_of(FILES) == ("demo", "demo-plugin")


CASES: dict[str, tuple[IndexFile, list[str]]] = {
    "ours": (served(NAMES[0]), []),
    "other bytes": (served(NAMES[0], "e" * 64), ["publish.index-differs"]),
    "no SHA-256": (served(NAMES[0], hashed=False), ["publish.index-no-digest"]),
    "foreign wheel of this version": (served("demo-1.0-py2-none-any.whl"), ["publish.index-extra"]),
    "foreign wheel of this version, spelled otherwise": (
        served("Demo-1.0.0-py2-none-any.whl"),
        ["publish.index-extra"],
    ),
    "foreign zip of this version": (served("demo-1.0.zip"), ["publish.index-extra"]),
    "foreign old archive of this version": (served("demo-1.0.tar.bz2"), ["publish.index-extra"]),
    "another version": (served("demo-1.1-py3-none-any.whl"), []),
    "another project's version": (served("demo_plugin-1.0.tar.gz"), []),
    "an old file of this version": (served(NAMES[0], time="2026-11-14T00:00:00Z"), ["publish.index-closed"]),
    "a file of this version, old enough to be the last": (served(NAMES[0], time="2026-11-15T00:00:00Z"), []),
    "a file without a time": (served(NAMES[0], time=""), []),
    "a file with a nonsensical time": (served(NAMES[0], time="yesterday"), []),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_there(case: str) -> None:
    file, expected = CASES[case]
    assert codes(file) == expected


@pytest.mark.parametrize("order", [1, -1])
def test_a_name_that_is_listed_twice_has_our_bytes_both_times(order: int) -> None:
    rows = [served(NAMES[0]), served(NAMES[0], "e" * 64)][::order]
    assert codes(*rows) == ["publish.index-differs"]
    assert codes(served(NAMES[0]), served(NAMES[0])) == []


def test_a_closed_release_that_is_complete_is_no_problem() -> None:
    old = [served(name, time="2020-01-01T00:00:00Z") for name in NAMES]
    assert codes(*old) == []
    assert codes(*old[:-1]) == ["publish.index-closed"]
    assert codes(*old[:-1], closes=0) == []


def test_any_state_of_an_index_is_planned_without_loss_and_in_any_order() -> None:
    """For random states: each file is kept, uploaded or a problem, never two of them, and order changes nothing."""
    generator = random.Random(20261129)  # noqa: S311 - cases, not secrets
    for _ in range(300):
        there = [served(name, generator.choice(("", "", "d" * 64))) for name in NAMES if generator.random() < 0.6]
        plan = make_index_plan(FILES, listings(*there), now=NOW)
        shuffled = generator.sample(FILES, len(FILES))
        assert make_index_plan(shuffled, listings(*generator.sample(there, len(there))), now=NOW) == plan
        kept, sent = {file.name for file in plan.keep}, {file.name for file in plan.upload}
        differing = {problem.message.partition(":")[0] for problem in plan.problems}
        assert sorted([*kept, *sent, *differing]) == sorted(NAMES)
        assert sent == set(NAMES) - {file.filename for file in there}


@pytest.mark.parametrize("name", ["demo.whl", "demo-1.0.exe", "demo-x.tar.gz", ""])
def test_no_distribution_has_no_release(name: str) -> None:
    with pytest.raises(InputError):
        release_of(name)


def test_the_public_indexes_need_no_configuration() -> None:
    for name, host in (("pypi", "https://upload.pypi.org/"), ("testpypi", "https://test.pypi.org/")):
        index = index_named(name, ())
        assert index.upload_url.startswith(host)
        assert (index.attestations, index.closes_after_days) == (True, 14)
        assert all((index.simple_url, index.integrity_url, index.oidc_url))


def test_an_entry_replaces_what_it_has_and_nothing_public_describes_another_service() -> None:
    assert index_named("pypi", (PublishIndex(name="pypi", attestations=False),)).attestations is False
    elsewhere = PublishIndex(name="pypi", upload_url="https://x.invalid/", simple_url="https://x.invalid/simple/")
    index = index_named("pypi", (elsewhere,))
    assert (index.integrity_url, index.oidc_url, index.attestations, index.closes_after_days) == ("", "", False, 0)
    with pytest.raises(UsageError, match="no simple_url"):
        index_named("pypi", (PublishIndex(name="pypi", upload_url="https://x.invalid/"),))
