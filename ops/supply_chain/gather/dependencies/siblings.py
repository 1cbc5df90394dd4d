"""The committed siblings of a lock, read and compared with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ops.supply_chain.adapters.files.lock_sources import read_text
from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.contracts.values.lock import Lock, LockKind
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.dependencies.compile import committed
from ops.supply_chain.dependencies.compile.plan import LockJob
from ops.supply_chain.dependencies.compile.siblings import baseline_path, bom_path
from ops.supply_chain.dependencies.compile.sources import LOCK_SUFFIX
from ops.supply_chain.dependencies.locks.errors import broken_finding


def sibling_findings(root: Path, lock: Lock, job: LockJob | None) -> Iterator[Finding]:
    """Yield a finding for each committed sibling of a lock that does not describe it.

    Args:
        root: The project's folder.
        lock: Any lock; only those that `compile_locks` may write have siblings.
        job: How it is compiled, None if it is not.
    """
    if lock.kind is not LockKind.REQUIREMENTS or not lock.path.endswith(LOCK_SUFFIX):
        return
    text = read_text(root, lock.path) or ""
    direct = set(job.names) if job is not None else {entry.pin.name for entry in lock.entries if entry.direct}
    for path, is_sbom in ((bom_path(lock.path), True), (baseline_path(lock.path), False)):
        try:
            sibling = read_text(root, path)
        except InputError as error:
            yield broken_finding(path, error)
            continue
        if sibling is None:
            continue
        found = (
            committed.sbom_finding(lock.path, text, path, sibling)
            if is_sbom
            else committed.baseline_finding(lock.path, direct, path, sibling)
        )
        if found is not None:
            yield found
