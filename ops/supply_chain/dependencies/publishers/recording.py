"""Recording publishers on first use: a recorded entry is only replaced for an accepted package."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import msgspec

from ops.supply_chain.contracts.files.publisher_baseline import PublisherBaseline
from ops.supply_chain.contracts.values.attestation import AttestationStatus
from ops.supply_chain.contracts.values.lock import Lock
from ops.supply_chain.contracts.values.publisher import AttestedPackage, Publisher
from ops.supply_chain.core.names import normalise
from ops.supply_chain.dependencies.publishers.attested import AttestedPin, entry_of
from ops.supply_chain.dependencies.publishers.metadata import Current
from ops.supply_chain.dependencies.publishers.requests import direct_of, in_scope


def recorded(
    lock: Lock,
    baseline: PublisherBaseline | None,
    current: Current,
    attested: Mapping[str, Sequence[AttestedPin]],
    *,
    accepted: Collection[str] = (),
) -> PublisherBaseline | None:
    """Return the baseline to write beside a lock, None if the present one stays.

    Args:
        lock: The lock.
        baseline: Its baseline, None if there is none.
        current: The present metadata of projects; a name that is not in it was not examined.
        attested: PEP 503 name -> every pin of that package in the lock, with its attestations.
        accepted: PEP 503 names whose present state replaces the recorded one.
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
    return {normalise(spelt): package for spelt, package in baseline.attested.items()}


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
    attested: Mapping[str, Sequence[AttestedPin]],
    accepted: Collection[str],
) -> dict[str, AttestedPackage]:
    present = {entry.pin.name for entry in lock.entries if in_scope(entry.pin)}
    found = {name: package for name, package in attested_of(baseline).items() if name in present}
    for name, pins in attested.items():
        if name in found and name not in accepted:
            continue
        entry = entry_of(pins)
        if entry is not None:
            found[name] = entry
        elif name in accepted and all(pin.examined and not pin.of(AttestationStatus.INVALID) for pin in pins):
            found.pop(name, None)  # accepted without attestations
    return dict(sorted(found.items()))
