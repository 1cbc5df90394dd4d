"""The whole review of a change: its states are read, examined and compared, with everything that could not be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ops.supply_chain.adapters.files.git_commits import ChangeCommits, commit_epoch
from ops.supply_chain.assurance.policy.changes import policy_findings
from ops.supply_chain.contracts.files.change_review import ChangedPackage, ChangeReview, ReviewedCommits
from ops.supply_chain.contracts.files.record import FeedRef
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.contracts.values.lock import Lock
from ops.supply_chain.core.errors import InputError, UnavailableError, UsageError
from ops.supply_chain.core.text import plural, printable
from ops.supply_chain.dependencies.changes.locks import removed_findings, renamed_locks
from ops.supply_chain.dependencies.changes.names import look_alike_findings
from ops.supply_chain.dependencies.changes.sources import source_findings
from ops.supply_chain.dependencies.publishers.exceptions import apply_exceptions
from ops.supply_chain.gather.change.examine import examine_advisories, not_examined, with_waivers
from ops.supply_chain.gather.change.packages import (
    StateSbom,
    compare_states,
    comparison_findings,
    licence_findings,
    metadata_gaps,
    read_metadata,
    sbom_of,
)
from ops.supply_chain.gather.change.publishers import current_publishers, recorded_publishers
from ops.supply_chain.gather.change.states import ReviewStates, described, open_states
from ops.supply_chain.gather.gates.outcome import finish_gate
from ops.supply_chain.inventory.comparison.compare import ChangeKind, SbomComparison
from ops.supply_chain.inventory.comparison.lines import change_line
from ops.supply_chain.risk.changes.compare import ComparedFindings, compare_findings
from ops.supply_chain.runner.context import StageRun

_ABOUT_EXCEPTIONS = "publisher.exception-"
UNENRICHED = "licences and publishers were not checked (--no-enrich)"


class ReviewedChange(NamedTuple):
    """The review, the SBOM of the change, the sources that were used, and the severity from which a finding denies it."""

    review: ChangeReview
    sbom: bytes
    feeds: tuple[FeedRef, ...]
    fail_on: Severity


def review_change(run: StageRun, commits: ChangeCommits, *, enrich: bool) -> ReviewedChange:
    """Review a change.

    Args:
        run: The stage's run.
        commits: What to compare.
        enrich: False asks no index for licences and producers.
    Raises:
        UnavailableError: git does not answer or lacks an object.
        UsageError: The configuration that decides is invalid in a part that only its use shows.
        InputError: The project's metadata on the base branch is broken.
        OutputError: The SBOM is not valid.
    """
    with open_states(run, commits) as states:
        advisories = examine_advisories(states)
        packages = _Packages.of(run, states, commits, enrich=enrich)
        renames = renamed_locks(states.base.project.locks, states.head.project.locks)
        before = with_waivers(states.run, states.base, [*advisories.base, *packages.base], scopes=frozenset())
        after = with_waivers(states.run, states.head, [*advisories.head, *packages.head])
        own = _own_findings(states, commits, packages, renames)
        found = compare_findings(before, after, renames=renames, own=own)
        fail_on = states.run.config.gate.fail_on
        review = ChangeReview(
            schema="change-review/1",
            component=described(states.run.root, states.run.config, version=run.args.version).name,
            outcome=found.outcome(fail_on),
            commits=ReviewedCommits(head=commits.head, base=commits.base, policy=commits.tip, branch=commits.branch),
            counts=_counts(states, packages.comparison, found),
            packages=_package_changes(packages.comparison),
            new=found.new,
            existing=found.existing,
            fixed=found.fixed,
            unexamined=found.unexamined,
            notes=tuple(_notes(states, commits, packages, renames, advisories.notes)),
        )
    return ReviewedChange(review, packages.sbom.data, advisories.feeds, fail_on)


class _Packages(NamedTuple):
    """The SBOM of the change, its comparison with the base, and the licence findings of both."""

    sbom: StateSbom
    comparison: SbomComparison
    base: list[Finding]
    head: list[Finding]
    enriched: bool

    @classmethod
    def of(cls, run: StageRun, states: ReviewStates, commits: ChangeCommits, *, enrich: bool) -> _Packages:
        gaps: list[Finding] = []
        answer = None
        if enrich:
            try:
                answer = read_metadata(states)
            except UnavailableError as error:
                gaps.append(not_examined(error, "licences and publishers"))
        epoch = commit_epoch(run.root, commits.head)
        sbom = sbom_of(states, states.head, answer, epoch=epoch)
        earlier = sbom_of(states, states.base, answer, epoch=epoch)
        licences: Sequence[Sequence[Finding]] = ([], [])
        if answer is not None:
            try:
                licences = licence_findings(states, (earlier, sbom))
            except UnavailableError as error:
                gaps.append(not_examined(error, "licences"))
            except (InputError, UsageError) as error:
                gaps.append(not_examined(UnavailableError(error.message, hint=error.hint), "licences"))
        base, head = ([*found] for found in licences)
        if answer is not None:
            base += metadata_gaps(states.base, answer)
            head += metadata_gaps(states.head, answer)
        return cls(sbom, compare_states(earlier, sbom), base, [*head, *gaps], enriched=enrich)


def _own_findings(
    states: ReviewStates, commits: ChangeCommits, packages: _Packages, renames: dict[str, str]
) -> tuple[Finding, ...]:
    """Return the findings about the change itself, after waivers."""
    before, after, config = states.base.project.locks, states.head.project.locks, states.run.config
    changed = states.base.tree.differing(states.head.tree)
    command = f"git diff {commits.base[:12]} {commits.head[:12]} --"
    found = [
        *policy_findings(changed, states.config_before, states.config_after, review=command),
        *source_findings(before, after, index_url=config.index.url),
        *look_alike_findings(before, after),
        *removed_findings(before, states.head.tree.entries, renames),
        *states.findings,
    ]
    publishers = [*recorded_publishers(states), *comparison_findings(states, packages.comparison.changes)]
    publishers += current_publishers(states) if packages.enriched else []
    marked = apply_exceptions(publishers, config.publishers.exceptions)
    accepted = [finding for finding in marked if not finding.code.startswith(_ABOUT_EXCEPTIONS)]
    gate = finish_gate(states.run, [(states.head.project, [*found, *accepted])], scopes=frozenset(), all_examined=True)
    return gate.findings


def _counts(states: ReviewStates, comparison: SbomComparison, found: ComparedFindings) -> dict[str, int]:
    kinds = {kind.value.replace("-", "_"): comparison.count(kind) for kind in ChangeKind}
    return {
        "locks": len(states.head.project.locks),
        "locks_before": len(states.base.project.locks),
        "locks_unchanged": states.reused,
        "pins": len({entry.pin for lock in states.head.project.locks for entry in lock.entries}),
        **kinds,
        "new_findings": sum(not finding.waived_by for finding in found.new) - len(found.unexamined),
        "existing_findings": len(found.existing),
        "fixed_findings": len(found.fixed),
        "not_examined": len(found.unexamined),
    }


def _package_changes(comparison: SbomComparison) -> tuple[ChangedPackage, ...]:
    return tuple(
        ChangedPackage(
            kind=change.kind.value,
            ecosystem=change.ecosystem,
            name=change.name,
            version=change.version,
            before=change.before,
            after=change.after,
            text=printable(change_line(change)),
        )
        for change in comparison.changes
    )


def _notes(
    states: ReviewStates,
    commits: ChangeCommits,
    packages: _Packages,
    renames: dict[str, str],
    notes: Iterable[str],
) -> Iterable[str]:
    before, after = _paths(states.base.project.locks), _paths(states.head.project.locks)
    if commits.note:
        yield commits.note
    if not packages.enriched:
        yield UNENRICHED
    if not before and not after and not states.head.unread:
        yield "no lock before or after the change"
    yield from (f"{old} is now {new}" for old, new in sorted(renames.items()))
    added = sorted(after - before - set(renames.values()))
    if added:
        yield f"{plural(len(added), 'lock')} added: all of its findings count as new: {', '.join(added[:_MOST_NAMED])}"
    read = {finding.path for finding in states.head.unread}
    broken = sorted({finding.path for finding in states.base.unread} - read - {""})
    if broken:
        yield f"not readable in the base, so all in it counts as new: {', '.join(map(printable, broken[:_MOST_NAMED]))}"
    yield from notes


_MOST_NAMED = 5


def _paths(locks: Sequence[Lock]) -> set[str]:
    return {lock.path for lock in locks}
