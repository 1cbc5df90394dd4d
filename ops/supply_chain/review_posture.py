"""List what needs a quarterly review: what expires or has expired, what has no owner, what could not be checked.

Reads    .security-config.toml, locks, publisher baselines, retained releases, security.txt; licences from the SBOM
         of the newest retained release, else from dist/sbom/.
Writes   nothing.
Decides  nothing is overdue. Due and open items are listed and pass. Overdue is what has expired or is broken: a waiver
         past its last day or malformed, a [[policy.weakened]] entry that accepts nothing today, no identity that is
         valid today although some are configured, a damaged release, a security.txt that is stale or malformed.
         A support period that has ended is open, one that ends within the review window is due.
Exits    0 listed, 2 usage or configuration, 3 a lock (then all others are listed), baseline or SBOM is broken,
         4 something is overdue (with --only in these sections alone), 5 something could not be checked: no retained release, no lock, a lock without a
         timestamp, no SBOM.
Network  none.
Source   RFC 9116 (security.txt), https://www.rfc-editor.org/rfc/rfc9116
"""

from __future__ import annotations

if __name__ == "__main__":
    from ops.supply_chain.runner.command_lines import answer_help

    answer_help("review_posture")

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ops.supply_chain.contracts.files.review import ReviewSection
from ops.supply_chain.core.errors import ErrorClass, UsageError
from ops.supply_chain.runner.context import StageResult, StageRun
from ops.supply_chain.runner.stage import leave, run_stage

if TYPE_CHECKING:
    from ops.supply_chain.adapters.files.artifact_store import ArtifactStore
    from ops.supply_chain.assurance.review.window import ReviewWindow
    from ops.supply_chain.contracts.files.dependency_matrix import DependencyMatrix
    from ops.supply_chain.contracts.files.manifest import HeldRelease
    from ops.supply_chain.contracts.files.review import Review, ReviewItem
    from ops.supply_chain.contracts.values.lock import Lock
    from ops.supply_chain.dependencies.locks.project import ReadLocks

MOST_DAYS = 3650
"""Ten years, as `[review].within_days`."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the length of the review window."""
    parser.add_argument(
        "--within", type=int, metavar="DAYS", help="days ahead that the review covers (default: [review].within_days)"
    )
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="SECTION",
        choices=[section.value for section in ReviewSection],
        help="only this section decides and is shown, for example waivers; repeat for more",
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stage, which leaves no record.

    Returns:
        The exit code.
    """
    return run_stage("review_posture", __doc__, arguments, _perform, argv)


def _perform(run: StageRun) -> StageResult:
    from ops.supply_chain.assurance.review.report import counts_of, only, outcome_of, text_of
    from ops.supply_chain.gather.gates.locks import read_good_locks

    read = read_good_locks(run.root, run.config.locks)
    review = only(_review(run, read), run.args.only)
    return StageResult(
        outcome=outcome_of(review),
        text=text_of(review),
        counts=counts_of(review),
        document=review,
        broken_input=bool(read.broken),
    )


def _review(run: StageRun, read: ReadLocks) -> Review:
    from ops.supply_chain.adapters.files.artifact_store import ArtifactStore
    from ops.supply_chain.assurance.review.locks import broken_items
    from ops.supply_chain.assurance.review.report import build_review
    from ops.supply_chain.gather.assurance.review import read_releases

    store, name = ArtifactStore(run.artifacts), run.project.name
    locks, releases = read.locks, read_releases(store, name)
    matrix = _matrix(run, store, locks, releases)
    broken = broken_items([lock.finding for lock in read.broken])
    items = [*_dated(run, releases), *broken, *_aging(run, read, matrix)]
    return build_review(items, matrix, _window(run, utc=True), component=name)


def _dated(run: StageRun, releases: Sequence[HeldRelease]) -> list[ReviewItem]:
    """List what expires: waivers, identities, retained releases, support, security.txt, weakened settings."""
    from ops.supply_chain.assurance.review.expiries import contact_items, identity_items, retention_items, waiver_items
    from ops.supply_chain.assurance.review.support import support_items
    from ops.supply_chain.assurance.review.weakened import weakened_items
    from ops.supply_chain.gather.assurance.review import (
        kept_until,
        read_contact,
        read_support,
        read_waivers,
        weakened_settings,
    )
    from ops.supply_chain.trust.identities.check import checked

    checked(run.config.signing.identities)
    window = _window(run, utc=True)
    waivers, malformed = read_waivers(run)
    path, text = read_contact(run)
    return [
        *waiver_items(waivers, malformed, _window(run, utc=False)),
        *identity_items(run.config.signing, window),
        *retention_items(releases, window, component=run.project.name, kept_until=kept_until(run)),
        *support_items(read_support(run, releases, window.within_days), run.project.name),
        *contact_items(path, text, run.now, within_days=window.within_days),
        *weakened_items(weakened_settings(run), window),
    ]


def _aging(run: StageRun, read: ReadLocks, matrix: DependencyMatrix) -> list[ReviewItem]:
    """List what grows old: locks, baselines, owners, settings."""
    from ops.supply_chain.assurance.review.dependencies import dependency_items
    from ops.supply_chain.assurance.review.locks import baseline_items, lock_items
    from ops.supply_chain.assurance.review.settings import settings_items
    from ops.supply_chain.gather.assurance.review import read_baselines, utc_day

    today, locks = utc_day(run), read.locks
    is_locked = bool(locks or read.broken)
    return [
        *(lock_items(locks, today, oldest_days=run.config.review.lock_days) if locks or not is_locked else []),
        *baseline_items(locks, read_baselines(run, locks)),
        *dependency_items(matrix),
        *settings_items(run.config, today),
    ]


def _matrix(
    run: StageRun, store: ArtifactStore, locks: Sequence[Lock], releases: Sequence[HeldRelease]
) -> DependencyMatrix:
    from ops.supply_chain.assurance.review.dependencies import build_matrix, direct_of
    from ops.supply_chain.gather.assurance.review import read_licences, stated_names

    direct = direct_of(locks, stated_names(run, locks))
    return build_matrix(direct, read_licences(run, store, releases), run.config.dependencies)


def _window(run: StageRun, *, utc: bool) -> ReviewWindow:
    """Return the review window, its day in UTC or in the zone of the waivers."""
    from ops.supply_chain.assurance.review.window import ReviewWindow
    from ops.supply_chain.gather.assurance.review import utc_day
    from ops.supply_chain.gather.gates.outcome import today

    given = run.args.within
    if given is not None and not 0 <= given <= MOST_DAYS:
        raise UsageError(f"--within {given}: expected 0 to {MOST_DAYS} days", kind=ErrorClass.COMMAND_LINE)
    within = run.config.review.within_days if given is None else given
    return ReviewWindow(utc_day(run) if utc else today(run, run.config), within)


if __name__ == "__main__":
    leave(main())
