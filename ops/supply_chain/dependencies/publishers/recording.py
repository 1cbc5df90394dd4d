"""Recording publishers on first use: what is known is never overwritten, unless a name is accepted anew."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import msgspec

from ops.supply_chain.contracts.files.publisher_baseline import PublisherBaseline
from ops.supply_chain.contracts.values.attestation import Looked
from ops.supply_chain.contracts.values.lock import Lock
from ops.supply_chain.contracts.values.publisher import AttestedPackage, Publisher
from ops.supply_chain.core.names import normalise
from ops.supply_chain.dependencies.publishers.attested import Attested, entry_of
from ops.supply_chain.dependencies.publishers.metadata import Current
from ops.supply_chain.dependencies.publishers.questions import direct_of, in_scope


def recorded(
    lock: Lock,
    baseline: PublisherBaseline | None,
    current: Current,
    attested: Mapping[str, Sequence[Attested]],
    *,
    accepted: Collection[str] = (),
) -> PublisherBaseline | None:
    """Return the baseline to write beside a lock, None where the present one stays.

    Args:
        lock: The lock.
        baseline: What lies beside it, None where there is none.
        current: What the index says of projects; a name that is not in it was not examined.
        attested: PEP 503 name -> every pin of that package in the lock, looked at.
        accepted: PEP 503 names whose present state replaces what was recorded.
    """
    direct = _direct(lock, baseline, current, accepted)
    packages = _attested(lock, baseline, attested, accepted)
    if baseline is None and not direct and not packages:
        return None
    known = baseline.attested if baseline else msgspec.UNSET
    new = PublisherBaseline(
        direct_deps=direct, attested=packages if packages or known is not msgspec.UNSET else msgspec.UNSET
    )
    return None if new == baseline else new


def attested_of(baseline: PublisherBaseline | None) -> dict[str, AttestedPackage]:
    """Return the attested packages of a baseline by PEP 503 name, empty where that was never recorded."""
    if baseline is None or isinstance(baseline.attested, msgspec.UnsetType):
        return {}
    return {normalise(spelt): one for spelt, one in baseline.attested.items()}


def _direct(
    lock: Lock, baseline: PublisherBaseline | None, current: Current, accepted: Collection[str]
) -> dict[str, Publisher]:
    direct = direct_of(lock)
    old = baseline.direct_deps if baseline else {}
    spelling = {normalise(spelt): spelt for spelt in old}
    found = {spelt: old[spelt] for name, spelt in spelling.items() if name in direct}
    for name in direct:
        now = current.get(name)
        if now is not None and (name not in spelling or name in accepted):
            found[spelling.get(name, name)] = now
    return dict(sorted(found.items()))


def _attested(
    lock: Lock,
    baseline: PublisherBaseline | None,
    attested: Mapping[str, Sequence[Attested]],
    accepted: Collection[str],
) -> dict[str, AttestedPackage]:
    present = {entry.pin.name for entry in lock.entries if in_scope(entry.pin)}
    found = {name: one for name, one in attested_of(baseline).items() if name in present}
    for name, pins in attested.items():
        if name in found and name not in accepted:
            continue
        entry = entry_of(pins)
        if entry is not None:
            found[name] = entry
        elif name in accepted and all(pin.examined and not pin.of(Looked.INVALID) for pin in pins):
            found.pop(name, None)  # accepted that nobody attests it any more
    return dict(sorted(found.items()))
