"""Where packages come from before and after a change: a moved package, and a source that the base does not use.

A lock has the index of each package, so a change of the index is a change of every package's source, even if each
version and hash stays the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.contracts.values.lock import Lock, LockEntry, PinSource, PinSourceKind
from ops.supply_chain.core.addresses import INDEX_URL
from ops.supply_chain.core.text import printable, without_credentials


def source_findings(before: Sequence[Lock], after: Sequence[Lock], *, index_url: str) -> list[Finding]:
    """Return a finding for each package that a change moves to another source, or adds from one.

    Args:
        before: The locks of the base; may be empty.
        after: The locks of the change.
        index_url: The index of locks that name none; empty for the public one.
    Returns:
        One for each package and source, at the first line that has it; sorted by package.
    """
    default = _plain(index_url or INDEX_URL)
    old, new = _sources(before, default), _sources(after, default)
    places = {place for sources in old.values() for place in sources if place.startswith(_INDEX)}
    places.add(_INDEX + default)
    found = []
    for name, sources in sorted(new.items()):
        for source, entry in sorted(sources.items(), key=lambda item: item[0]):
            if name in old and source not in old[name]:
                found.append(_moved(entry, sorted(old[name]), source))
            elif name not in old and source not in places:
                found.append(_new(entry, source))
    return found


_INDEX = "index "


def _sources(locks: Iterable[Lock], default: str) -> dict[str, dict[str, LockEntry]]:
    """Return the first entry of each package by each source, without the project's own packages."""
    found: dict[str, dict[str, LockEntry]] = {}
    for lock in locks:
        for entry in lock.entries:
            if not entry.pin.local:
                found.setdefault(entry.pin.name, {}).setdefault(_label(entry.pin.source, default), entry)
    return found


def _label(source: PinSource, default: str) -> str:
    if source.kind is PinSourceKind.INDEX:
        return _INDEX + (_plain(source.url) or default)
    if source.kind is PinSourceKind.VCS:
        return f"{source.vcs} {_plain(source.url)}"
    # The file's own address has the version in it; the hash decides about its content.
    return f"{source.kind.value} {_plain(source.url).rpartition('/')[0] or source.url}"


def _plain(url: str) -> str:
    return printable(without_credentials(url)).rstrip("/")


def _moved(entry: LockEntry, before: Sequence[str], after: str) -> Finding:
    return _finding(
        entry,
        "change.source-moved",
        Severity.HIGH,
        f"{entry.pin.name} comes from {after}, before the change from {' and '.join(before)}",
        f"Find out why {entry.pin.name} moved; another index can serve other code under the same name and version.",
    )


def _new(entry: LockEntry, source: str) -> Finding:
    return _finding(
        entry,
        "change.new-source",
        Severity.MEDIUM,
        f"{entry.pin.name} is added from {source}, which no package of the base comes from",
        f"Check that {entry.pin.name} is meant to come from there.",
    )


def _finding(entry: LockEntry, code: str, severity: Severity, message: str, next_step: str) -> Finding:
    return Finding(
        code=code,
        severity=severity,
        message=message,
        next_step=next_step,
        package=entry.pin.name,
        version=entry.pin.version,
        path=entry.path,
        line=entry.line,
    )
