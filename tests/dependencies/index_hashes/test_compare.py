from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.supply_chain.adapters.index.file_choice import is_of_version
from ops.supply_chain.contracts.values.finding import Severity
from ops.supply_chain.contracts.values.package_index import IndexFile
from ops.supply_chain.dependencies.index_hashes.compare import Comparison, compare, offer_of
from tests.dependencies.index_hashes.builders import compared, listing, offered, served, sha, sha512, subject

WHEEL, SDIST = "demo-1.0-py3-none-any.whl", "demo-1.0.tar.gz"
AGAIN = "{again}"


def codes(found: Comparison) -> list[str]:
    return [fact.code for fact in found.facts]


def test_all_served_is_no_fact() -> None:
    wanted = subject(sha("a"), sha("b"))
    found = compared(wanted, served(WHEEL, sha("a")), served(SDIST, sha("b")), served("demo-2.0.tar.gz", sha("c")))
    assert found == Comparison((), (sha("a"), sha("b")), ())


def test_more_files_than_the_lock_knows_are_no_fact() -> None:
    assert compared(subject(sha("a")), served(WHEEL, sha("a")), served(SDIST, sha("b"))).facts == ()


def test_a_removed_file() -> None:
    found = compared(subject(sha("a"), sha("b")), served(WHEEL, sha("a")))
    (fact,) = found.facts
    assert (fact.code, fact.severity) == ("hash.missing", Severity.HIGH)
    assert fact.message == (
        f"demo 1.0: expected a file with {sha('b')} on the index, found none among the 1 of that version"
    )
    assert fact.next_step == (
        "See why the index took it down; if it was never there, the lock was tampered with. Then {again}"
    )
    assert found.served == (sha("a"),)


def test_a_hash_of_another_version_is_missing_and_named() -> None:
    (fact,) = compared(subject(sha("c")), served(WHEEL, sha("a")), served("demo-2.0.tar.gz", sha("c"))).facts
    assert (
        fact.message
        == f"demo 1.0: expected a file with {sha('c')} on the index, found that hash on demo-2.0.tar.gz alone"
    )


def test_a_replaced_file_where_the_lock_knows_the_name() -> None:
    (fact,) = compared(subject(files={WHEEL: (sha("a"),)}), served(WHEEL, sha("f"))).facts
    assert (fact.code, fact.severity) == ("hash.replaced", Severity.CRITICAL)
    assert fact.message == f"demo 1.0: expected {WHEEL} with {sha('a')}, found it on the index with {sha('f')}"
    assert fact.next_step.startswith("Install and release nothing with it")


def test_two_files_that_swapped_their_hashes_are_replaced() -> None:
    wanted = subject(files={WHEEL: (sha("a"),), SDIST: (sha("b"),)})
    assert codes(compared(wanted, served(WHEEL, sha("b")), served(SDIST, sha("a")))) == ["hash.replaced"] * 2


def test_a_named_file_that_is_gone() -> None:
    (fact,) = compared(subject(files={WHEEL: (sha("a"),)}), served(SDIST, sha("b"))).facts
    assert (fact.code, fact.message) == (
        "hash.missing",
        f"demo 1.0: expected {WHEEL} with {sha('a')} on the index, found none among the 1 of that version",
    )


def test_a_named_file_under_another_spelling_with_the_same_bytes_is_the_same() -> None:
    found = compared(subject(files={"Demo-1.0.tar.gz": (sha("a"),)}), served("demo-1.0.tar.gz", sha("a")))
    assert found == Comparison((), (sha("a"),), ())


def test_hashes_beside_named_files_are_looked_for_too() -> None:
    found = compared(subject(sha("c"), files={WHEEL: (sha("a"),)}), served(WHEEL, sha("a")))
    assert codes(found) == ["hash.missing"]


def test_no_file_of_the_version() -> None:
    (fact,) = compared(subject(sha("a"), sha("b")), served("demo-2.0.tar.gz", sha("c"))).facts
    assert (fact.code, fact.severity) == ("hash.version-missing", Severity.HIGH)
    assert fact.message == "demo 1.0: expected files of that version on the index, found none"


def test_no_such_project() -> None:
    wanted = subject(sha("a"))
    (fact,) = compare(wanted, offer_of(wanted, None, is_of_version)).facts
    assert (fact.code, fact.severity) == ("hash.project-missing", Severity.HIGH)
    assert fact.message == "demo 1.0: expected the project demo on the index, found none"


YANKS = [
    pytest.param(
        (True, True), "broken\x1b[31m on 3.14", 'the version, saying "broken?[31m on 3.14"', id="whole-version"
    ),
    pytest.param((True, False), "", f"{WHEEL}, without a reason", id="one-file"),
    pytest.param((True, True), "x" * 500, f'the version, saying "{"x" * 200}"', id="long-reason"),
]


@pytest.mark.parametrize(("yanked", "reason", "said"), YANKS)
def test_yanked(yanked: tuple[bool, bool], reason: str, said: str) -> None:
    files = [
        served(name, sha(letter), yanked=flag, yanked_reason=reason)
        for name, letter, flag in zip((WHEEL, SDIST), "ab", yanked, strict=True)
    ]
    (fact,) = compared(subject(sha("a"), sha("b")), *files).facts
    assert (fact.code, fact.severity, fact.message) == (
        "hash.yanked",
        Severity.MEDIUM,
        f"demo 1.0: its makers yanked {said}",
    )


def test_a_yanked_file_that_the_lock_does_not_record_is_no_matter() -> None:
    found = compared(subject(sha("a")), served(WHEEL, sha("a")), served(SDIST, sha("b"), yanked=True))
    assert found.facts == ()


STATUSES = [
    ("active", []),
    ("quarantined", [("hash.quarantined", Severity.CRITICAL)]),
    ("archived", [("hash.archived", Severity.INFO)]),
    ("deprecated", [("hash.deprecated", Severity.INFO)]),
    ("sold", [("hash.unknown-status", Severity.LOW)]),
]


@pytest.mark.parametrize(("status", "expected"), STATUSES)
def test_project_status(status: str, expected: list[tuple[str, Severity]]) -> None:
    found = compared(subject(sha("a")), served(WHEEL, sha("a")), status=status, status_reason="see\nhere")
    assert [(fact.code, fact.severity) for fact in found.facts] == expected
    if expected:
        assert found.facts[0].message == f'demo 1.0: the index calls the project {status}, saying "see?here"'


def test_a_quarantined_project_offers_no_files_and_that_is_said_once() -> None:
    (fact,) = compared(subject(sha("a"), sha("b")), status="quarantined").facts
    assert (fact.code, fact.severity) == ("hash.quarantined", Severity.CRITICAL)
    assert fact.message == "demo 1.0: the index calls the project quarantined, and offers no file of that version"


def test_an_algorithm_that_the_index_does_not_announce_is_neither_found_nor_missing() -> None:
    found = compared(subject(sha512("a"), sha("b")), served(WHEEL, sha("b")))
    assert found == Comparison((), (sha("b"),), (sha512("a"),))


def test_a_file_without_any_announced_hash_may_be_the_one() -> None:
    found = compared(subject(sha("a"), sha("b")), served(WHEEL, sha("a")), served(SDIST))
    assert found == Comparison((), (sha("a"),), (sha("b"),))


def test_a_named_file_without_announced_hash_is_not_known() -> None:
    found = compared(subject(files={WHEEL: (sha("a"),)}), served(WHEEL), served(SDIST, sha("b")))
    assert found == Comparison((), (), (sha("a"),))


letters = st.sampled_from("0123456789abcdef")
files = st.lists(
    st.builds(
        lambda name, letter, yanked: served(name, sha(letter), yanked=yanked),
        st.sampled_from([WHEEL, SDIST, "demo-1.0-1-py3-none-any.whl", "demo-2.0.tar.gz"]),
        letters,
        st.booleans(),
    ),
    max_size=5,
)


@settings(derandomize=True, max_examples=200)
@given(st.sets(letters, min_size=1), files, st.randoms(use_true_random=False))
def test_the_order_of_a_page_changes_nothing(hashes: set[str], found: list[IndexFile], chance: random.Random) -> None:
    wanted = subject(*map(sha, hashes))
    shuffled = chance.sample(found, len(found))
    assert sorted(compared(wanted, *found).facts) == sorted(compared(wanted, *shuffled).facts)


@settings(derandomize=True, max_examples=200)
@given(st.sets(letters, min_size=1), files, letters)
def test_a_hash_that_the_index_lacks_always_adds_a_fact(hashes: set[str], found: list[IndexFile], more: str) -> None:
    strange = "sha256:" + more * 63 + ("0" if more != "0" else "1")
    before, after = subject(*map(sha, hashes)), subject(*map(sha, hashes), strange)
    offer = offered(after, *found)
    assert len(compare(after, offer).facts) > len(compare(before, offer).facts) - (not offer.files)
    assert offer.files == () or any(strange in fact.message for fact in compare(after, offer).facts)


@settings(derandomize=True, max_examples=200)
@given(st.sets(letters, min_size=1), files)
def test_every_hash_is_served_missing_or_not_known(hashes: set[str], found: list[IndexFile]) -> None:
    wanted = subject(*map(sha, hashes))
    result = compared(wanted, *found)
    if any(is_of_version(file.filename, "demo", "1.0") for file in found):
        missing = {
            one for one in wanted.hashes for fact in result.facts if fact.code == "hash.missing" and one in fact.message
        }
        assert missing | set(result.served) | set(result.unannounced) == set(wanted.hashes)


def test_files_of_other_versions_are_not_kept() -> None:
    offer = offered(subject(sha("a")), served("demo-2.0.tar.gz", sha("c")), served(WHEEL, sha("a")))
    assert ([file.filename for file in offer.files], offer.elsewhere) == ([WHEEL], ())
    assert offer_of(subject(sha("a")), listing(status_told=False), is_of_version).status_told is False
