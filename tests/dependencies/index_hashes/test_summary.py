from __future__ import annotations

import msgspec

from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.dependencies.index_hashes.summary import text_of

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
