from __future__ import annotations

import msgspec

from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.dependencies.index_hashes.subjects import scope_of
from ops.supply_chain.dependencies.index_hashes.summary import counts_of, digest_of, notes_of, status_unknown, text_of
from ops.supply_chain.dependencies.index_hashes.verdicts import Verdict
from tests.dependencies.index_hashes.builders import entry, lock, offered, pin, served, sha, subject

COUNTS = {"locks": 2, "locked": 4, "examined": 3, "out_of_scope": 0, "hashes": 9, "served": 8}
FINDING = Finding(
    code="hash.yanked",
    severity=Severity.MEDIUM,
    message="demo 1.0: yanked",
    next_step="Move.",
    path="a.txt",
    line=3,
    also_at=("b.txt:1", "c.txt:1", "d.txt:1"),
    places=9,
)


def test_counts_are_of_distinct_pins() -> None:
    demo, bare, own = pin("demo", "1.0", sha("a"), sha("b")), pin("bare"), pin("own", local=True)
    scopes = [scope_of([demo, bare, own]), scope_of([demo, bare])]
    verdicts = {next(iter(scopes[0].subjects.values())): Verdict((), examined=True, served=2)}
    assert counts_of([lock(entry(demo)), lock(entry(demo))], scopes, verdicts) == {
        "locks": 2,
        "locked": 2,
        "examined": 1,
        "out_of_scope": 1,
        "hashes": 2,
        "served": 2,
    }


def test_the_text_tells_what_stands_and_then_what_is_waived() -> None:
    waived = msgspec.structs.replace(FINDING, also_at=(), places=1, waived_by="hash.yanked, me, until 2026-12-01")
    assert text_of({**COUNTS, "files": 3, "bytes": 77}, ["one thing"], [waived, FINDING], feed="the index") == (
        "3 of 4 pinned versions examined in 2 locks\n"
        "8 of 9 recorded hashes served by the index, asked now\n"
        "3 files downloaded and hashed, 77 bytes\n"
        "note: one thing\n"
        "medium hash.yanked: demo 1.0: yanked\n"
        "  at: a.txt:3, b.txt:1, c.txt:1 and 6 more\n"
        "  next: Move.\n"
        "waived:\n"
        "medium hash.yanked: demo 1.0: yanked\n"
        "  at: a.txt:3\n"
        "  waived: hash.yanked, me, until 2026-12-01"
    )


def test_a_finding_without_place_has_no_line_for_it() -> None:
    nowhere = msgspec.structs.replace(FINDING, path="", line=0, also_at=(), places=1)
    assert text_of(COUNTS, [], [nowhere], feed="the index").splitlines()[2:] == [
        "medium hash.yanked: demo 1.0: yanked",
        "  next: Move.",
    ]


def test_notes() -> None:
    assert notes_of({**COUNTS, "status_unknown": 2, "out_of_scope": 1}) == (
        "the index does not state the status (quarantined, archived, deprecated) of 2 projects: it is not known",
        "1 pins come from version control, a path or the project itself",
    )
    assert notes_of({**COUNTS, "locks": 0}) == ("no lock, and no declared dependency",)
    assert notes_of(COUNTS) == ()


def test_a_status_that_is_not_stated_is_not_taken_for_active() -> None:
    wanted = subject(sha("a"))
    file = served("demo-1.0.tar.gz", sha("a"))
    assert status_unknown({wanted: offered(wanted, file, status_told=False)}) == 1
    assert status_unknown({wanted: offered(wanted, file)}) == 0


def test_the_digest_is_of_what_was_compared() -> None:
    wanted = subject(sha("a"))
    one, other = served("demo-1.0.tar.gz", sha("a")), served("demo-1.0.zip", sha("b"))
    same = digest_of({wanted: offered(wanted, one, other)})
    assert same == digest_of({wanted: offered(wanted, other, one)})
    assert same != digest_of({wanted: offered(wanted, one)})
    assert same != digest_of({wanted: offered(wanted, one, msgspec.structs.replace(other, yanked=True))})
