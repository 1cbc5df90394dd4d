"""The steps of a publication on a package index: compare, upload what is missing, read everything back.

Each step reads the index first and does what is missing, so that a run that was interrupted at any moment is simply run again.
An upload whose answer was lost is repeated only after the index was read.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ops.supply_chain.contracts.config.indexes import PublishIndex
from ops.supply_chain.contracts.values.package_index import IndexFile
from ops.supply_chain.contracts.values.publication import LocalFile
from ops.supply_chain.contracts.values.signature_names import publish_attestation_name
from ops.supply_chain.core.errors import OutputError, UnavailableError
from ops.supply_chain.gather.release.index_state import IndexState, Listings, ServedProblems, require_checkable
from ops.supply_chain.release.publication.index_plan import (
    IndexPlan,
    difference,
    listed,
    make_index_plan,
)
from ops.supply_chain.release.publication.problem import PublicationProblem

if TYPE_CHECKING:
    from ops.supply_chain.adapters.tools.uv_publish import UploadResult

_LOG = logging.getLogger(__name__)

ATTEMPTS = 3
"""Uploads of one file whose outcome is unknown, each after the index was read."""


class Patience(NamedTuple):
    """How often the index is read until it serves what it took, and the pause between, in seconds; the pause doubles to at
    most ten times itself.
    """

    reads: int = 12
    pause_seconds: float = 2.0


PATIENCE = Patience()
"""Two minutes and more: an index serves new files from caches that it has to renew."""

AGAIN = "Run it again: what is on the index is kept, and only what is missing is uploaded."
NEW_VERSION = "An index keeps the attestations of a file's first upload alone: release a new version."


class IndexTarget(NamedTuple):
    """What to publish where: the distributions, their attestations by distribution, and the private folder with both."""

    service: PublishIndex
    folder: Path
    files: tuple[LocalFile, ...]


class IndexOutcome(NamedTuple):
    """What was done. With problems, nothing further was uploaded; `uploaded` are the names that went out in this run."""

    plan: IndexPlan
    uploaded: tuple[str, ...] = ()
    problems: tuple[PublicationProblem, ...] = ()


class IndexPublication:
    """One publication.

    Args:
        target: What to publish where.
        state: Reads the index.
        send: Uploads one distribution, with its attestations.
        now: The present moment.
    """

    def __init__(
        self,
        target: IndexTarget,
        state: IndexState,
        send: Callable[[LocalFile, tuple[Path, ...]], UploadResult],
        *,
        now: datetime,
    ) -> None:
        self._target, self._state, self._send, self._now = target, state, send, now
        self._uploaded: list[str] = []

    def plan(self) -> IndexOutcome:
        """Compare the distributions with the index; nothing is changed.

        Raises:
            UnavailableError: The index could not be read.
        """
        return self._planned(self._state.listings(self._target.files))

    def perform(self, plan: IndexPlan) -> IndexOutcome:
        """Upload what is missing, and read everything back.

        Args:
            plan: Without problems.
        Raises:
            UnavailableError: Something could not be uploaded or read back; how far it came is in the message.
            OutputError: The index serves something else than it took.
        """
        try:
            for file in plan.upload:
                if problem := self._upload(file):
                    return IndexOutcome(plan, tuple(self._uploaded), (self._partial(problem),))
            self._confirm()
        except UnavailableError as error:
            raise UnavailableError(f"{error.message}; {self._progress()}", hint=error.hint or AGAIN) from error
        return IndexOutcome(plan, tuple(self._uploaded))

    def _planned(self, listings: Listings) -> IndexOutcome:
        closes = self._target.service.closes_after_days or 0
        plan = make_index_plan(self._target.files, listings, now=self._now, closes_after_days=closes)
        problems = list(plan.problems)
        if not problems and plan.keep and self._target.service.attestations:
            # A file that is there without its attestation can never get one: nothing is added to such a release.
            found = self._state.attestations(plan.keep)
            require_checkable(found)
            wrong = sorted({**found.absent, **found.wrong}.items())
            code = "publish.index-unattested"
            problems += [PublicationProblem(code, f"{name}: {reason}", NEW_VERSION) for name, reason in wrong]
        return IndexOutcome(plan, (), tuple(problems))

    def _upload(self, file: LocalFile) -> PublicationProblem | None:
        attestations = self._attestations(file)
        for attempt in range(1, ATTEMPTS + 1):
            result = self._send(file, attestations)
            if result.done:
                self._uploaded.append(file.name)
                _LOG.info("uploaded %s", file.name)
                return None
            there = self._seen(file, patient="already exist" in result.said)
            if there is not None:
                problem = difference(file, there)
                if problem is None:
                    self._uploaded.append(file.name)
                    _LOG.info("uploaded %s; the answer was lost", file.name)
                return problem
            if result.refused:
                text = f"{file.name}: the index refuses it (HTTP status {result.status}): {result.said}"
                return PublicationProblem("publish.index-refused", text, "Do what the index says, then run it again.")
            if attempt < ATTEMPTS:
                time.sleep(PATIENCE.pause_seconds)
        raise UnavailableError(f"{file.name}: could not be uploaded: {result.said or 'no answer'}", hint=AGAIN)

    def _seen(self, file: LocalFile, *, patient: bool) -> IndexFile | None:
        """Read whether the index lists a file; `patient` where it said so, and its page may be older."""
        for attempt in range(PATIENCE.reads if patient else 1):
            if attempt:
                time.sleep(PATIENCE.pause_seconds)
            if there := listed(file, self._state.listings((file,))):
                return there
        return None

    def _attestations(self, file: LocalFile) -> tuple[Path, ...]:
        if not self._target.service.attestations:
            return ()
        return (self._target.folder / publish_attestation_name(file.name),)

    def _partial(self, problem: PublicationProblem) -> PublicationProblem:
        return problem._replace(message=f"{problem.message}; {self._progress()}")

    def _progress(self) -> str:
        uploaded = f"uploaded in this run: {', '.join(self._uploaded)}" if self._uploaded else "nothing was uploaded"
        return f"{uploaded}; of {len(self._target.files)} files"

    def _confirm(self) -> None:
        """Read back until the index serves exactly the distributions and their attestations.

        Raises:
            UnavailableError: It does not serve or list everything yet, or could not be read.
            OutputError: It serves something else.
        """
        files = self._target.files
        listings = self._until(self._listed_problems)
        there = [file for name in files if (file := listed(name, listings))]
        found = self._state.bytes_served(files, there)
        _require_right(found)
        require_checkable(found)
        if self._target.service.attestations:
            self._until_attested()

    def _listed_problems(self) -> tuple[Listings, str]:
        listings = self._state.listings(self._target.files)
        outcome = make_index_plan(self._target.files, listings, now=self._now)
        if outcome.problems:
            raise OutputError(f"after the upload: {outcome.problems[0].message}", hint=outcome.problems[0].next_step)
        missing = ", ".join(file.name for file in outcome.upload)
        return listings, f"the index does not list yet: {missing}" if missing else ""

    def _until(self, look: Callable[[], tuple[Listings, str]]) -> Listings:
        for wait in (*self._pauses(), None):
            listings, missing = look()
            if not missing:
                return listings
            if wait is not None:
                time.sleep(wait)
        raise UnavailableError(
            missing, hint="Run it again later: it uploads nothing that is there, and reads back again."
        )

    def _until_attested(self) -> None:
        for wait in (*self._pauses(), None):
            found = self._state.attestations(self._target.files)
            _require_right(found)
            if not found.absent and not found.unknown:
                return
            if wait is not None:
                time.sleep(wait)
        require_checkable(found)
        name, reason = min(found.absent.items())
        raise OutputError(f"{name}: {reason}, although it was uploaded", hint=NEW_VERSION)

    def _pauses(self) -> Sequence[float]:
        reads, pause = PATIENCE
        return [min(pause * 2.0**number, pause * 10) for number in range(reads - 1)]


def _require_right(found: ServedProblems) -> None:
    if found.wrong:
        name, reason = min(found.wrong.items())
        raise OutputError(f"{name}: {reason}", hint="Do not announce this release, and contact the index's operators.")
