"""The table of benchmarks: a case that is measured alone replaces its own rows and leaves the others."""

from __future__ import annotations

from tests.benchmarks.__main__ import END, START, merged, render
from tests.benchmarks.spine import Row

OLD = [Row("locks of soar, 76 of them", "0.4 s", "1 s"), Row("start of 27 scripts", "180 ms", "150 ms")]


def test_rows_are_replaced_by_name_whatever_numbers_are_in_it() -> None:
    page = f"# Benchmarks\n\n{START}\n\n{render(OLD)}\n{END}\n"
    assert merged(page, []) == OLD
    new = [Row("start of 31 scripts", "140 ms", "150 ms"), Row("double build", "9 s", "1.2 times")]
    assert merged(page, new) == [OLD[0], *new]


def test_a_page_without_a_table_gets_the_new_rows() -> None:
    assert merged("# Benchmarks\n", OLD) == OLD
