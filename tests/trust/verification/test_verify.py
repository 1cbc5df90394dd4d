from __future__ import annotations

from ops.supply_chain.core.outcome import Outcome
from tests.trust.verification.world import World, failures


def test_a_whole_release_verifies(world: World) -> None:
    found = world.judged(world.first.files)
    assert failures(found) == []
    assert (found.component, found.version, found.ruling, found.signed) == ("small", "v1.0", Outcome.PASS, True)
