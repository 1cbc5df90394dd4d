"""What to fetch for a project: publisher metadata of its direct dependencies, attestations of its pins' files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import msgspec

from ops.supply_chain.contracts.config.publishers import PublishersConfig
from ops.supply_chain.contracts.files.publisher_baseline import PublisherBaseline
from ops.supply_chain.contracts.values.attestation import AttestationRequest
from ops.supply_chain.contracts.values.lock import Lock, LockEntry, Pin, PinSourceKind

_SHA256 = "sha256:"

IsDefault = Callable[[str], bool]
"""Returns whether the index that a lock names is the configured one."""


class ProjectLocks(NamedTuple):
    """A project: its locks, the baseline beside each by the lock's path, and its `[publishers]` settings."""

    locks: tuple[Lock, ...]
    baselines: Mapping[str, PublisherBaseline | None]
    config: PublishersConfig


class Requests(NamedTuple):
    """What to fetch for one project.

    `names` are projects of the configured index whose publisher metadata is needed, `elsewhere` those of other
    indexes. `pins` are all pins to examine: `attestations` has the request for the files of each, `unusable` the
    reason why none can be sent. `out_of_scope` are pins that come from no index or that the configuration leaves out.
    """

    names: frozenset[str]
    elsewhere: frozenset[str]
    pins: frozenset[Pin]
    attestations: dict[Pin, AttestationRequest]
    unusable: dict[Pin, str]
    out_of_scope: frozenset[Pin]


def requests_for(project: ProjectLocks, is_default: IsDefault) -> Requests:
    """Return what to fetch for a project; the work grows with the number of distinct pins."""
    pins: dict[Pin, None] = dict.fromkeys(entry.pin for lock in project.locks for entry in lock.entries)
    attestations: dict[Pin, AttestationRequest] = {}
    unusable: dict[Pin, str] = {}
    for pin in pins:
        if not in_scope(pin) or not project.config.attestations:
            continue
        request = attestation_request(pin)
        if isinstance(request, str):
            unusable[pin] = request
        elif is_default(request.index):
            attestations[pin] = msgspec.structs.replace(request, index="")
        else:
            attestations[pin] = request
    names, elsewhere = _names(project, is_default)
    named = names | elsewhere
    inside = frozenset(pin for pin in pins if in_scope(pin) and (project.config.attestations or pin.name in named))
    return Requests(names, elsewhere, inside, attestations, unusable, frozenset(pins) - inside)


def in_scope(pin: Pin) -> bool:
    """Return whether a pin comes from an index; a path, a repository or the project itself has no publisher."""
    return not pin.local and pin.source.kind is PinSourceKind.INDEX


def attestation_request(pin: Pin) -> AttestationRequest | str:
    """Return the request for the attestations of a pin's files, or why there is none.

    Args:
        pin: One that is `in_scope`.
    """
    if not pin.version:
        return "the lock has no exact version of it"
    digests = tuple(digest.removeprefix(_SHA256) for digest in pin.hashes if digest.startswith(_SHA256))
    if not digests:
        return "the lock has no SHA-256 of its files"
    if len(digests) < len(pin.hashes) and not _has_both(pin):
        return "the lock has other hashes than SHA-256, and an installer takes a file with any of them"
    named = {
        (digest.removeprefix(_SHA256), file.name)
        for file in pin.files
        for digest in file.hashes
        if file.name and digest.startswith(_SHA256)
    }
    return AttestationRequest(
        index=pin.source.url, project=pin.name, version=pin.version, digests=digests, named=tuple(sorted(named))
    )


def _has_both(pin: Pin) -> bool:
    """Return whether each hash of a pin is of a file that has a SHA-256 in the lock as well."""
    covered = {digest for file in pin.files if any(map(_is_sha256, file.hashes)) for digest in file.hashes}
    return covered >= {digest for digest in pin.hashes if not _is_sha256(digest)}


def _is_sha256(digest: str) -> bool:
    return digest.startswith(_SHA256)


def direct_of(lock: Lock) -> dict[str, LockEntry]:
    """Return the direct dependencies of a lock that come from an index.

    Returns:
        PEP 503 name -> first entry, sorted. An entry that is not known to be direct or not counts as direct: it would
        otherwise be compared with no baseline.
    """
    found: dict[str, LockEntry] = {}
    for entry in lock.entries:
        if entry.direct is not False and in_scope(entry.pin):
            found.setdefault(entry.pin.name, entry)
    return dict(sorted(found.items()))


def _names(project: ProjectLocks, is_default: IsDefault) -> tuple[frozenset[str], frozenset[str]]:
    default: set[str] = set()
    others: set[str] = set()
    for lock in project.locks:
        for name, entry in direct_of(lock).items():
            (default if is_default(entry.pin.source.url) else others).add(name)
    # A package from both is fetched from the configured index, whose metadata the baseline records.
    return frozenset(default), frozenset(others - default)
