"""The publishers of what a change adds or upgrades: as recorded before and after, and as the index has them now."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from ops.supply_chain.adapters.files.project_files import ProjectFiles
from ops.supply_chain.contracts.files.publisher_baseline import PublisherBaseline
from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.core import canonical
from ops.supply_chain.core.errors import InputError, UnavailableError
from ops.supply_chain.core.text import printable
from ops.supply_chain.dependencies.changes.publishers import changed_locks, expected_baseline, publisher_findings
from ops.supply_chain.dependencies.publishers.collect import findings_of
from ops.supply_chain.gather.change.examine import not_examined
from ops.supply_chain.gather.change.states import ReviewStates
from ops.supply_chain.release.evidence import baseline_beside

NO_BASELINE = "publisher.no-baseline"
OF_OTHERS = "publisher.stale-baseline"
"""Of packages that the change does not touch, which are not in the locks that are compared."""


def recorded_publishers(states: ReviewStates) -> list[Finding]:
    """Return what the change does to the recorded publishers; a baseline that cannot be read is not examined."""
    gaps: list[Finding] = []
    before = _baselines(states.base.tree.root, (lock.path for lock in states.base.project.locks), [])
    after = _baselines(states.head.tree.root, (lock.path for lock in states.head.project.locks), gaps)
    locks, config = states.head.project.locks, states.run.config.publishers
    return [*publisher_findings([*before.values()], [*after.values()], locks, config), *gaps]


def current_publishers(states: ReviewStates) -> list[Finding]:
    """Compare the publishers of added and upgraded packages on the index with those that are recorded.

    The record of the base branch counts; of a package that it does not have, the record that the change adds.

    Raises:
        UsageError: An address of an index is malformed.
    """
    from ops.supply_chain.adapters.sigstore.trusted_root import embedded_root
    from ops.supply_chain.gather.dependencies.publishers import collect

    locks = changed_locks(states.head.project.locks, states.base.project.locks)
    if not locks:
        return []
    before = _baselines(states.run.root, (lock.path for lock in states.base.project.locks), [])
    after = _baselines(states.head.tree.root, (lock.path for lock in locks), [])
    expected = {lock.path: expected_baseline([*before.values()], after.get(lock.path)) for lock in locks}
    given = {path: baseline for path, baseline in expected.items() if baseline is not None}
    project = msgspec.structs.replace(states.head.project, locks=locks)
    [check] = collect(states.run, [project], embedded_root(), given=given)
    skipped = {OF_OTHERS, *([] if before else [NO_BASELINE])}  # a project without baselines has none for the change
    return [finding for finding in findings_of(*check.collected) if finding.code not in skipped]


def _baselines(root: Path, locks: Iterable[str], gaps: list[Finding]) -> dict[str, PublisherBaseline]:
    """Read the baselines beside locks, by the path of the lock; add a finding for each that cannot be read."""
    files, found = ProjectFiles(root), {}
    for lock in locks:
        path = baseline_beside(lock)
        try:
            data = files.read(path)
            if data is not None:
                found[lock] = canonical.decode(data, PublisherBaseline, where=path)
        except InputError as error:
            gap = not_examined(UnavailableError(error.message), f"the recorded publishers in {printable(path)}")
            gaps.append(gap)
    return found
