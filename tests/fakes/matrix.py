"""Combinations of two lists, of which the default run takes a part in which each of both is seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest


def diagonals(rows: Sequence[Any], columns: Sequence[Any], *, step: int) -> list[Any]:
    """Return every combination for `parametrize`; all but each so-many-th diagonal run with `-m whole` only.

    Args:
        rows: Not fewer than `step`.
        columns: Not fewer than `step`.
        step: Of so many diagonals the default run takes one.
    """
    assert min(len(rows), len(columns)) >= step
    return [
        pytest.param(row, column, marks=[] if (i + j) % step == 0 else [pytest.mark.whole])
        for i, row in enumerate(rows)
        for j, column in enumerate(columns)
    ]
