"""The entry that is advised is one that works."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from ops.supply_chain.contracts.config.file import parse_config
from ops.supply_chain.trust.identities.check import checked
from ops.supply_chain.trust.identities.entry import entry_to_add
from ops.supply_chain.trust.identities.matching import matching

DAY = date(2026, 11, 20)


def test_the_entry() -> None:
    assert entry_to_add("me@example.org", "https://accounts.google.com", DAY) == (
        "[[signing.identities]]\n"
        'identity = "me@example.org"\n'
        'issuer = "https://accounts.google.com"\n'
        'role = "release"\n'
        'from = "2026-11-20"'
    )


@pytest.mark.parametrize("name", ["me@example.org", 'a"b', "a\\b", "jos\u00e9@example.org", "a#b", "\U0001f600"])
def test_the_entry_lets_exactly_this_one_sign(name: str) -> None:
    found = checked(parse_config(entry_to_add(name, "i", DAY)).signing.identities)
    assert matching(found, name, "i", datetime(2026, 11, 20, tzinfo=UTC)) is not None


@pytest.mark.parametrize("name", ["a\nb", "a\x7fb", "a\u202eb", 'x"\nmode = "checksums'])
def test_a_name_cannot_break_out_of_the_entry(name: str) -> None:
    found = parse_config(entry_to_add(name, "i", DAY)).signing
    assert len(found.identities) == 1
    assert found.mode.value == "sigstore"
