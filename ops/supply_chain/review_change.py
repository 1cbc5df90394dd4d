"""Review a change: what it adds, upgrades, relicenses and exposes, compared with its base.

A commit is compared with the newest commit that it has in common with its base branch. Both are read from git into
temporary folders: nothing of the repository runs, and the working folder is neither read nor changed. Only findings
that the change brings decide; those of the base are listed as already there. What a change could use to weaken its own
review counts as it is on the base branch: configuration, waivers, rules and feeds of the project. A change of them is
a finding of its own, for a person to read before the merge.

Reads    two commits of the project, advisory feeds, core metadata on the index; KEV and EPSS of [feeds]
Writes   dist/change/: N.json, N.md, N.sarif, N-sbom.cdx.json; Markdown to $GITHUB_STEP_SUMMARY if that is set;
         in GitHub Actions one annotation for each root cause that the change brings, none with --public-log
Decides  the change brings no finding: vulnerability, malware, licence, source, publisher, name look-alike, unhashed
         or unpinned package, other bytes of a locked version, weaker configuration
Exits    0 no new finding; 2 usage, or the base contains the commit; 3 the project's metadata on the base branch is
         broken; 4 a new finding is open; 5 the base is not in this clone, a source did not answer, or something that
         the change touches was not examined; 6 a file cannot be written.
Network  as check_vulnerabilities and check_malware. Not with --no-enrich: the package index, for licence and producer of
         the packages of both commits, and its Integrity API, for added and upgraded packages. None with --offline:
         what is not in the cache is then not examined.
Source   git-merge-base(1); SARIF 2.1.0, https://docs.oasis-open.org/sarif/sarif/v2.1.0/ (baselineState)
"""

from __future__ import annotations

if __name__ == "__main__":
    from ops.supply_chain.runner.command_lines import answer_help

    answer_help("review_change")

import argparse
import os
from collections.abc import Sequence

from ops.supply_chain.adapters.files.folders import empty
from ops.supply_chain.adapters.files.git_commits import find_commits
from ops.supply_chain.adapters.github import step_summary
from ops.supply_chain.contracts.files.change_review import ChangeReview
from ops.supply_chain.core import canonical
from ops.supply_chain.core.commands import as_typed
from ops.supply_chain.core.files import write_atomic
from ops.supply_chain.gather.change.review import ReviewedChange
from ops.supply_chain.gather.change.review import review_change as reviewed
from ops.supply_chain.gather.risk.advisories.matches import MALWARE_SOURCES
from ops.supply_chain.gather.risk.advisories.source_options import add_source_options
from ops.supply_chain.inventory.model.document import GENERATOR, GENERATOR_VERSION
from ops.supply_chain.risk.changes.render import counts_markdown, findings_report, review_markdown, review_text
from ops.supply_chain.risk.findings.causes import causes_of
from ops.supply_chain.risk.findings.render.annotations import annotation_commands
from ops.supply_chain.risk.findings.render.sarif import sarif
from ops.supply_chain.risk.findings.render.screen import mark_of
from ops.supply_chain.runner.arguments import shown_path, written_line
from ops.supply_chain.runner.context import StageResult, StageRun
from ops.supply_chain.runner.stage import leave, run_stage
from ops.supply_chain.runner.streams import folder_in_workspace, typing

FOLDER = "change"
BASE_VARIABLE = "GITHUB_BASE_REF"
"""The branch that a pull request is for, on GitHub's runners; empty for other events."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the commits, and the sources."""
    parser.add_argument(
        "--base",
        default="",
        metavar="REF",
        help=f"commit or branch to compare with (default: ${BASE_VARIABLE}, else the default branch)",
    )
    parser.add_argument("--commit", default="HEAD", metavar="REF", help="commit under review (default: HEAD)")
    parser.add_argument(
        "--no-enrich", action="store_true", help="do not query the index: licences and publishers are not checked"
    )
    add_source_options(parser, MALWARE_SOURCES)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stage.

    Returns:
        The exit code.
    """
    return run_stage("review_change", __doc__, arguments, _perform, argv)


def _perform(run: StageRun) -> StageResult:
    branch = os.environ.get(BASE_VARIABLE, "")
    commits = find_commits(run.root, head=run.args.commit, base=run.args.base, base_branch=branch)
    change = reviewed(run, commits, enrich=not run.args.no_enrich)
    review = change.review
    written = [] if run.args.public_log else _write(run, change)
    everything = f"{FOLDER}/{review.component}.md"
    if step_summary.wanted():
        step_summary.append(
            counts_markdown(review) if run.args.public_log else review_markdown(review, files=everything)
        )
    return StageResult(
        outcome=review.outcome,
        text="\n".join(
            [
                review_text(review, files=shown_path(run.dist / everything)),
                *(written_line(run.dist / FOLDER, written) for _ in written[:1]),
            ]
        ),
        counts=review.counts,
        feeds=change.feeds,
        document={"files": written, "review": review},
        annotations=_annotations(run, change),
    )


def _annotations(run: StageRun, change: ReviewedChange) -> tuple[str, ...]:
    """Return what annotates the change in GitHub Actions: the root causes of what it brings, at the lines of its files."""
    here = typing()
    causes = [(mark_of(cause, fail_on=change.fail_on), cause) for cause in causes_of(run.stage, change.review.new)]
    folder = folder_in_workspace(run.root)
    return tuple(annotation_commands(causes, folder=folder, typed=lambda text: as_typed(text, here)))


def _write(run: StageRun, change: ReviewedChange) -> list[str]:
    review = change.review
    files = {
        f"{review.component}.json": canonical.encode(review),
        f"{review.component}.md": _whole(review).encode(),
        f"{review.component}.sarif": canonical.encode(_sarif(review)),
        f"{review.component}-sbom.cdx.json": change.sbom,
    }
    empty(run.dist / FOLDER)
    for name, data in sorted(files.items()):
        write_atomic(run.dist / FOLDER / name, data)
    return [f"{FOLDER}/{name}" for name in sorted(files)]


def _whole(review: ChangeReview) -> str:
    return review_markdown(review, files="", whole=True)


def _sarif(review: ChangeReview) -> object:
    report = findings_report(review)
    return sarif(report, generator=(GENERATOR, GENERATOR_VERSION), existing=frozenset(review.existing))


if __name__ == "__main__":
    leave(main())
