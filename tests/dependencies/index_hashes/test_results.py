from __future__ import annotations

import msgspec

from ops.supply_chain.contracts.values.finding import Severity
from ops.supply_chain.dependencies.index_hashes.compare import HashComparison, HashIssue
from ops.supply_chain.dependencies.index_hashes.downloads import FileDownload, HashedBytes
from ops.supply_chain.dependencies.index_hashes.pins import scope_of
from ops.supply_chain.dependencies.index_hashes.results import (
    WITH_BYTES,
    Downloaded,
    NotExamined,
    ReleaseResult,
    counts_of,
    digest_of,
    notes_of,
    result_of,
    status_unknown,
)
from tests.dependencies.index_hashes.builders import entry, entry_for, lock, pin, release, served, sha, sha512

COUNTS = {"locks": 2, "locked": 4, "examined": 3, "out_of_scope": 0, "hashes": 9, "served": 8}

YANKED = HashIssue("hash.yanked", Severity.MEDIUM, "it is yanked", "Move on.")
GAP = NotExamined("the index did not answer", "Wait.")


def download(*allowed: str) -> FileDownload:
    return FileDownload(release(sha("a")), "demo.whl", "https://files.example/demo.whl", allowed, ("sha256",))


def told(issues: tuple[HashIssue, ...]) -> list[tuple[str, str, str]]:
    return [(issue.code, issue.message, issue.next_step) for issue in issues]


def test_compared_in_full_is_examined() -> None:
    assert result_of(release(sha("a")), HashComparison((), (sha("a"),)), None) == ((), True, 1)


def test_no_page_is_not_examined() -> None:
    result = result_of(release(sha("a")), GAP, [])
    assert told(result.issues) == [("hash.not-examined", "demo 1.0: not checked: the index did not answer", "Wait.")]
    assert result.examined is False


def test_an_unannounced_hash_is_not_examined_without_a_download() -> None:
    result = result_of(release(sha512("a"), sha("b")), HashComparison((), (sha("b"),), (sha512("a"),)), None)
    assert result.examined is False
    assert told(result.issues) == [
        (
            "hash.not-examined",
            "demo 1.0: not checked: 1 hash uses sha512, which the index does not publish for every file",
            WITH_BYTES,
        )
    ]


def test_an_unannounced_hash_is_found_by_its_bytes() -> None:
    compared = HashComparison((), (), (sha512("a"),))
    assert result_of(release(sha512("a")), compared, [(download(), HashedBytes((sha512("a"),), 3))]) == ((), True, 0)


def test_an_unannounced_hash_that_no_bytes_have_is_missing() -> None:
    result = result_of(
        release(sha512("a")), HashComparison((), (), (sha512("a"),)), [(download(), HashedBytes((sha512("b"),), 3))]
    )
    assert [issue.code for issue in result.issues] == ["hash.missing"]
    assert result.examined is True


def test_where_one_of_the_files_was_not_had_nothing_is_called_missing() -> None:
    fetched: Downloaded = [(download(), HashedBytes((sha512("b"),), 3)), (download(), GAP)]
    result = result_of(release(sha512("a")), HashComparison((), (), (sha512("a"),)), fetched)
    assert [issue.code for issue in result.issues] == ["hash.not-examined"]
    assert result.examined is False


def test_an_address_needs_a_download() -> None:
    wanted = release(sha("a"), url="https://files.example/demo.whl")
    result = result_of(wanted, HashComparison(), None)
    assert told(result.issues) == [
        ("hash.not-examined", "demo 1.0: not checked: it comes from an address, not from an index", WITH_BYTES)
    ]
    assert result_of(wanted, HashComparison(), [(download(sha("a")), HashedBytes((sha("a"),), 3))]) == ((), True, 0)


def test_other_bytes_and_what_the_page_says_are_both_told() -> None:
    page = HashComparison((YANKED,), (sha("a"),))
    result = result_of(release(sha("a")), page, [(download(sha("a")), HashedBytes((sha("b"),), 3))])
    assert [issue.code for issue in result.issues] == ["hash.yanked", "hash.bytes-differ"]
    assert result.examined is True


def test_counts_are_of_distinct_pins() -> None:
    demo, bare, own = pin("demo", "1.0", sha("a"), sha("b")), pin("bare"), pin("own", local=True)
    scopes = [scope_of([demo, bare, own]), scope_of([demo, bare])]
    results = {next(iter(scopes[0].releases.values())): ReleaseResult((), examined=True, served=2)}
    assert counts_of([lock(entry(demo)), lock(entry(demo))], scopes, results) == {
        "locks": 2,
        "locked": 2,
        "examined": 1,
        "out_of_scope": 1,
        "hashes": 2,
        "served": 2,
    }


def test_notes() -> None:
    assert notes_of({**COUNTS, "status_unknown": 2, "out_of_scope": 1}) == (
        "the index does not publish the status of 2 projects (quarantined, archived, deprecated)",
        "1 pin comes from version control, a path or the project itself, and cannot be compared with an index",
    )
    assert notes_of({**COUNTS, "locks": 0}) == ("no lock, and no declared dependency",)
    assert notes_of(COUNTS) == ()


def test_a_status_that_is_not_stated_is_not_taken_for_active() -> None:
    wanted = release(sha("a"))
    file = served("demo-1.0.tar.gz", sha("a"))
    assert status_unknown({wanted: entry_for(wanted, file, status_told=False)}) == 1
    assert status_unknown({wanted: entry_for(wanted, file)}) == 0


def test_the_digest_is_of_what_was_compared() -> None:
    wanted = release(sha("a"))
    one, other = served("demo-1.0.tar.gz", sha("a")), served("demo-1.0.zip", sha("b"))
    same = digest_of({wanted: entry_for(wanted, one, other)})
    assert same == digest_of({wanted: entry_for(wanted, other, one)})
    assert same != digest_of({wanted: entry_for(wanted, one)})
    assert same != digest_of({wanted: entry_for(wanted, one, msgspec.structs.replace(other, yanked=True))})
