"""The first thing that a program for verification does: another process imports sigstore while this one imports the rest."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec

HELP = frozenset({"-h", "--help"})


def begin_early(words: Sequence[str]) -> None:
    """Start it where that is possible, which it is not without the packages that verify signatures.

    Args:
        words: The command line, without the program: help needs no such process.
    """
    if words and HELP.isdisjoint(words) and find_spec("msgspec") is not None:
        from ops.supply_chain.gather.trust.verification import verifying_workers

        verifying_workers.begin_early()
