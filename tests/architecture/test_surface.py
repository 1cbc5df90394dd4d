"""What other programs depend on stays: `surface.json` was written once from the code, and only grows."""

from __future__ import annotations

import pytest

from tests.architecture import surface

LOST = """The code no longer has these entries of tests/architecture/surface.json, which other programs depend on.
Bring them back. To take one out on purpose, delete its line there and say in CHANGELOG.md what users do instead.
"""
GROWN = """The code has entries that tests/architecture/surface.json lacks. If users may depend on them from now on, run
python -m tests.architecture.surface --add
"""


def test_the_surface_is_the_committed_one() -> None:
    before, now = surface.committed(), surface.derive()
    assert set(now) == set(before)
    lost, new = surface.removed(before, now), surface.added(before, now)
    assert not lost, LOST + "\n".join(lost)
    assert not new, GROWN + "\n".join(new)


@pytest.mark.parametrize(
    "entry",
    [
        "codes of findings and checks: lock.unhashed",
        "codes of findings and checks: waiver.expired",  # the second word is an argument
        "codes of findings and checks: malware.not-examined",  # the first word is one
        "codes of findings and checks: claim.not-supported",  # an enumeration's value
        "rules and claims: release.findings",
        "exit codes: 130 INTERRUPTED",
        "file names: checksums.txt",
        "environment variables: SEALWRIGHT_CACHE",
        "configuration keys: waiver_rules?.max_days? = 180",
        "sessions: rehearse",
        "options: check_hashes --bytes",
        "documents: record/1 findings[].code: string",
        "documents: summary/1 outcome",
        "results: path, sha256, size",
    ],
)
def test_each_kind_of_entry_is_listed_and_missed_when_it_goes(entry: str) -> None:
    before = surface.committed()
    name, _, text = entry.partition(": ")
    assert text in before[name]
    without = {**before, name: [other for other in before[name] if other != text]}
    assert surface.removed(before, without) == [entry]
    assert surface.added(without, before) == [entry]
    assert surface.removed(without, before) == surface.added(before, without) == []


def test_a_code_that_no_call_gives_is_not_invented() -> None:
    listed = {code for code in surface.committed()["codes of findings and checks"] if code.startswith("waiver.")}
    assert listed == {
        "waiver.expired",
        "waiver.expiring",
        "waiver.exploited",
        "waiver.malformed",
        "waiver.not-yet",
        "waiver.partial",
        "waiver.unused",
    }
