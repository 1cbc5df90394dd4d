"""Which `[[signing.identities]]` make sense."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ops.supply_chain.contracts.config.file import parse_config
from ops.supply_chain.contracts.config.signing import SigningIdentity
from ops.supply_chain.core.errors import UsageError
from ops.supply_chain.trust.identities.check import ADVICE, checked, day

GOOD = {"identity": "me@example.org", "issuer": "https://accounts.google.com"}
BAD = {
    "nobody": ({"identity": ""}, "expected exactly one of 'identity' and 'identity_regex'"),
    "two": ({"identity_regex": "x"}, "expected exactly one of 'identity' and 'identity_regex'"),
    "no issuer": ({"issuer": ""}, "'issuer' is empty"),
    "from is prose": ({"since": "spring"}, "'from' is 'spring', expected a date as YYYY-MM-DD"),
    "from is a week": ({"since": "2026-W01-1"}, "'from' is '2026-W01-1', expected a date as YYYY-MM-DD"),
    "from is a moment": (
        {"since": "2026-01-01T00:00:00"},
        "'from' is '2026-01-01T00:00:00', expected a date as YYYY-MM-DD",
    ),
    "until is no day": ({"until": "2026-02-30"}, "'until' is '2026-02-30', expected a date as YYYY-MM-DD"),
    "ends before it begins": (
        {"since": "2026-02-02", "until": "2026-02-01"},
        "ends on 2026-02-01, before it begins on 2026-02-02",
    ),
    "open bracket": (
        {"identity": "", "identity_regex": "a["},
        "'identity_regex' is not a regular expression: unterminated character set at position 1",
    ),
    "unicode on purpose": (
        {"identity": "", "identity_regex": "(?u)a"},
        "'identity_regex' is not a regular expression: ASCII and UNICODE flags are incompatible",
    ),
    "an example's name": (
        {"identity": "https://github.com/OWNER/REPO/.github/workflows/release.yml@refs/tags/v1"},
        "'identity' still has the placeholder OWNER/REPO: write your own owner and repository",
    ),
    "an example's expression": (
        {
            "identity": "",
            "identity_regex": r"https://github\.com/OWNER/REPO/\.github/workflows/release\.yml@refs/tags/v.+",
        },
        "'identity_regex' still has the placeholder OWNER/REPO: write your own owner and repository",
    ),
    "an example's repository": (
        {"repository": "OWNER/NAME"},
        "'repository' still has the placeholder OWNER/NAME: write your own owner and repository",
    ),
    "matches the empty name": ({"identity": "", "identity_regex": ".*"}, "'identity_regex' matches the empty name"),
}


def entry(**changes: str) -> SigningIdentity:
    facts: dict[str, Any] = {**GOOD, **changes}
    return SigningIdentity(**facts)


def test_entries_that_make_sense_come_back_in_order() -> None:
    entries = (
        entry(since="2026-01-01", until="2026-01-01"),
        entry(identity="", identity_regex=r"https://github\.com/o/r/.+"),
        entry(),
        entry(
            identity="https://github.com/owner/repo/.github/workflows/r.yml@refs/tags/v1", repository="my-OWNER/REPO-x"
        ),
    )
    assert checked(entries) == entries
    assert checked(()) == ()


@pytest.mark.parametrize("case", BAD)
def test_entries_that_make_none(case: str) -> None:
    changes, problem = BAD[case]
    with pytest.raises(UsageError) as caught:
        checked([entry(), entry(**changes)], where="config")
    assert caught.value.message == f"config: signing.identities[1]: {problem}"
    assert caught.value.hint == ADVICE


def test_toml_dates_are_days_too() -> None:
    text = '[[signing.identities]]\nidentity = "a"\nissuer = "b"\nfrom = 2026-01-02\n'
    [one] = checked(parse_config(text).signing.identities)
    assert day(one.since) == date(2026, 1, 2)
    assert day(one.until) is None
