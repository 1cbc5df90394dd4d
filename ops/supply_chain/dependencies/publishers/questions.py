"""What is to be asked of a lock: which pins' files, and whose publishers."""

from __future__ import annotations

from ops.supply_chain.contracts.values.attestation import PinQuestion
from ops.supply_chain.contracts.values.lock import Lock, LockEntry, Pin, PinSourceKind

_SHA256 = "sha256:"


def in_scope(pin: Pin) -> bool:
    """Tell whether a pin comes from an index: nobody publishes a path, a repository or the project's own."""
    return not pin.local and pin.source.kind is PinSourceKind.INDEX


def question_of(pin: Pin) -> PinQuestion | str:
    """Return what to ask of a pin's files, or why nothing can be asked.

    Args:
        pin: One that is `in_scope`.
    """
    if not pin.version:
        return "the lock gives it no exact version"
    digests = tuple(one.removeprefix(_SHA256) for one in pin.hashes if one.startswith(_SHA256))
    if not digests:
        return "the lock gives no SHA-256 of its files"
    named = {
        (one.removeprefix(_SHA256), file.name)
        for file in pin.files
        for one in file.hashes
        if file.name and one.startswith(_SHA256)
    }
    return PinQuestion(
        index=pin.source.url, project=pin.name, version=pin.version, digests=digests, named=tuple(sorted(named))
    )


def direct_of(lock: Lock) -> dict[str, LockEntry]:
    """Return the direct dependencies of a lock that come from an index.

    Returns:
        PEP 503 name -> first entry, sorted. One of which the lock does not know whether it is direct counts
        as direct: nobody else would be held against a baseline.
    """
    found: dict[str, LockEntry] = {}
    for entry in lock.entries:
        if entry.direct is not False and in_scope(entry.pin):
            found.setdefault(entry.pin.name, entry)
    return dict(sorted(found.items()))
