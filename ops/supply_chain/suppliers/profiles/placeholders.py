"""What is written where nothing is known: it states nothing, whatever field it is in.

`NOASSERTION` states that something is unknown, in every format; other words only fill a field that must not be empty.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from ops.supply_chain.core.text import excerpt
from ops.supply_chain.suppliers.profiles.elements import PlaceState, Result

_UNKNOWN = "noassertion"
_FILLERS = frozenset(
    {
        "n/a", "na", "none", "null", "nil", "undefined", "unknown", "unspecified", "unnamed", "untitled", "tbd", "tba",
        "todo", "fixme", "placeholder", "not specified", "not available", "not applicable", "not provided", "not known",
        "no name", "no version", "to be determined", "to be defined",
    }
)  # fmt: skip
MOST_REMEMBERED = 1 << 16
MOST_CHARACTERS = 100
"""Of a text whose answer is remembered: documents share names and versions."""

_AROUND = " \t\r\n\u00a0\u200b\ufeff()[]<>{}\"'.!?*_-"


def is_given(text: str) -> bool:
    """Return whether a text states something: it is not empty, `NOASSERTION`, a word that fills a field, or signs alone."""
    return _remembered(text) if len(text) <= MOST_CHARACTERS else _states(text)


def _states(text: str) -> bool:
    word = " ".join(text.split()).strip(_AROUND).casefold()
    return bool(word) and word != _UNKNOWN and word.replace(".", "") not in _FILLERS


_remembered = lru_cache(maxsize=MOST_REMEMBERED)(_states)


def is_unknown(text: str) -> bool:
    """Return whether a text is `NOASSERTION`."""
    return text.strip().casefold() == _UNKNOWN


def state_of(texts: Iterable[str], what: str) -> Result | None:
    """Return the state of an element that one of some texts must give.

    Args:
        texts: As written, also none.
        what: The element, for the gap: `its version`.
    Returns:
        None where all are empty.
    """
    written = [text for text in texts if text.strip()]
    if any(map(is_given, written)):
        return PlaceState.MET
    if any(map(is_unknown, written)):
        return PlaceState.UNKNOWN
    return f"{what} is a placeholder: {excerpt(written[0])!r}" if written else None
