from __future__ import annotations

import pytest

from ops.supply_chain.dependencies.drift.constraints import admits

# Source of the Poetry rows: https://python-poetry.org/docs/dependency-specification/
CASES = [
    ("^1.2.3", "1.2.3", "1.9", "2.0.0 1.2.2 2.0.0rc1"),
    ("^0.2.3", "0.2.3", "0.2.9", "0.3.0"),
    ("^0.0.3", "0.0.3", "0.0.3.post1", "0.0.4"),
    ("^0.0", "0.0.0", "0.0.9", "0.1.0"),
    ("^0", "0.0.1", "0.9", "1.0"),
    ("~1.2.3", "1.2.3", "1.2.9", "1.3.0"),
    ("~1.2", "1.2.0", "1.2.9", "1.3"),
    ("~1", "1.0", "1.9", "2.0"),
    ("~=1.4", "1.4", "1.9", "2.0 1.3"),
    ("1.2.*", "1.2.0", "1.2.9", "1.3"),
    ("1.2", "1.2", "1.2.0", "1.2.1"),
    ("=1.2", "1.2", "1.2.0", "1.3"),
    (">= 1.2, < 1.5", "1.2", "1.4", "1.5"),
    (">=1.2 <1.5", "1.2", "1.4", "1.5"),
    ("^1.2 || ^3", "1.3", "3.1", "2.0"),
    ("*", "0.1", "99", ""),
    ("", "0.1", "1.0rc1", ""),
    (">=1", "2.0b1", "1!0.1", "0.9"),
]


@pytest.mark.parametrize(("constraint", "first", "second", "refused"), CASES, ids=[case[0] or "none" for case in CASES])
def test_a_constraint_admits_what_its_tool_would(constraint: str, first: str, second: str, refused: str) -> None:
    assert admits(constraint, first)
    assert admits(constraint, second)
    assert [version for version in refused.split() if admits(constraint, version)] == []


@pytest.mark.parametrize(("constraint", "version"), [("latest", "1.0"), ("^x", "1.0"), (">=1", "one"), ("==", "1")])
def test_what_is_not_understood_is_an_error(constraint: str, version: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        admits(constraint, version)
