"""Sources, names, renamed and unchanged locks, recorded publishers: what a change does beyond versions."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.supply_chain.contracts.config.publishers import PublishersConfig
from ops.supply_chain.contracts.files.publisher_baseline import PublisherBaseline
from ops.supply_chain.contracts.values.lock import Lock, LockEntry, LockKind, Pin, PinSource, PinSourceKind
from ops.supply_chain.contracts.values.publisher import AttestedPackage, AttestedPublisher, Publisher
from ops.supply_chain.dependencies.changes.locks import removed_findings, renamed_locks, unchanged_locks
from ops.supply_chain.dependencies.changes.names import look_alike_findings, looks_like
from ops.supply_chain.dependencies.changes.publishers import changed_locks, expected_baseline, publisher_findings
from ops.supply_chain.dependencies.changes.sources import source_findings

PUBLIC = PinSource(kind=PinSourceKind.INDEX, url="https://pypi.org/simple")
PRIVATE = PinSource(kind=PinSourceKind.INDEX, url="https://index.example/simple/")
GIT = PinSource(kind=PinSourceKind.VCS, url="https://git.example/foo", vcs="git", commit="a" * 40)
NEWER = PinSource(kind=PinSourceKind.VCS, url="https://git.example/foo", vcs="git", commit="b" * 40)
FILE = PinSource(kind=PinSourceKind.URL, url="https://files.example/foo-1.0.whl")
NEWER_FILE = PinSource(kind=PinSourceKind.URL, url="https://files.example/foo-1.1.whl")
OTHER_FILE = PinSource(kind=PinSourceKind.URL, url="https://evil.example/foo-1.1.whl")
DEFAULT = PinSource(kind=PinSourceKind.INDEX)
GITHUB = AttestedPublisher(kind="GitHub", identity={"repository": "foo/foo"})
STRANGER = AttestedPublisher(kind="GitHub", identity={"repository": "evil/foo"})


def pin(name: str, version: str = "1.0", **fields: Any) -> Pin:
    return Pin(name=name, written_name=name, version=version, hashes=(), **fields)


def lock(path: str, *pins: Pin, digest: str = "0", included: tuple[str, ...] = ()) -> Lock:
    entries = tuple(LockEntry(pin=found, line=number, path=path) for number, found in enumerate(pins, start=1))
    others = tuple((other, "0" * 64, 1) for other in included)
    return Lock(path=path, kind=LockKind.REQUIREMENTS, sha256=digest * 64, size=1, entries=entries, included=others)


SOURCES: dict[str, tuple[PinSource, PinSource, list[str]]] = {
    "the same": (PRIVATE, PRIVATE, []),
    "the public index, named or not": (DEFAULT, PUBLIC, []),
    "another index": (PUBLIC, PRIVATE, ["change.source-moved"]),
    "from another index to the default": (PRIVATE, DEFAULT, ["change.source-moved"]),
    "a repository": (DEFAULT, GIT, ["change.source-moved"]),
    "another commit of the repository": (GIT, NEWER, []),
    "another version at the address": (FILE, NEWER_FILE, []),
    "another address": (FILE, OTHER_FILE, ["change.source-moved"]),
}


@pytest.mark.parametrize(("before", "after", "codes"), SOURCES.values(), ids=SOURCES)
def test_a_package_that_moves(before: PinSource, after: PinSource, codes: list[str]) -> None:
    found = source_findings(
        [lock("a.txt", pin("foo", source=before))], [lock("a.txt", pin("foo", source=after))], index_url=""
    )
    assert [finding.code for finding in found] == codes


def test_an_added_package_may_come_from_where_others_come_from() -> None:
    before = [lock("a.txt", pin("foo", source=PRIVATE))]
    after = [lock("a.txt", pin("foo", source=PRIVATE), pin("new", source=PRIVATE), pin("other", source=GIT))]
    assert [(found.code, found.package) for found in source_findings(before, after, index_url="")] == [
        ("change.new-source", "other")
    ]
    assert source_findings([], [lock("a.txt", pin("foo", source=PRIVATE))], index_url=PRIVATE.url) == []


def test_a_project_s_own_package_has_no_source_to_move_from() -> None:
    own = PinSource(kind=PinSourceKind.PATH, url="libs/foo")
    before = [lock("a.txt", pin("foo", source=own, local=True))]
    assert source_findings(before, [lock("a.txt", pin("foo", source=own, local=True))], index_url="") == []


def test_a_source_never_shows_credentials() -> None:
    secret = PinSource(kind=PinSourceKind.INDEX, url="https://user:hunter2@index.example/simple")
    [found] = source_findings([lock("a", pin("foo"))], [lock("a", pin("foo", source=secret))], index_url="")
    assert "hunter2" not in found.message


ALIKE = [
    ("requests", "reqeusts"), ("requests", "request"), ("requests", "requestss"), ("requests", "requezts"),
    ("python-dateutil", "dateutil-python"), ("python-dateutil", "pythondateutil"), ("dateutil", "python-dateutil"),
    ("colorama", "c0lorama"), ("pillow", "pil1ow"), ("django", "djang0"), ("numpy", "nurnpy"), ("boto", "boto3"),
]  # fmt: skip
UNLIKE = [("foo", "bar"), ("requests", "requests"), ("attrs", "cattrs-extra"), ("six", "sip"), ("flask", "django")]


@pytest.mark.parametrize(("name", "other"), ALIKE)
def test_names_that_look_alike(name: str, other: str) -> None:
    assert looks_like(name, other)
    assert looks_like(other, name)


@pytest.mark.parametrize(("name", "other"), UNLIKE)
def test_names_that_do_not(name: str, other: str) -> None:
    assert not looks_like(name, other)


NAMES = st.from_regex(r"\A[a-z0-9]+(?:-[a-z0-9]+)?\Z").filter(lambda name: 6 <= len(name) <= 20)


@settings(max_examples=200, derandomize=True, deadline=None)
@given(NAMES, st.data())
def test_every_name_one_edit_away_looks_like_it(name: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(name) - 2))
    letter = data.draw(st.sampled_from("abcxyz"))
    edit = data.draw(st.sampled_from(["drop", "add", "replace", "exchange"]))
    exchanged = name[:place] + name[place + 1] + name[place] + name[place + 2 :]
    edited = {
        "drop": name[:place] + name[place + 1 :],
        "add": name[:place] + letter + name[place:],
        "replace": name[:place] + letter + name[place + 1 :],
        "exchange": exchanged,
    }[edit]
    touches_hyphen = "-" in (name[place], name[place + 1])
    if edited != name and not touches_hyphen and not edited.startswith("-") and not edited.endswith("-"):
        assert looks_like(name, edited)
        assert looks_like(edited, name)


def test_only_added_names_are_compared_and_only_with_those_of_the_base() -> None:
    before = [lock("a.txt", pin("boto"), pin("boto3"))]
    assert look_alike_findings(before, before) == []
    after = [lock("a.txt", pin("requests"), pin("reqeusts"))]
    assert look_alike_findings(before, after) == []
    [found] = look_alike_findings([lock("a.txt", pin("requests"))], [*after, lock("b.txt", pin("reqeusts"))])
    assert (found.package, found.path, found.line) == ("reqeusts", "a.txt", 2)


def test_the_most_alike_lock_is_the_renamed_one() -> None:
    old = [lock("a.txt", pin("x"), pin("y"), digest="1"), lock("same.txt", pin("x"), digest="2")]
    new = [
        lock("c.txt", pin("x"), pin("y"), pin("z"), digest="3"),
        lock("d.txt", pin("x"), pin("y"), digest="1"),
        lock("same.txt", pin("x"), digest="2"),
    ]
    assert renamed_locks(old, new) == {"a.txt": "d.txt"}
    assert renamed_locks(old, [lock("c.txt", pin("q"))]) == {}
    assert [found.path for found in removed_findings(old, {"same.txt"}, {})] == ["a.txt"]
    assert removed_findings(old, {"same.txt"}, {"a.txt": "d.txt"}) == []


def test_a_lock_is_the_same_only_if_nothing_near_it_differs() -> None:
    local = PinSource(kind=PinSourceKind.PATH, url="../libs/foo")
    locks = [
        lock("a/requirements.txt", pin("x"), included=("shared/base.txt",)),
        lock("b/requirements.txt", pin("x")),
        lock("c/requirements.txt", pin("foo", source=local)),
    ]
    assert set(unchanged_locks(locks, frozenset())) == {"a/requirements.txt", "b/requirements.txt"}
    assert set(unchanged_locks(locks, {"shared/base.txt"})) == {"b/requirements.txt"}
    assert set(unchanged_locks(locks, {"b/pyproject.toml"})) == {"a/requirements.txt"}
    assert unchanged_locks(locks, {"pyproject.toml"}) == {}
    assert set(unchanged_locks(locks, {"b/deeper/pyproject.toml"})) == {"a/requirements.txt", "b/requirements.txt"}


def _baseline(author: str = "Alice", *attested: AttestedPublisher) -> PublisherBaseline:
    publisher = Publisher(
        author=author, author_email="", home_page="", maintainer="", maintainer_email="", project_urls={}
    )
    package = AttestedPackage(publishers=attested, every_file=True, versions=("1.0",))
    if attested:
        return PublisherBaseline(direct_deps={"Foo": publisher}, attested={"foo": package})
    return PublisherBaseline(direct_deps={"Foo": publisher})


BASELINES: dict[str, tuple[list[PublisherBaseline], list[PublisherBaseline], list[str]]] = {
    "the same": ([_baseline("Alice", GITHUB)], [_baseline("Alice", GITHUB)], []),
    "another author": ([_baseline()], [_baseline("Mallory")], ["medium"]),
    "another publisher": ([_baseline("Alice", GITHUB)], [_baseline("Alice", STRANGER)], ["high"]),
    "one more publisher": ([_baseline("Alice", GITHUB)], [_baseline("Alice", GITHUB, STRANGER)], ["high"]),
    "no publisher any more": ([_baseline("Alice", GITHUB)], [_baseline("Alice")], ["high"]),
    "no baseline any more": ([_baseline("Alice", GITHUB)], [], ["medium", "high"]),
    "a first baseline": ([], [_baseline("Alice", GITHUB)], []),
    "a first attestation": ([_baseline()], [_baseline("Alice", GITHUB)], []),
}


@pytest.mark.parametrize(("before", "after", "severities"), BASELINES.values(), ids=BASELINES)
def test_recorded_publishers(
    before: list[PublisherBaseline], after: list[PublisherBaseline], severities: list[str]
) -> None:
    found = publisher_findings(before, after, [lock("a.txt", pin("foo"))], PublishersConfig())
    assert sorted(finding.severity for finding in found) == sorted(severities)
    assert publisher_findings(before, after, [lock("a.txt", pin("other"))], PublishersConfig()) == []


def test_the_record_of_the_base_counts_and_that_of_the_change_only_where_it_has_none() -> None:
    new = Publisher(author="New", author_email="", home_page="", maintainer="", maintainer_email="", project_urls={})
    after = PublisherBaseline(direct_deps={**_baseline("Mallory").direct_deps, "new": new})
    found = expected_baseline([_baseline("Alice", GITHUB)], after)
    assert found is not None
    assert {name: publisher.author for name, publisher in found.direct_deps.items()} == {"foo": "Alice", "new": "New"}
    assert found.attested == {"foo": AttestedPackage(publishers=(GITHUB,), every_file=True, versions=("1.0",))}
    assert expected_baseline([], None) is None


def test_only_pins_that_no_lock_of_the_base_has_are_compared() -> None:
    before = [lock("a.txt", pin("foo"), pin("bar"))]
    after = [lock("b.txt", pin("foo"), pin("bar", "2.0")), lock("c.txt", pin("bar"))]
    [found] = changed_locks(after, before)
    assert (found.path, [entry.pin.version for entry in found.entries]) == ("b.txt", ["2.0"])
    assert changed_locks(before, before) == ()
