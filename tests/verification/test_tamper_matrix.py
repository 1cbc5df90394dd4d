"""No damaged release is accepted, save where the change is harmless by design; and nothing untyped is ever raised."""

from __future__ import annotations

from collections import Counter

from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.outcome import Outcome
from tests.verification.tampering import REASONS, REWRITTEN, Case, cases, detached_cases, harmless
from tests.verification.world import Release, World

LEAST = 5_000
MOST_HARMLESS = 450
SAME_ROOT = "signs the same bytes: both releases have one trusted root"


def test_no_damage_is_accepted_but_what_is_harmless_by_design(world: World) -> None:
    tried = list(cases(world.first, world.second))
    accepted = [case for case in tried if is_accepted(world, world.first, case)]
    found = [(case, _reasons(world, case.changes)) for case in accepted]
    assert [f"{case.name}: {case.kind}" for case, reasons in found if not reasons or "" in reasons] == []
    assert len(tried) >= LEAST
    counted = Counter(reason for _, reasons in found for reason in reasons)
    assert set(counted) == {REWRITTEN, SAME_ROOT, *REASONS}
    assert counted.total() <= MOST_HARMLESS, counted


def test_no_damage_to_a_detached_signature_is_accepted(world: World) -> None:
    tried = list(detached_cases(world.detached))
    accepted = [f"{case.name}: {case.kind}" for case in tried if is_accepted(world, world.detached, case)]
    assert accepted == []
    assert len(tried) > 500


def is_accepted(world: World, release: Release, case: Case) -> bool:
    try:
        return world.judged(release.replaced(case.changes)).outcome is Outcome.PASS
    except InputError:
        return False  # the files are no release any more


def _reasons(world: World, changes: dict[str, bytes | None]) -> set[str]:
    """Say of each changed file why its change may be accepted; an empty text where it may not."""
    first, theirs = world.first.files, set(world.second.files.values())
    found = set()
    for name, data in changes.items():
        before = first.get(name, b"")
        if data != before:
            of_root = name.endswith("-trusted_root.json.sigstore.json") and data in theirs
            found.add(SAME_ROOT if of_root else harmless(name, before, data or b""))
    return found
