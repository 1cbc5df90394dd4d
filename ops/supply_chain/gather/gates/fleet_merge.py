"""The results of all parts of a fleet as one: what a stage would have found in all of its projects at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ops.supply_chain.contracts.files.fleet import PartResult, Tallies
from ops.supply_chain.contracts.files.record import ExcludedFiles, FeedRef
from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.core.errors import UnavailableError
from ops.supply_chain.core.outcome import Outcome, worst
from ops.supply_chain.runner.context import StageResult

GREATEST = frozenset({"feed_age_hours"})
"""Counts of which the greatest one counts; others are added up, unless there is a tally of that name."""

LEDGER = "ledger"


class MergedParts(NamedTuple):
    """The result of all parts, with counts that are added up, and the tallies of all."""

    result: StageResult
    tallies: Tallies


def merge(parts: Sequence[PartResult], components: Sequence[str]) -> MergedParts:
    """Merge the results of parts.

    Args:
        parts: At least one, in the order of their first projects.
        components: All projects of the fleet, in its order.
    Raises:
        UnavailableError: Two parts used different states of one feed.
    """
    _require_same_feeds(parts)
    common, tallies = _common(parts), _tallies(parts)
    findings = [*(finding for part in parts for finding in part.findings), *common]
    outcomes = [part.outcome for part in parts] + [Outcome.NOT_EXAMINED] * bool(common)
    result = StageResult(
        outcome=worst(outcomes),
        details=in_order([part.details for part in parts]),
        counts=_counts(parts, tallies),
        findings=tuple(sorted(findings, key=lambda finding: finding.sort_key)),
        reads=tuple(ref for part in parts for ref in part.reads),
        tools=tuple(dict.fromkeys(tool for part in parts for tool in part.tools)),
        feeds=_feeds(parts),
        options=parts[0].options,
        notes=in_order([part.notes for part in parts]),
        broken_input=any(part.broken for part in parts),
        excluded=_excluded(parts, components),
        document=next((part.document for part in parts if part.feeds), parts[0].document),
    )
    return MergedParts(result, tallies)


def in_order(lists: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Return what is in any of some lists, once, in an order that agrees with each of them.

    Args:
        lists: Parts of one list.
    """
    found: list[str] = []
    for listed in lists:
        at = 0
        for item in listed:
            if item in found:
                at = found.index(item) + 1
            else:
                found.insert(at, item)
                at += 1
    return tuple(found)


def _common(parts: Sequence[PartResult]) -> list[Finding]:
    """Return the findings about the run as a whole that the first part does not have; no waiver can be about one, on one machine neither."""
    known = set(parts[0].common)
    return list(dict.fromkeys(finding for part in parts[1:] for finding in part.common if finding not in known))


def _tallies(parts: Iterable[PartResult]) -> Tallies:
    found: Tallies = {}
    for part in parts:
        for name, things in part.tallies.items():
            found.setdefault(name, {}).update(things)
    return found


def _counts(parts: Sequence[PartResult], tallies: Tallies) -> dict[str, int]:
    every = [dict(part.counts) for part in parts]
    counts: dict[str, int] = {}
    for name in in_order([list(counted) for counted in every]):
        values = [counted[name] for counted in every if name in counted]
        counts[name] = max(values) if name in GREATEST else sum(values)
        if name in tallies:
            counts[name] = sum(tallies[name].values())
    return counts


def _feeds(parts: Sequence[PartResult]) -> tuple[FeedRef, ...]:
    """Return the feeds once each; ledgers belong to a project each and may be equal."""
    shared = dict.fromkeys(feed for part in parts for feed in part.feeds if feed.name != LEDGER)
    return (*shared, *(feed for part in parts for feed in part.feeds if feed.name == LEDGER))


def _require_same_feeds(parts: Sequence[PartResult]) -> None:
    digests: dict[tuple[str, str, object], str | None] = {}
    for feed in _feeds(parts):
        key = (feed.name, feed.address, feed.origin)
        if feed.name != LEDGER and digests.setdefault(key, feed.sha256) != feed.sha256:
            raise UnavailableError(
                f"the workers used different states of {feed.name} {feed.address}".rstrip(),
                hint="Use one cache on a shared file system for all of them with --cache, then run again.",
            )


def _excluded(parts: Sequence[PartResult], components: Sequence[str]) -> tuple[ExcludedFiles, ...]:
    """Return what is excluded in the order of the projects; an entry begins with the name of its own."""
    place = {component: number for number, component in enumerate(components)}
    entries = (entry for part in parts for entry in part.excluded)
    return tuple(sorted(entries, key=lambda entry: place.get(entry.path.partition("/")[0], len(place))))
