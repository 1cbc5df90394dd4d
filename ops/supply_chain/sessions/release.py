"""Make a release, and end in one screen: may it ship, why not, what to do.

    python -Im ops.supply_chain.sessions.release "check_a & check_b" "evaluate_policy" ... -- OPTIONS

Steps and options are those of `runner.pipeline`; without steps, they are those of the table of stages. The report is rendered at the end, however the run ends: a release
that is refused needs it most.
"""

from __future__ import annotations

if __name__ == "__main__":
    from ops.supply_chain.runner.handover import restart_for_stages

    restart_for_stages()

import os
from collections.abc import Sequence
from pathlib import Path

from ops.supply_chain import commands, release_uses
from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.core import canonical
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.errors import ExitCode, InputError
from ops.supply_chain.runner.handover import held_secrets
from ops.supply_chain.runner.pipeline import (
    Finished,
    Manner,
    carry_out,
    command_line,
    guarded,
    run_document,
    shared_options,
)
from ops.supply_chain.runner.preflight import check_session
from ops.supply_chain.runner.streams import print_result
from ops.supply_chain.sessions.one_screen import REPORT_STAGE, Ending, Words, again, show, watcher_for

WORDS = Words(passed="PASS", refused="REFUSED", unexamined="NOT EXAMINED")

DOCUMENT_STAGE = "generate_security_md"
"""Its record has a count of documents where the project has generated ones."""

BEHIND = "document.behind"
"""Its finding about a document that describes an earlier release."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the steps given on the command line.

    Returns:
        The exit code of the stage that ended the run, else that of the first gate that did not pass, else 0.
    """
    steps, options = command_line(argv)
    steps = steps or list(commands(release_uses()))
    return guarded(options, lambda: _release(steps, options))


def _release(steps: Sequence[str], options: Sequence[str]) -> int:
    shared = shared_options(options)
    found = check_session(shared)
    log = watcher_for(shared, found.dist)
    manner = Manner(watcher=log, closing=(REPORT_STAGE,))
    finished = carry_out(steps, options, {**os.environ, **held_secrets()}, manner, checked=found)
    if shared.format == "json":
        print_result(run_document(finished), document=True)
    ending = Ending(
        root=found.project.root,
        dist=found.dist,
        config=found.config,
        subject=f"{found.project.name} {found.project.version}",
        words=WORDS,
        again=again("release", options),
        notes=document_note(finished, found.dist, found.config.documents.path.value),
    )
    show(finished, ending, log, shared)
    return finished.code


def document_note(finished: Finished, dist: Path, policy: str) -> tuple[tuple[str, str], ...]:
    """Return the line that the committed security policy can describe this release now.

    Args:
        finished: How the run ended.
        dist: The run's folder.
        policy: Path of the security policy in the project.
    Returns:
        Nothing where no release was made, the project has no generated policy, or a finding says so already.
    """
    path = dist / "records" / f"{DOCUMENT_STAGE}.json"
    try:
        record = canonical.read(path, Record) if path.is_file() else None
    except InputError:
        record = None
    if finished.code != ExitCode.PASS or record is None or not record.counts.get("documents"):
        return ()
    if any(finding.code == BEHIND for finding in record.findings):
        return ()
    return (
        ("document", f"{policy} can describe this release now; to write it, then commit: {command('security_md')}"),
    )


if __name__ == "__main__":
    raise SystemExit(main())
