"""Cases of a matrix of which the default run takes a part."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


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
