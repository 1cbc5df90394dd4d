"""What is known of each subject in the end: facts, and whether all of its hashes were looked at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ops.supply_chain.dependencies.index_hashes import facts
from ops.supply_chain.dependencies.index_hashes.artifacts import Bytes, Fetch, hold, still_missing
from ops.supply_chain.dependencies.index_hashes.compare import Comparison
from ops.supply_chain.dependencies.index_hashes.facts import Fact
from ops.supply_chain.dependencies.index_hashes.subjects import Subject, algorithm_of

WITH_BYTES = "Run again with --bytes: only a download can tell."


class Gap(NamedTuple):
    """Why something was not had, and what to do about it."""

    why: str
    remedy: str


class Verdict(NamedTuple):
    """Facts, whether everything was looked at, and how many of the subject's hashes the index serves."""

    facts: tuple[Fact, ...]
    examined: bool
    served: int = 0


Fetched = Sequence[tuple[Fetch, Bytes | Gap]]
"""Downloads of one subject, and what came of each."""


def settle(subject: Subject, compared: Comparison | Gap, fetched: Fetched | None) -> Verdict:
    """Conclude about one subject.

    Args:
        subject: What was looked at.
        compared: What came of its page, or why there is none. Of a subject with an address: an empty comparison.
        fetched: Its downloads; None where nothing is downloaded in this run.
    """
    if isinstance(compared, Gap):
        return Verdict((facts.not_examined(subject.label, *compared),), examined=False)
    if fetched is None:
        gaps = _only_by_download(subject, compared)
        found = compared.facts
    else:
        had = [(fetch, sent) for fetch, sent in fetched if isinstance(sent, Bytes)]
        gaps = [sent for _, sent in fetched if isinstance(sent, Gap)]
        held = tuple(fact for fetch, sent in had if (fact := hold(fetch, sent)))
        found = (*compared.facts, *held, *(() if gaps else still_missing(subject, compared.unannounced, had)))
    told = tuple(facts.not_examined(subject.label, *gap) for gap in gaps)
    return Verdict((*found, *told), not told, len(compared.served))


def _only_by_download(subject: Subject, compared: Comparison) -> list[Gap]:
    if subject.url:
        return [Gap("it comes from an address and not from an index", WITH_BYTES)]
    if not compared.unannounced:
        return []
    algorithms = ", ".join(sorted(set(map(algorithm_of, compared.unannounced))))
    count = len(compared.unannounced)
    return [
        Gap(f"the index does not announce {algorithms} for all its files, which {count} of its hashes are", WITH_BYTES)
    ]
