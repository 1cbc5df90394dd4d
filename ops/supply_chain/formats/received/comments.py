"""Sentences in comments of SPDX: what the format has no field for, as `Label: value; value.`.

They are those that sealwright writes, and that any supplier may write: `Unknown: Component Hash Value; Component License.`
and `Delivery: separate.` of a package, `Generation context: build.` of the document's creation.
"""

from __future__ import annotations

import re
from functools import lru_cache

UNKNOWN, DELIVERY, PHASE = "Unknown", "Delivery", "Generation context"

DELIVERY_PROPERTY = "sealwright:delivery"

SEPARATE, MERGED = (DELIVERY_PROPERTY, "separate"), (DELIVERY_PROPERTY, "merged")
"""The delivery of what comes from its own source, and of what is inside the file of another component."""

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


def delivery_in(comment: str) -> tuple[tuple[str, str], ...]:
    """Return how a comment states that a component is delivered, as the property that CycloneDX has for it."""
    return tuple((DELIVERY_PROPERTY, value) for value in sentences_in(comment).get(DELIVERY, ()))
