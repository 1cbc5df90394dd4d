"""The component name: safe in a file name, derived from the project's own names."""

from __future__ import annotations

import re
from collections.abc import Iterable

_UNSAFE = re.compile(r"[^A-Za-z0-9._+-]+")
_EDGES = re.compile(r"\A[^A-Za-z0-9]+|[^A-Za-z0-9]+\Z")
FALLBACK = "component"
LONGEST = 100


def component_name(candidates: Iterable[str]) -> str:
    """Return the first candidate that is not empty after unsafe characters are removed.

    Args:
        candidates: In order of preference; any text, empty included.
    Returns:
        Letters, digits and `. _ + -`, beginning and ending with a letter or digit; `component` where nothing is left.
    """
    for candidate in candidates:
        dashed = re.sub(r"\.{2,}", ".", _UNSAFE.sub("-", candidate))[:LONGEST]
        safe = _EDGES.sub("", dashed)
        if safe:
            return safe
    return FALLBACK
