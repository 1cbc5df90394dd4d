"""What is uploaded, kept and replaced, and how far a publication is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.supply_chain.contracts.values.publication import LocalFile, RemoteAsset, RemoteRelease
from ops.supply_chain.release.publication.plan import (
    Plan,
    PublicationState,
    choose_draft,
    differences,
    make_plan,
    state_of,
)

A, B = "a" * 64, "b" * 64


def file(name: str, sha256: str = A, size: int = 3) -> LocalFile:
    return LocalFile(name=name, sha256=sha256, size=size)


def asset(name: str, sha256: str = A, size: int = 3, state: str = "uploaded", number: int = 1) -> RemoteAsset:
    return RemoteAsset(id=number, name=name, size=size, state=state, sha256=sha256)


def release(*assets: RemoteAsset, draft: bool = True, number: int = 1) -> RemoteRelease:
    return RemoteRelease(
        id=number, tag="1", draft=draft, body="", upload_url="", url="", immutable=False, assets=assets
    )


CASES: dict[str, tuple[list[LocalFile], list[RemoteAsset], dict[str, list[str]]]] = {
    "nothing there": ([file("x")], [], {"upload": ["x"]}),
    "there": ([file("x")], [asset("x")], {"keep": ["x"]}),
    "another digest": ([file("x")], [asset("x", B)], {"upload": ["x"], "replace": ["x"]}),
    "another size": ([file("x")], [asset("x", "", 4)], {"upload": ["x"], "replace": ["x"]}),
    "broken off": ([file("x")], [asset("x", state="starter")], {"upload": ["x"], "replace": ["x"]}),
    "no digest told": ([file("x")], [asset("x", "")], {"unread": ["x"]}),
    "foreign": ([file("x")], [asset("x"), asset("y")], {"keep": ["x"], "extra": ["y"]}),
    "foreign, broken off": ([file("x")], [asset("x"), asset("y", state="open")], {"keep": ["x"], "remove": ["y"]}),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_plan(case: tuple[list[LocalFile], list[RemoteAsset], dict[str, list[str]]]) -> None:
    files, assets, expected = case
    plan = make_plan(files, assets)
    found = {name: [one.name for one in getattr(plan, name)] for name in Plan.__struct_fields__}
    assert {name: names for name, names in found.items() if names} == expected
    assert plan.complete is (set(expected) == {"keep"})


def test_a_digest_that_was_read_back_decides() -> None:
    assert make_plan([file("x")], [asset("x", "")], {1: A}).complete
    assert make_plan([file("x")], [asset("x", "")], {1: B}).replace == (asset("x", ""),)


def test_a_digest_that_the_host_tells_is_not_overruled() -> None:
    assert not make_plan([file("x")], [asset("x", B)], {1: A}).complete


STATES = {
    "nothing": (None, [], PublicationState.ABSENT),
    "an empty draft": (release(), [file("x")], PublicationState.DRAFT),
    "a whole draft": (release(asset("x")), [file("x")], PublicationState.COMPLETE),
    "public and the same": (release(asset("x"), draft=False), [file("x")], PublicationState.PUBLISHED),
    "public and unread": (release(asset("x", ""), draft=False), [file("x")], PublicationState.DIFFERS),
    "public and less": (release(draft=False), [file("x")], PublicationState.DIFFERS),
    "public and more": (release(asset("x"), asset("y"), draft=False), [file("x")], PublicationState.DIFFERS),
}


@pytest.mark.parametrize("case", STATES.values(), ids=STATES)
def test_the_state(case: tuple[RemoteRelease | None, list[LocalFile], PublicationState]) -> None:
    there, files, expected = case
    assert state_of(there, make_plan(files, there.assets if there else ())) is expected


def test_the_fullest_draft_is_chosen_then_the_oldest() -> None:
    files = [file("x"), file("y", size=9)]
    empty, small, large = release(number=1), release(asset("x"), number=2), release(asset("y", size=9), number=3)
    wrong = release(asset("x", B), asset("y", B, 9), number=4)
    assert choose_draft([wrong, empty, small, large], files) is large
    assert choose_draft([wrong, empty], files) is empty
    assert choose_draft([], files) is None


def test_each_difference_is_a_sentence() -> None:
    files = [file("a"), file("b"), file("c"), file("d"), file("e")]
    assets = [
        asset("b", B),
        asset("c", A, 9),
        asset("d", state="starter"),
        asset("e", ""),
        asset("f"),
        asset("g", state="new"),
    ]
    assert differences(make_plan(files, assets)) == (
        "a: is missing there",
        f"b: expected sha256:{A}, found sha256:{B}",
        "c: expected 3 bytes, found 9",
        "d: is left of an upload that broke off (state starter)",
        "e: could not be compared",
        "f: is there and not in this release",
        "g: is left of an upload that broke off (state new)",
    )


_NAMES = st.sampled_from("abcde")
_FILES = st.dictionaries(_NAMES, st.tuples(st.sampled_from([A, B]), st.integers(1, 2)))
_ASSETS = st.dictionaries(
    _NAMES, st.tuples(st.sampled_from([A, B, ""]), st.integers(1, 2), st.sampled_from(["uploaded", "starter"]))
)


@settings(derandomize=True, max_examples=300, deadline=None)
@given(files=_FILES, assets=_ASSETS)
def test_following_the_plan_completes_it_and_touches_nothing_that_is_right(
    files: dict[str, tuple[str, int]], assets: dict[str, tuple[str, int, str]]
) -> None:
    local = [file(name, *facts) for name, facts in files.items()]
    there = {name: asset(name, *facts, number=n) for n, (name, facts) in enumerate(assets.items())}
    truth = {one.id: one.sha256 or A for one in there.values()}
    plan = make_plan(local, there.values(), truth)
    assert not plan.unread
    for gone in (*plan.replace, *plan.remove, *plan.extra):
        assert files.get(gone.name) != (truth[gone.id], gone.size) or gone.state != "uploaded"
        del there[gone.name]
    for sent in plan.upload:
        assert sent.name not in there
        there[sent.name] = asset(sent.name, sent.sha256, sent.size, number=100 + len(there))
    assert make_plan(local, there.values(), truth).complete
    assert {name: one.size for name, one in there.items()} == {name: size for name, (_, size) in files.items()}
