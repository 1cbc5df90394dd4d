"""Sentences in comments of SPDX: what the format has no field for, as `Label: value; value.`.

They are those that sealwright writes, and that any supplier may write: `Unknown: Component Hash Value; Component License.`
and `Delivery: separate.` of a package, `Generation context: build.` of the document's creation.
"""

from __future__ import annotations

import re
from functools import lru_cache

UNKNOWN, DELIVERY, PHASE = "Unknown", "Delivery", "Generation context"

SEPARATE = "separate"
"""The delivery of what is not part of the product's delivery."""

_SENTENCE = re.compile(rf"(?:\A|[.]\s+)({UNKNOWN}|{DELIVERY}|{PHASE}): ([A-Za-z; -]+)(?=[.](?:\s|\Z))")


@lru_cache(maxsize=4096)
def sentences_in(comment: str) -> dict[str, tuple[str, ...]]:
    """Return the values of each label in a comment, in order; the result is shared and not to be changed."""
    found: dict[str, tuple[str, ...]] = {}
    if ": " in comment:
        for match in _SENTENCE.finditer(comment):
            values = tuple(value.strip() for value in match[2].split(";") if value.strip())
            found[match[1]] = (*found.get(match[1], ()), *values)
    return found


def unknown_in(comment: str) -> tuple[str, ...]:
    """Return the elements that a comment states to be unknown."""
    return sentences_in(comment).get(UNKNOWN, ())


def is_separate(comment: str) -> bool:
    """Return whether a comment states that the component is not delivered with the product."""
    return SEPARATE in sentences_in(comment).get(DELIVERY, ())
