"""Past releases are verified again: each retained one once a week, a few a day, chosen by the date.

The choice needs no memory: a release is due on the day whose number, modulo seven, is that of its place in the chain.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

from ops.supply_chain.adapters.files.artifact_store import STORE_FOLDER, ArtifactStore
from ops.supply_chain.contracts.files.manifest import HeldRelease
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.core.text import printable
from ops.supply_chain.gather.assurance.claims.release import open_release
from ops.supply_chain.gather.assurance.claims.source import SelectedRelease
from ops.supply_chain.gather.release.served_files import served_state
from ops.supply_chain.gather.risk.advisories.shipped import NOT_EXAMINED, changed
from ops.supply_chain.runner.context import StageRun
from ops.supply_chain.runner.rehearsal_mode import is_rehearsal
from ops.supply_chain.trust.verification.verify import REHEARSAL_HOSTS

DAYS = 7
"""Within which each release is verified, if the scan runs every day."""

UNVERIFIED, SERVED = "shipped.unverified", "shipped.served"


class Reverified(NamedTuple):
    """The findings, how many releases were due, and the places where they are not published."""

    findings: tuple[Finding, ...] = ()
    due: int = 0
    unpublished: tuple[str, ...] = ()


class VerifiedAgain(NamedTuple):
    """The outcome of a verification, and its problems, one sentence each; they count unless it passed."""

    outcome: Outcome
    problems: tuple[str, ...]


def is_due(release: HeldRelease, today: date) -> bool:
    """Return whether a release is verified on a day: exactly one day of any seven in a row."""
    if release.manifest is not None:
        place = release.manifest.sequence
    else:
        place = hashlib.sha256(release.version.encode()).digest()[0]
    return (place - today.toordinal()) % DAYS == 0


def verify_again(run: StageRun, held: Sequence[HeldRelease], *, everything: bool) -> Reverified:
    """Verify the releases that are due: every byte, signatures and log proofs, and what is served of them.

    Args:
        run: The stage's run.
        held: All retained releases.
        everything: True to verify all of them today.
    """
    due = [release for release in held if everything or is_due(release, run.now.date())]
    findings: list[Finding] = []
    unpublished: list[str] = []
    for release in due:
        findings += _as_retained(run, release)
        findings += _verified(run, release)
        if release.manifest is not None:
            state = served_state(run, release.manifest)
            findings += [_served(release.version, sentence) for sentence in state.changed]
            findings += [_not_examined(release.version, sentence) for sentence in state.unexamined]
            unpublished += [f"{release.version}: {place}" for place in state.unpublished]
    return Reverified(tuple(findings), len(due), tuple(unpublished))


def _as_retained(run: StageRun, release: HeldRelease) -> Iterator[Finding]:
    whole = ArtifactStore(run.artifacts).release(release.component, release.version, digests=True)
    for problem in whole.problems:
        if problem not in release.problems:  # the others are reported every day
            yield changed(release.version, problem)


def verified(run: StageRun, folder: Path, version: str, release: HeldRelease | None = None) -> VerifiedAgain:
    """Verify a release as a customer does, with the project's published identities.

    A rehearsal proves nothing: outside of one it never verifies.

    Args:
        run: The stage's run.
        folder: All files of the release.
        version: Its version.
        release: What is retained of it; None where it is not retained yet.
    """
    selected = SelectedRelease(
        folder=folder,
        artifacts=run.artifacts,
        label=f"artifacts:{STORE_FOLDER}/{run.project.name}/{version}",
        release=release,
        releases=1,
        chain=(),
        rehearsed=False,
    )
    opened, facts = open_release(run, selected)
    if opened is not None and not is_rehearsal():
        root = opened.contents.get(opened.parts.trusted_root, b"")
        if REHEARSAL_HOSTS in root or (opened.gate is not None and opened.gate.rehearsal):
            return VerifiedAgain(Outcome.FAIL, ("it is from a rehearsal",))
    outcome = Outcome(facts.ruling) if facts.ruling in list(Outcome) else Outcome.NOT_EXAMINED
    return VerifiedAgain(outcome, facts.problems or ("it does not verify",))


def _verified(run: StageRun, release: HeldRelease) -> Iterator[Finding]:
    folder = run.artifacts / STORE_FOLDER / release.component / release.version
    result = verified(run, folder, release.version, release)
    problems = "; ".join(problem.rstrip(".") for problem in result.problems)
    if result.outcome is Outcome.FAIL:
        yield _unverified(release.version, problems)
    elif result.outcome is not Outcome.PASS:
        yield _not_examined(release.version, problems)


def _unverified(version: str, problem: str) -> Finding:
    return Finding(
        code=UNVERIFIED,
        severity=Severity.CRITICAL,
        message=f"release {printable(version)} does not verify any more: {printable(problem).rstrip('.')}",
        next_step="Compare it with a copy from elsewhere, and find out who changed it: docs/incident-playbook.md.",
        version=printable(version),
    )


def _served(version: str, problem: str) -> Finding:
    return Finding(
        code=SERVED,
        severity=Severity.CRITICAL,
        message=f"release {printable(version)} is served with changes: {printable(problem)}",
        next_step="Inform customers, and find out who changed it: docs/incident-playbook.md.",
        version=printable(version),
    )


def _not_examined(version: str, why: str) -> Finding:
    return Finding(
        code=NOT_EXAMINED,
        severity=Severity.INFO,
        message=f"release {printable(version)} was not verified again: {printable(why).rstrip('.')}",
        next_step=f"Run it again when the service answers: {command('check_releases', '--verify', 'all')}",
        version=printable(version),
    )
