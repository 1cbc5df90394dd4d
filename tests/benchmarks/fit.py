"""A straight line through measured points, by least squares: what something costs at all, and what each more of it adds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple


class Point(NamedTuple):
    """How many there were, and what they took."""

    number: float
    value: float


class Line(NamedTuple):
    """The fitted line.

    Attributes:
        intercept: The value at none.
        slope: What each one adds.
        residual: The root of the mean square of what the points are away from it, in the unit of the values.
    """

    intercept: float
    slope: float
    residual: float

    def at(self, count: float) -> float:
        """Return the value that the line has for a number."""
        return self.intercept + self.slope * count


def fit(points: Sequence[Point]) -> Line:
    """Return the line with the least squares of what the points are away from it.

    Args:
        points: At least two, with different counts.
    """
    size = len(points)
    middle = sum(point.number for point in points) / size
    height = sum(point.value for point in points) / size
    across = sum((point.number - middle) ** 2 for point in points)
    slope = sum((point.number - middle) * (point.value - height) for point in points) / across
    intercept = height - slope * middle
    away = sum((point.value - intercept - slope * point.number) ** 2 for point in points)
    return Line(intercept, slope, math.sqrt(away / size))
