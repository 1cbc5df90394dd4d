"""docs/scale.md: its figures are those of the table, and the lines are fitted right."""

from __future__ import annotations

import math
import random
from pathlib import Path

import pytest

from tests.benchmarks.fit import Line, Point, fit
from tests.benchmarks.growth import NAME, shown
from tests.docs import scale
from tests.docs.scale import Growth


def test_points_on_a_line_give_that_line() -> None:
    found = fit([Point(count, 3 + 0.25 * count) for count in (10, 100, 1000)])
    assert [round(value, 9) for value in found] == [3, 0.25, 0]
    assert found.at(400) == pytest.approx(103)


def test_no_other_line_has_less_squares() -> None:
    chance = random.Random(8)  # noqa: S311 - points
    points = [Point(count, chance.uniform(0, 9) + count / 50) for count in (1, 10, 100, 1000, 500)]
    best = fit(points)

    def away(line: Line) -> float:
        return math.sqrt(sum((point.value - line.at(point.number)) ** 2 for point in points) / len(points))

    assert away(best) == pytest.approx(best.residual)
    for _ in range(200):
        other = Line(best.intercept + chance.uniform(-1, 1), best.slope + chance.uniform(-0.01, 0.01), 0)
        assert away(other) >= best.residual


def _table(lines: dict[str, tuple[Line, Line]]) -> str:
    return "".join(
        f"| {NAME.format(thing)} and more; memory | {shown(*pair, thing)} |  |  | 1: met |  |\n"
        for thing, pair in lines.items()
    )


LINES = {
    thing: (Line(0.5, 0.001 * place, 0.25), Line(60, 0.02 * place, 1)) for place, thing in enumerate(scale.THINGS, 1)
}


def test_the_lines_of_the_table_are_read_back() -> None:
    found = scale.growths(_table(LINES))
    assert list(found) == list(scale.THINGS)
    assert found["record"] == Growth(0.5, 3, 0.25, 60, 60, 1)


def test_a_table_without_all_lines_has_none() -> None:
    assert scale.growths(_table({thing: LINES[thing] for thing in scale.THINGS[:3]})) == {}
    assert scale.growths("") == {}


def test_the_arithmetic() -> None:
    text = scale.figures(scale.growths(_table(LINES)))
    assert "| lock | 1.00 ms | 20.0 KB | 0.50 s, 60 MB | 0.25 s, 1 MB |" in text
    assert "| 1,000,000 | 16.7 min | 20.1 GB |" in text
    assert "8 GB hold 397,000 locks" in text
    assert "2,500 parts of 400 locks, 0.90 s each and 68 MB of memory, together 37.5 min of processors" in text
    assert "on 64 cores 35.2 s for each stage" in text


def test_the_page_has_the_figures_of_the_recorded_table(repository: Path) -> None:
    found = scale.growths((repository / "docs" / "benchmarks.md").read_text(encoding="utf-8"))
    page = (repository / "docs" / "scale.md").read_text(encoding="utf-8")
    _, start, rest = page.partition("<!-- growth: made by `nox -s generate` -->")
    block, end, _ = rest.partition("<!-- end of growth -->")
    assert start
    assert end
    if found:
        assert block.strip() == scale.figures(found)
    else:
        assert f"| {scale.SIZES[-1]:,} |" in block
