"""Checks of `[[signing.identities]]`: each entry has one name or specific pattern, an issuer, valid dates and conditions.

Source: https://docs.python.org/3/library/re.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from functools import lru_cache

from ops.supply_chain.contracts.config.file import CONFIG_NAME
from ops.supply_chain.contracts.config.signing import SigningIdentity
from ops.supply_chain.core.errors import ErrorClass, UsageError
from ops.supply_chain.trust.identities.canaries import canaries, neighbours
from ops.supply_chain.trust.identities.conditions import condition_problem

PATTERN_FLAGS = re.ASCII
"""`\\w` and `(?i)` mean ASCII: no look-alike or case-folded letter from another alphabet."""

_PLACEHOLDER = re.compile(r"(?<![A-Za-z0-9-])OWNER/(?:REPO|NAME|REPOSITORY|PROJECT)(?![A-Za-z0-9_-])")
"""What examples write where an owner and a repository belong: anyone could register the account of that name."""

ADVICE = "docs/quick-start.md has an example of [[signing.identities]]."


def checked(entries: Iterable[SigningIdentity], *, where: str = CONFIG_NAME) -> tuple[SigningIdentity, ...]:
    """Return the entries unchanged if all of them are valid.

    Args:
        entries: In the order of the file; may be empty, and then no signer matches.
        where: What to call the file in an error.
    Raises:
        UsageError: An entry has no name or both forms, no issuer, an expression that is invalid or matches
            strangers, invalid or reversed dates, or an invalid condition.
    """
    found = tuple(entries)
    for position, entry in enumerate(found):
        problem = identity_problem(entry)
        if problem:
            raise UsageError(
                f"{where}: signing.identities[{position}]: {problem}", hint=ADVICE, kind=ErrorClass.CONFIGURATION
            )
    return found


def day(text: str) -> date | None:
    """Parse an ISO date; an empty text is None.

    Raises:
        ValueError: It is not a date as YYYY-MM-DD.
    """
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise ValueError(text)
    return date.fromisoformat(text)


def identity_problem(entry: SigningIdentity) -> str:
    """Return what is wrong with an entry; empty if nothing is."""
    if bool(entry.identity) == bool(entry.identity_regex):
        return "expected exactly one of 'identity' and 'identity_regex'"
    if not entry.issuer:
        return "'issuer' is empty"
    return (
        _placeholder_problem(entry)
        or _pattern_problem(entry.identity_regex)
        or _dates_problem(entry)
        or condition_problem(entry)
    )


def _placeholder_problem(entry: SigningIdentity) -> str:
    named = {"identity": entry.identity, "identity_regex": entry.identity_regex, "repository": entry.repository}
    for key, text in named.items():
        found = _PLACEHOLDER.search(text.replace("\\", ""))
        if found:
            return f"'{key}' still has the placeholder {found.group()}: write your own owner and repository"
    return ""


def _pattern_problem(pattern: str) -> str:
    try:
        compiled = re.compile(pattern, PATTERN_FLAGS)
    except (re.error, ValueError, RecursionError, OverflowError) as error:
        return f"'identity_regex' is not a regular expression: {error}"
    if pattern and compiled.fullmatch(""):
        return "'identity_regex' matches the empty name"
    return _stranger_problem(pattern) if pattern else ""


@lru_cache(maxsize=256)
def _stranger_problem(pattern: str) -> str:
    compiled = re.compile(pattern, PATTERN_FLAGS)
    stranger = next((name for name in (*canaries(), *neighbours(pattern)) if compiled.fullmatch(name)), "")
    return (
        f"'identity_regex' matches strangers, {stranger} for example: name the owner and the repository"
        if stranger
        else ""
    )


def _dates_problem(entry: SigningIdentity) -> str:
    days: dict[str, date | None] = {}
    for key, text in (("from", entry.since), ("until", entry.until)):
        try:
            days[key] = day(text)
        except ValueError:
            return f"'{key}' is {text!r}, expected a date as YYYY-MM-DD"
    since, until = days["from"], days["until"]
    if since and until and until < since:
        return f"ends on {until}, before it begins on {since}"
    return ""
