"""Cases of a matrix, and examples of a property, of which the default run takes a part."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from _pytest.mark.expression import Expression
from hypothesis import is_hypothesis_test, settings

SHARE, LEAST = 3, 25
"""Of the examples of a property the default run tries this part, and so many at least; `-m whole` tries all."""


def a_part(names: Iterable[str], step: int) -> list[Any]:
    """Return the names as parameters: the default run takes each so-many-th, `-m whole` the others."""
    return [
        name if number % step == 0 else pytest.param(name, marks=pytest.mark.whole) for number, name in enumerate(names)
    ]


def by_steps(step: int) -> pytest.MarkDecorator:
    """Give a test a `step`, for the cases that it counts itself: `every[::step]` is a part, all of them with `-m whole`."""
    return pytest.mark.parametrize(
        "step", [pytest.param(step, id="a part"), pytest.param(1, id="all", marks=pytest.mark.whole)]
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: Sequence[pytest.Item]) -> None:
    """Have the tests of properties take part in a run of `whole`, and try fewer examples in any other."""
    wanted = config.getoption("-m")
    whole = not wanted or Expression.compile(wanted).evaluate(lambda name, /, **_fields: name == "whole")
    tests = {item: item.obj for item in items if isinstance(item, pytest.Function) and is_hypothesis_test(item.obj)}
    for item in tests if whole else ():
        item.add_marker(pytest.mark.whole)
    for test in () if whole else set(tests.values()):
        given = test._hypothesis_internal_use_settings
        test._hypothesis_internal_use_settings = settings(given, max_examples=fewer(given.max_examples))


def fewer(examples: int) -> int:
    """Return how many examples of a property the default run tries."""
    return min(examples, max(LEAST, examples // SHARE))
