"""The findings and counts of a project, from everything that was fetched for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from ops.supply_chain.contracts.config.publishers import PublishersConfig
from ops.supply_chain.contracts.values.attestation import AttestationRequest, AttestationStatus, FileAttestation
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.contracts.values.lock import Lock, LockEntry, Pin, PinSource
from ops.supply_chain.contracts.values.publisher import AttestedPackage
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.text import printable
from ops.supply_chain.dependencies.publishers.attested import AttestedPin, compare_attestations
from ops.supply_chain.dependencies.publishers.metadata import Current, compare_metadata
from ops.supply_chain.dependencies.publishers.recording import attested_of
from ops.supply_chain.dependencies.publishers.requests import ProjectLocks, Requests

NAMED_AT_MOST = 5
NO_JSON_REASON = "the index that the lock names has no known project JSON"
NO_JSON_STEP = "Use the configured index for them, or set [index].url and [index].json_url to that index."
UNUSABLE_STEP = f"Run {command('lock')}, so that each is pinned with hashes."

_PinKey = tuple[str, str, PinSource, tuple[str, ...]]


class Observations(NamedTuple):
    """What was fetched: publisher metadata by name, files by request, and why metadata is missing."""

    current: Current
    files: Mapping[AttestationRequest, tuple[FileAttestation, ...]]
    reason: str = ""
    remedy: str = ""


NO_OBSERVATIONS = Observations({}, {})

Collected = tuple[ProjectLocks, Requests, Observations]


def findings_of(project: ProjectLocks, requests: Requests, observed: Observations) -> tuple[Finding, ...]:
    """Compare what was fetched with the baselines of a project.

    Returns:
        Findings with path and line of each lock, then one for each part that was not examined.
    """
    found: list[Finding] = []
    known: dict[tuple[AttestationRequest, bytes], tuple[Finding, ...]] = {}
    for lock in project.locks:
        baseline = project.baselines[lock.path]
        found += compare_metadata(lock, baseline, observed.current, project.config)
        packages = attested_of(baseline)
        for entry in lock.entries:
            request = requests.attestations.get(entry.pin)
            if request is not None:
                recorded = packages.get(entry.pin.name)
                found += _at(lock, entry, _compared(request, recorded, observed, project.config, known))
    return (*found, *not_examined(requests, observed))


def not_examined(requests: Requests, observed: Observations) -> tuple[Finding, ...]:
    """Return one `publisher.not-examined` finding for each part that could not be fetched, with the remedy."""
    return (*_missing_publishers(requests, observed), *_missing_files(requests, observed))


def has_any(observed: Observations) -> bool:
    """Return whether anything at all was fetched."""
    every = (file for files in observed.files.values() for file in files)
    return bool(observed.current) or any(file.state is not AttestationStatus.NOT_EXAMINED for file in every)


def attested_in(lock: Lock, requests: Requests, observed: Observations) -> dict[str, list[AttestedPin]]:
    """Return the pins of a lock whose attestations were requested, by PEP 503 name."""
    found: dict[str, list[AttestedPin]] = {}
    for pin in dict.fromkeys(entry.pin for entry in lock.entries):
        request = requests.attestations.get(pin)
        if request is not None:
            found.setdefault(pin.name, []).append(attested_pin(request, observed))
    return found


def attested_pin(request: AttestationRequest, observed: Observations) -> AttestedPin:
    """Return a pin with the attestations of its files."""
    return AttestedPin(request.project, request.version, observed.files.get(request, ()))


def examined_pins(requests: Requests, observed: Observations) -> frozenset[Pin]:
    """Return the distinct pins for which everything that was requested was fetched."""
    silent = {name for name in requests.names if name not in observed.current} | requests.elsewhere
    attestations = requests.attestations
    return frozenset(
        pin
        for pin in requests.pins - set(requests.unusable)
        if pin.name not in silent and (pin not in attestations or attested_pin(attestations[pin], observed).examined)
    )


def counts_of(collected: Sequence[Collected]) -> dict[str, int]:
    """Return the counts of a run, over all projects.

    Returns:
        `locks`; `locked`, `examined` and `out_of_scope` distinct pins; `direct` dependencies and those whose publisher
        metadata was fetched (`direct_examined`); `files` and those examined (`files_examined`); `attested` pins.
    """
    pins = {_key(pin) for _, requests, _ in collected for pin in requests.pins}
    missed = {
        _key(pin) for _, requests, observed in collected for pin in requests.pins - examined_pins(requests, observed)
    }
    direct = {name for _, requests, _ in collected for name in requests.names | requests.elsewhere}
    silent = {name for _, requests, observed in collected for name in requests.names if name not in observed.current}
    silent |= {name for _, requests, _ in collected for name in requests.elsewhere}
    by_request = {
        request: attested_pin(request, observed)
        for _, requests, observed in collected
        for request in set(requests.attestations.values())
    }
    unseen = AttestationStatus.NOT_EXAMINED
    return {
        "locks": sum(len(project.locks) for project, _, _ in collected),
        "locked": len(pins),
        "examined": len(pins - missed),
        "out_of_scope": len({_key(pin) for _, requests, _ in collected for pin in requests.out_of_scope} - pins),
        "direct": len(direct),
        "direct_examined": len(direct - silent),
        "files": sum(len(request.digests) for request in by_request),
        "files_examined": sum(len(pin.files) - len(pin.of(unseen)) for pin in by_request.values()),
        "attested": sum(bool(pin.publishers) for pin in by_request.values()),
    }


def _key(pin: Pin) -> _PinKey:
    """Return what makes two pins the same package; markers and extras do not."""
    return (pin.name, pin.version, pin.source, pin.hashes)


def _compared(
    request: AttestationRequest,
    recorded: AttestedPackage | None,
    observed: Observations,
    config: PublishersConfig,
    known: dict[tuple[AttestationRequest, bytes], tuple[Finding, ...]],
) -> tuple[Finding, ...]:
    key = (request, msgspec.json.encode(recorded) if recorded else b"")
    if key not in known:
        known[key] = compare_attestations(attested_pin(request, observed), recorded, config)
    return known[key]


def _at(lock: Lock, entry: LockEntry, findings: Sequence[Finding]) -> list[Finding]:
    return [msgspec.structs.replace(finding, path=lock.path, line=entry.line) for finding in findings]


def _missing_publishers(requests: Requests, observed: Observations) -> list[Finding]:
    found = []
    missing = sorted(name for name in requests.names if name not in observed.current)
    if missing:
        what = f"publishers of {len(missing)} of {len(requests.names)} projects"
        found.append(_not_fetched(what, missing, observed.reason, observed.remedy))
    if requests.elsewhere:
        what = f"publishers of {_number(len(requests.elsewhere), 'project')} on other indexes"
        found.append(_not_fetched(what, sorted(requests.elsewhere), NO_JSON_REASON, NO_JSON_STEP))
    return found


def _missing_files(requests: Requests, observed: Observations) -> list[Finding]:
    found = []
    pins = [attested_pin(request, observed) for request in sorted(set(requests.attestations.values()))]
    silent = [pin for pin in pins if not pin.examined]
    if silent:
        first = next((file for pin in silent for file in pin.of(AttestationStatus.NOT_EXAMINED)), None)
        what = f"attestations of {len(silent)} of {len(pins)} pins"
        reason, remedy = (first.reason, first.remedy) if first else ("they were not requested", "Run again.")
        found.append(_not_fetched(what, [f"{pin.name} {pin.version}" for pin in silent], reason, remedy))
    if requests.unusable:
        named = sorted({f"{pin.name} {pin.version}".strip() for pin in requests.unusable})
        what = f"attestations of {_number(len(named), 'pin')}"
        found.append(_not_fetched(what, named, min(requests.unusable.values()), UNUSABLE_STEP))
    return found


def _not_fetched(what: str, names: Sequence[str], reason: str, remedy: str) -> Finding:
    listed = ", ".join(names[:NAMED_AT_MOST]) + (
        f" and {len(names) - NAMED_AT_MOST} more" if len(names) > NAMED_AT_MOST else ""
    )
    return Finding(
        code="publisher.not-examined",
        severity=Severity.INFO,
        message=f"could not fetch {what} ({printable(listed)}): {reason}",
        next_step=remedy or "Run again.",
    )


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
