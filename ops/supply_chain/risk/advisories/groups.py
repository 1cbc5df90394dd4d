"""Records of the same vulnerability of one package, grouped by their ids and aliases.

Aliases are symmetric and transitive: two records belong together if any chain of shared names
connects them. `related` and `upstream` are not aliases. A withdrawn record connects nothing, so that withdrawing
one never merges two vulnerabilities; its id is kept with the group whose name it has. Of several copies of a record,
the one with the newest `modified` counts.

Source: OSV schema, https://ossf.github.io/osv-schema/, "aliases", "upstream", "related", "withdrawn".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ops.supply_chain.contracts.values.advisory import GITHUB_PREFIX, MALWARE_PREFIX, Advisory

DISPLAY_ORDER = ("CVE-", GITHUB_PREFIX, "PYSEC-", MALWARE_PREFIX)
"""Names of the first kind come first; names of no kind come last."""

_PLACES = {prefix: place for place, prefix in enumerate(DISPLAY_ORDER)}


class VulnerabilityGroup(NamedTuple):
    """One vulnerability of one package.

    `names` are all ids and aliases in display order, `live` the records that are not withdrawn, sorted by id,
    `withdrawn` the ids of withdrawn records that have one of the names, sorted.
    """

    names: tuple[str, ...]
    live: tuple[Advisory, ...]
    withdrawn: tuple[str, ...]

    @property
    def malware(self) -> bool:
        """True if a name is from the malicious-packages repository."""
        return any(name.startswith(MALWARE_PREFIX) for name in self.names)


def join(advisories: Iterable[Advisory], *, now: int) -> tuple[VulnerabilityGroup, ...]:
    """Join the records of one package.

    Args:
        advisories: All that name the package, in any order.
        now: Unix seconds; a record that will be withdrawn later is still live.
    Returns:
        Groups sorted by their names; the same for every order of the records.
    """
    withdrawn_records: list[Advisory] = []
    live: list[Advisory] = []
    for advisory in sorted(_newest(advisories, now), key=_record_order):
        withdrawn = advisory.withdrawn is not None and advisory.withdrawn <= now
        (withdrawn_records if withdrawn else live).append(advisory)
    parents: dict[str, str] = {}
    for advisory in live:
        for name in (advisory.id, *advisory.aliases):
            _unite(parents, advisory.id, name)
    members: dict[str, list[Advisory]] = {}
    for advisory in live:
        members.setdefault(_root(parents, advisory.id), []).append(advisory)
    return tuple(
        sorted((_group(found, withdrawn_records) for found in members.values()), key=lambda group: group.names)
    )


def _newest(advisories: Iterable[Advisory], now: int) -> list[Advisory]:
    """Leave out older copies of a record: of copies with the same id, the newest that is not of the future counts.

    A copy without a date, or with a date in the future, is kept beside the others: it replaces none of them.
    """
    present = [item for item in advisories if item.superseded is None or item.superseded > now]
    newest: dict[str, int] = {}
    for item in present:
        if item.modified is not None and item.modified <= now:
            newest[item.id] = max(newest.get(item.id, item.modified), item.modified)
    return [item for item in present if item.modified is None or item.modified >= newest.get(item.id, item.modified)]


def display_key(name: str) -> tuple[int, str]:
    """Return the sort key of names for display: kind, then text."""
    return (_PLACES.get(name[: name.find("-") + 1], len(DISPLAY_ORDER)), name)


def _record_order(advisory: Advisory) -> tuple[str, int, tuple[str, ...], str]:
    """Return the sort key of records: the id; the rest orders records that a feed has twice."""
    return (advisory.id, advisory.modified or 0, advisory.versions, advisory.summary)


def _group(live: Sequence[Advisory], withdrawn_records: Sequence[Advisory]) -> VulnerabilityGroup:
    names = {name for advisory in live for name in (advisory.id, *advisory.aliases)}
    withdrawn = {item.id for item in withdrawn_records if names & {item.id, *item.aliases}}
    return VulnerabilityGroup(
        tuple(sorted(names, key=display_key)),
        tuple(live),
        tuple(sorted(withdrawn - {item.id for item in live})),
    )


def _unite(parents: dict[str, str], name: str, other: str) -> None:
    first, second = _root(parents, name), _root(parents, other)
    if first != second:
        parents[max(first, second)] = min(first, second)


def _root(parents: dict[str, str], name: str) -> str:
    parents.setdefault(name, name)
    while parents[name] != name:
        parents[name] = parents[parents[name]]
        name = parents[name]
    return name
