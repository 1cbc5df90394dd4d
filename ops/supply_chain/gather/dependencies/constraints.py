"""The check of locks whose constraints are at an address: fetched, and compared with the pins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from ops.supply_chain.contracts.config.index import IndexConfig
from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.contracts.values.lock import Lock
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.errors import InputError, UnavailableError
from ops.supply_chain.dependencies.drift import findings
from ops.supply_chain.dependencies.drift.exported import beyond_constraints
from ops.supply_chain.dependencies.drift.lock_check import LockCheck
from ops.supply_chain.dependencies.locks.readers.requirements import read_requirements

_UNREAD = "lock.constraint-unread"
CheckedLock = tuple[Lock | None, LockCheck]


def with_constraints(checks: Sequence[CheckedLock], config: IndexConfig, *, offline: bool) -> list[CheckedLock]:
    """Add what constraints at addresses show to the checks of the locks that name them.

    Args:
        checks: The locks of a project with their checks.
        config: Its index: accounts and private addresses are for configured hosts only.
        offline: True fetches nothing.
    Returns:
        In the order of `checks`; a lock whose constraints were read no longer has the finding that they were not.
    """
    urls = [url for lock, _ in checks if lock is not None for _, _, url in lock.constraint_addresses]
    if not urls:
        return list(checks)
    from ops.supply_chain.adapters.index.constraint_files import fetch_constraints

    fetched = fetch_constraints(urls, config, offline=offline)
    return [_checked(lock, check, fetched) for lock, check in checks]


def _checked(lock: Lock | None, check: LockCheck, fetched: Mapping[str, bytes | UnavailableError]) -> CheckedLock:
    if lock is None or not lock.constraint_addresses:
        return lock, check
    found = tuple(_findings(lock, fetched))
    examined = not any(finding.code == findings.NOT_EXAMINED for finding in found)
    read = {(path, line) for path, line, _ in lock.constraint_addresses} if examined else set()
    kept = tuple(
        finding for finding in lock.findings if finding.code != _UNREAD or (finding.path, finding.line) not in read
    )
    lock = msgspec.structs.replace(lock, findings=kept)
    every = (*check.findings, *found)
    return lock, msgspec.structs.replace(check, findings=every, examined=check.examined and examined)


def _findings(lock: Lock, fetched: Mapping[str, bytes | UnavailableError]) -> Iterator[Finding]:
    for _, _, url in lock.constraint_addresses:
        answer = fetched[url]
        if isinstance(answer, UnavailableError):
            yield findings.not_examined(lock.path, answer.message, answer.hint)
            continue
        try:
            constraints = read_requirements(url, answer, lambda _: None)
        except InputError as error:
            yield findings.not_examined(lock.path, f"its constraints cannot be read: {error.message}", error.hint)
            continue
        for mismatch in beyond_constraints(lock, constraints):
            yield findings.inconsistent(lock.path, mismatch, command("lock") if lock.source else "")
