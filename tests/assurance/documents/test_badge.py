"""The badge counts, and never calls anything good that is not a release."""

from __future__ import annotations

from ops.supply_chain.assurance.documents.badge import badge
from tests.assurance.documents.support import IDS, facts, released


def test_without_a_release() -> None:
    assert badge(facts()) == {
        "schemaVersion": 1,
        "label": "supply chain",
        "message": "no release yet",
        "color": "lightgrey",
    }


def test_of_a_rehearsal() -> None:
    shown = badge(released(*IDS, rehearsal=True))
    assert (shown["message"], shown["color"]) == ("rehearsed, not released", "lightgrey")


def test_of_a_release() -> None:
    shown = badge(released("signed-releases", "slsa-build-l1"))
    assert (shown["message"], shown["color"]) == (f"1.0: 2 of {len(IDS)} claims", "blue")
