from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.supply_chain.adapters.index.file_choice import is_of_version
from ops.supply_chain.contracts.values.finding import Severity
from ops.supply_chain.contracts.values.package_index import IndexFile
from ops.supply_chain.dependencies.index_hashes.compare import HashComparison, compare, index_entry
from tests.dependencies.index_hashes.builders import compared, entry_for, listing, release, served, sha, sha512

WHEEL, SDIST = "demo-1.0-py3-none-any.whl", "demo-1.0.tar.gz"


def codes(found: HashComparison) -> list[str]:
    return [issue.code for issue in found.issues]


def test_all_served_is_no_issue() -> None:
    wanted = release(sha("a"), sha("b"))
    found = compared(wanted, served(WHEEL, sha("a")), served(SDIST, sha("b")), served("demo-2.0.tar.gz", sha("c")))
    assert found == HashComparison((), (sha("a"), sha("b")), ())


def test_more_files_than_the_lock_knows_are_no_issue() -> None:
    assert compared(release(sha("a")), served(WHEEL, sha("a")), served(SDIST, sha("b"))).issues == ()


def test_a_removed_file() -> None:
    found = compared(release(sha("a"), sha("b")), served(WHEEL, sha("a")))
    (issue,) = found.issues
    assert (issue.code, issue.severity) == ("hash.missing", Severity.HIGH)
    assert issue.message == (
        f"demo 1.0: expected a file with {sha('b')} on the index, found none among the 1 of that version"
    )
    assert issue.next_step == (
        "Find out why the index removed it; if it was never there, the lock has been tampered with. Then run: {upgrade}"
    )
    assert found.served == (sha("a"),)


def test_a_hash_of_another_version_is_missing_and_named() -> None:
    (issue,) = compared(release(sha("c")), served(WHEEL, sha("a")), served("demo-2.0.tar.gz", sha("c"))).issues
    assert (
        issue.message
        == f"demo 1.0: expected a file with {sha('c')} on the index, found that hash only on demo-2.0.tar.gz"
    )


def test_a_replaced_file_where_the_lock_knows_the_name() -> None:
    (issue,) = compared(release(files={WHEEL: (sha("a"),)}), served(WHEEL, sha("f"))).issues
    assert (issue.code, issue.severity) == ("hash.replaced", Severity.CRITICAL)
    assert issue.message == f"demo 1.0: expected {WHEEL} with {sha('a')}, found it on the index with {sha('f')}"
    assert issue.next_step.startswith("Do not install or release anything with it")


def test_two_files_that_swapped_their_hashes_are_replaced() -> None:
    wanted = release(files={WHEEL: (sha("a"),), SDIST: (sha("b"),)})
    assert codes(compared(wanted, served(WHEEL, sha("b")), served(SDIST, sha("a")))) == ["hash.replaced"] * 2


def test_a_named_file_that_is_gone() -> None:
    (issue,) = compared(release(files={WHEEL: (sha("a"),)}), served(SDIST, sha("b"))).issues
    assert (issue.code, issue.message) == (
        "hash.missing",
        f"demo 1.0: expected {WHEEL} with {sha('a')} on the index, found none among the 1 of that version",
    )


def test_a_named_file_under_another_spelling_with_the_same_bytes_is_the_same() -> None:
    found = compared(release(files={"Demo-1.0.tar.gz": (sha("a"),)}), served("demo-1.0.tar.gz", sha("a")))
    assert found == HashComparison((), (sha("a"),), ())


def test_hashes_beside_named_files_are_looked_for_too() -> None:
    found = compared(release(sha("c"), files={WHEEL: (sha("a"),)}), served(WHEEL, sha("a")))
    assert codes(found) == ["hash.missing"]


def test_no_file_of_the_version() -> None:
    (issue,) = compared(release(sha("a"), sha("b")), served("demo-2.0.tar.gz", sha("c"))).issues
    assert (issue.code, issue.severity) == ("hash.version-missing", Severity.HIGH)
    assert issue.message == "demo 1.0: expected files of that version on the index, found none"


def test_no_such_project() -> None:
    wanted = release(sha("a"))
    (issue,) = compare(wanted, index_entry(wanted, None, is_of_version)).issues
    assert (issue.code, issue.severity) == ("hash.project-missing", Severity.HIGH)
    assert issue.message == "demo 1.0: expected the project demo on the index, found none"


YANKS = [
    pytest.param(
        (True, True),
        "broken\x1b[31m on 3.14",
        'demo 1.0 was yanked on the index (reason: "broken?[31m on 3.14")',
        id="whole-version",
    ),
    pytest.param((True, False), "", f"demo 1.0: {WHEEL} was yanked on the index (no reason given)", id="one-file"),
    pytest.param(
        (True, True), "x" * 500, f'demo 1.0 was yanked on the index (reason: "{"x" * 200}")', id="long-reason"
    ),
]


@pytest.mark.parametrize(("yanked", "reason", "said"), YANKS)
def test_yanked(yanked: tuple[bool, bool], reason: str, said: str) -> None:
    files = [
        served(name, sha(letter), yanked=flag, yanked_reason=reason)
        for name, letter, flag in zip((WHEEL, SDIST), "ab", yanked, strict=True)
    ]
    (issue,) = compared(release(sha("a"), sha("b")), *files).issues
    assert (issue.code, issue.severity, issue.message) == (
        "hash.yanked",
        Severity.MEDIUM,
        said,
    )


def test_a_yanked_file_that_the_lock_does_not_record_is_no_matter() -> None:
    found = compared(release(sha("a")), served(WHEEL, sha("a")), served(SDIST, sha("b"), yanked=True))
    assert found.issues == ()


STATUSES = [
    ("active", []),
    ("quarantined", [("hash.quarantined", Severity.CRITICAL)]),
    ("archived", [("hash.archived", Severity.INFO)]),
    ("deprecated", [("hash.deprecated", Severity.INFO)]),
    ("sold", [("hash.unknown-status", Severity.LOW)]),
]


@pytest.mark.parametrize(("status", "expected"), STATUSES)
def test_project_status(status: str, expected: list[tuple[str, Severity]]) -> None:
    found = compared(release(sha("a")), served(WHEEL, sha("a")), status=status, status_reason="see\nhere")
    assert [(issue.code, issue.severity) for issue in found.issues] == expected
    if expected:
        assert found.issues[0].message == f'demo 1.0: the index marks the project as {status} (reason: "see?here")'


def test_a_quarantined_project_offers_no_files_and_that_is_said_once() -> None:
    (issue,) = compared(release(sha("a"), sha("b")), status="quarantined").issues
    assert (issue.code, issue.severity) == ("hash.quarantined", Severity.CRITICAL)
    assert issue.message == "demo 1.0: the index marks the project as quarantined, and serves no file of that version"


def test_an_algorithm_that_the_index_does_not_announce_is_neither_found_nor_missing() -> None:
    found = compared(release(sha512("a"), sha("b")), served(WHEEL, sha("b")))
    assert found == HashComparison((), (sha("b"),), (sha512("a"),))


def test_a_file_without_any_announced_hash_may_be_the_one() -> None:
    found = compared(release(sha("a"), sha("b")), served(WHEEL, sha("a")), served(SDIST))
    assert found == HashComparison((), (sha("a"),), (sha("b"),))


def test_a_named_file_without_announced_hash_is_not_known() -> None:
    found = compared(release(files={WHEEL: (sha("a"),)}), served(WHEEL), served(SDIST, sha("b")))
    assert found == HashComparison((), (), (sha("a"),))


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
    wanted = release(*map(sha, hashes))
    shuffled = chance.sample(found, len(found))
    assert sorted(compared(wanted, *found).issues) == sorted(compared(wanted, *shuffled).issues)


@settings(derandomize=True, max_examples=200)
@given(st.sets(letters, min_size=1), files, letters)
def test_a_hash_that_the_index_lacks_always_adds_an_issue(hashes: set[str], found: list[IndexFile], more: str) -> None:
    strange = "sha256:" + more * 63 + ("0" if more != "0" else "1")
    before, after = release(*map(sha, hashes)), release(*map(sha, hashes), strange)
    entry = entry_for(after, *found)
    assert len(compare(after, entry).issues) > len(compare(before, entry).issues) - (not entry.files)
    assert entry.files == () or any(strange in issue.message for issue in compare(after, entry).issues)


@settings(derandomize=True, max_examples=200)
@given(st.sets(letters, min_size=1), files)
def test_every_hash_is_served_missing_or_not_known(hashes: set[str], found: list[IndexFile]) -> None:
    wanted = release(*map(sha, hashes))
    result = compared(wanted, *found)
    if any(is_of_version(file.filename, "demo", "1.0") for file in found):
        missing = {
            digest
            for digest in wanted.hashes
            for issue in result.issues
            if issue.code == "hash.missing" and digest in issue.message
        }
        assert missing | set(result.served) | set(result.unannounced) == set(wanted.hashes)


def test_files_of_other_versions_are_not_kept() -> None:
    entry = entry_for(release(sha("a")), served("demo-2.0.tar.gz", sha("c")), served(WHEEL, sha("a")))
    assert ([file.filename for file in entry.files], entry.elsewhere) == ([WHEEL], ())
    assert index_entry(release(sha("a")), listing(status_told=False), is_of_version).status_told is False
