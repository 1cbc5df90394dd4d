from __future__ import annotations

import re

from ops.supply_chain.dependencies.updates.choose import choose
from ops.supply_chain.dependencies.updates.table import rows_of, text_of
from tests.dependencies.updates.builders import NOW, release, wanted


def rows(*, closes: bool = False) -> list[dict[str, object]]:
    dependency = wanted()
    releases = [release("1.0", 300, yanked=True), release("1.1", 40), release("1.2", 1), release("2.0")]
    update = choose(dependency, releases, now=NOW, cool_down_days=7)
    assert update is not None
    ids = {("demo", "1.0", "1.2"): ("CVE-1",)} if closes else {}
    return rows_of([update], {dependency: {"b:2", "a:1"}}, ids)


def test_a_row_has_every_fact() -> None:
    assert rows(closes=True) == [
        {
            "package": "demo",
            "version": "1.0",
            "range": "<2",
            "age_days": 300,
            "listed": True,
            "yanked": True,
            "yanked_reason": "bad",
            "inside": [
                {"version": "1.2", "age_days": 1, "cooling_until": "2026-11-26", "closes": ["CVE-1"]},
                {"version": "1.1", "age_days": 40, "cooling_until": "", "closes": []},
            ],
            "outside": [{"version": "2.0", "age_days": 100, "cooling_until": "", "closes": []}],
            "places": ["a:1", "b:2"],
        }
    ]


def cells(line: str) -> list[str]:
    return re.split(" {2,}", line)


def test_the_table() -> None:
    first, head, row = text_of(rows(closes=True), locks=2).splitlines()
    assert first == "1 direct dependency in 2 locks, 0 at the newest version"
    assert cells(head) == ["package", "pinned", "age", "range", "newest in range", "newest outside", "fixes"]
    assert cells(row) == [
        "demo",
        '1.0 (yanked: "bad")',
        "300 d",
        "<2",
        "1.2 (1 d, cooling down until 2026-11-26), before it 1.1 (40 d)",
        "2.0 (100 d)",
        "CVE-1",
    ]
    assert [head.index(" age ") + 1, head.index("fixes")] == [row.index("300 d"), row.index("CVE-1")]


def test_what_is_newest_is_counted_and_not_listed() -> None:
    dependency = wanted(span=None)
    update = choose(dependency, [release("1.0")], now=NOW, cool_down_days=7)
    assert update is not None
    told = rows_of([update], {dependency: {"a:1"}}, {})
    assert text_of(told, locks=1) == "1 direct dependency in 1 lock, 1 at the newest version"


def test_what_the_index_no_longer_has_is_listed() -> None:
    dependency = wanted(span=None)
    update = choose(dependency, [], now=NOW, cool_down_days=7)
    assert update is not None
    last = text_of(rows_of([update], {dependency: {"a:1"}}, {}), locks=1).splitlines()[-1]
    assert cells(last) == ["demo", "1.0 (no longer on the index)", "age unknown", "not known", "-", "-", "-"]
