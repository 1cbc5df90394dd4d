"""Check that the source under release is its commit, and that every place states the same version.

What differs from the commit: changed files, files that are not tracked unless a committed .gitignore ignores them, and
what git is set to hide (core.fileMode, assume-unchanged, skip-worktree, .git/info/exclude, .git/info/attributes). Every
file is read and compared with what a checkout writes. What a release reads (locks and what they include and are compiled
from, configuration, rules, templates, workflows) counts although a committed .gitignore ignores it, and so do files that
are not checked out.
dist/ and the retained releases are left out. The version under release has to be that of the tag at HEAD, of the
project's metadata, and of no other commit's tag; tags are v1.2, 1.2, NAME==1.2 or NAME-v1.2, compared by PEP 440. No
waiver applies, and [gate].fail_on does not: --allow-dirty releases the tree as it is, and customers see it.

Reads    the project's files, git, project metadata
Writes   record
Decides  the source is its commit, all versions agree
Exits    0 it is and they do, or the project is not under git and they do; 2 usage; 3 a file of the project cannot be
         read; 4 something differs; 5 git does not answer, or the version is known only to a build backend that was
         not run.
Network  none; with [locks].allow_builds and a version that a build backend computes, the package index for the
         backend's requirements.
Source   git-status(1); PEP 440, https://peps.python.org/pep-0440/; PEP 517, https://peps.python.org/pep-0517/
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.contracts.values.source import SourceChange
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.core.text import plural
from ops.supply_chain.gather.release.source import released_version, source_changes
from ops.supply_chain.release.provenance.agreement import (
    ALLOW_DIRTY,
    UNREAD,
    change_findings,
    compared,
    version_findings,
)
from ops.supply_chain.risk.gates.outcome import decide_outcome
from ops.supply_chain.runner.context import StageResult, StageRun
from ops.supply_chain.runner.stage import run_stage


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add this stage's own options."""
    parser.add_argument(
        "--allow-dirty",
        action="store_true",
        help="release a tree that differs from its commit; recorded, and shown to customers",
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stage.

    Returns:
        The exit code.
    """
    return run_stage("check_source", __doc__, arguments, _perform, argv)


def _perform(run: StageRun) -> StageResult:
    state, changes, version = run.project.source, source_changes(run), released_version(run)
    commit = state.commit if state else ""
    findings = (*change_findings(changes, commit, allowed=run.args.allow_dirty), *version_findings(version))
    places = compared(version)
    counts = {"changed": len(changes), "versions": len(places), "under_git": int(state is not None)}
    return StageResult(
        outcome=_outcome(findings),
        text=_text(run, changes, places),
        counts=counts,
        findings=findings,
        options={ALLOW_DIRTY: "yes"} if run.args.allow_dirty else {},
        notes=() if state else ("the project is not under git: no commit is named, and changes are not detected",),
        document={"counts": counts, "commit": commit, "changed": [change.path for change in changes]},
    )


def _outcome(findings: Sequence[Finding]) -> Outcome:
    """Return the outcome; a version that could not be read is no disagreement, and no pass."""
    decided = [finding for finding in findings if finding.code != UNREAD]
    return decide_outcome(decided, fail_on=Severity.LOW, all_examined=len(decided) == len(findings))


def _text(run: StageRun, changes: Sequence[SourceChange], places: Sequence[str]) -> str:
    state = run.project.source
    differs = f"{plural(len(changes), 'path')} not as committed" if changes else "as committed"
    source = f"commit {state.commit[:12]}, {differs}" if state else "not under git"
    stated = f"stated by {', '.join(places)}" if places else "stated nowhere else"
    return f"{source}; version {run.project.version} {stated}"


if __name__ == "__main__":
    raise SystemExit(main())
