"""Render the trust page: what the newest release of each component shows today, as static HTML and Markdown.

Reads    retained releases, the configurations and security policies of the project, or of each project of --fleet. The
         newest release of each is verified again; a rehearsal never counts.
Writes   dist/trust/: index.html, index.md, copies of security policies without an address on GitHub, and of the SBOMs
         of verified releases where `[release].files_at` is not set; in one atomic step. The same inputs on the same day
         give the same bytes.
Decides  each newest release verifies today
Exits    0 written, and every release verifies; 2 usage or configuration, 3 the fleet file cannot be read, 4 written, and
         a release does not verify; 5 written, and a project or its releases could not be read; 6 a file cannot be written.
Network  none; the page makes no requests either, and has no script.
Source   docs/trust_page.md; WCAG 2.2 AA, https://www.w3.org/TR/WCAG22/
"""

from __future__ import annotations

if __name__ == "__main__":
    from ops.supply_chain.runner.command_lines import answer_help

    answer_help("render_trust_page")

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.gather.gates.projects import add_fleet_option
from ops.supply_chain.runner.context import StageResult, StageRun
from ops.supply_chain.runner.dist_folder import hold_for
from ops.supply_chain.runner.stage import leave, run_stage

if TYPE_CHECKING:
    from ops.supply_chain.gather.assurance.trust_page import TrustFiles

FOLDER = "trust"
PAGE, MARKDOWN = "index.html", "index.md"
STYLES = ("tokens.css", "report.css", "print.css", "trust.css")
MOST_LINES = 15
"""Components that the screen names; the page has all of them."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the fleet option, and the title."""
    add_fleet_option(parser)
    parser.add_argument("--title", default="Trust page", help="title of the page (default: Trust page)")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stage, which leaves no record: it shows finished releases.

    Returns:
        The exit code.
    """
    return run_stage("render_trust_page", __doc__, arguments, _perform, argv)


def _perform(run: StageRun) -> StageResult:
    from ops.supply_chain.adapters.files.folders import building
    from ops.supply_chain.gather.assurance.trust_page import read_trust_page

    found = read_trust_page(run, fleet=run.args.fleet, title=run.args.title)
    # Only a dist folder is replaced: `--dist` may name a folder that has another `trust`.
    with hold_for(run.dist, run.root), building(run.dist / FOLDER, replace=True) as work:
        _write(work, found)
    return _result(run, found)


def _write(work: Path, found: TrustFiles) -> None:
    from ops.supply_chain.adapters.files.folders import copy_measured
    from ops.supply_chain.adapters.files.report_templates import read_templates
    from ops.supply_chain.assurance.report.html import render_static
    from ops.supply_chain.assurance.trust_page.markdown_page import trust_markdown
    from ops.supply_chain.core.errors import OutputError
    from ops.supply_chain.core.files import write_atomic
    from ops.supply_chain.core.start import TREE
    from ops.supply_chain.inventory.model.document import GENERATOR, GENERATOR_VERSION

    generator = (GENERATOR, GENERATOR_VERSION)
    html = render_static("trust.html", found.page, read_templates(TREE), styles=STYLES, generator=generator)
    texts = {PAGE: html, MARKDOWN: trust_markdown(found.page).encode()}
    for path, data in {**texts, **{path: text.encode() for path, text in found.texts.items()}}.items():
        write_atomic(work / path, data, durable=False)
    for copy in found.sboms:
        target = work / copy.target
        target.parent.mkdir(parents=True, exist_ok=True)
        if copy_measured(copy.source, target).sha256 != copy.sha256:
            raise OutputError(f"{copy.target}: changed while it was copied", hint="Run it again.")


def _result(run: StageRun, found: TrustFiles) -> StageResult:
    from ops.supply_chain.assurance.trust_page.model import NO_RELEASE, NOT_READ, NOT_VERIFIED, VERIFIED
    from ops.supply_chain.core.text import printable

    page = found.page
    words = [component.state.word for component in page.components]
    outcome = Outcome.FAIL if NOT_VERIFIED in words else Outcome.NOT_EXAMINED if NOT_READ in words else Outcome.PASS
    lines = list(_lines(found))
    more = len(lines) - MOST_LINES
    shown = [*lines[:MOST_LINES], *([f"and {more} more, which the page has"] if more > 0 else [])]
    return StageResult(
        outcome=outcome,
        text="\n".join(map(printable, [page.summary, *shown, f"written: {run.dist / FOLDER / PAGE}"])),
        counts={
            "components": len(words),
            "verified": words.count(VERIFIED),
            "not_verified": words.count(NOT_VERIFIED),
            "no_release": words.count(NO_RELEASE),
            "not_read": words.count(NOT_READ),
        },
        document={
            "folder": FOLDER,
            "components": [
                {"name": component.name, "state": component.state.word, "version": component.version}
                for component in page.components
            ],
        },
    )


def _lines(found: TrustFiles) -> Iterator[str]:
    """Yield a line for each component, the ones that need attention first."""
    from ops.supply_chain.assurance.trust_page.model import NO_RELEASE, NOT_READ, NOT_VERIFIED, VERIFIED

    order = [NOT_VERIFIED, NOT_READ, NO_RELEASE, VERIFIED]
    for component in sorted(found.page.components, key=lambda each: (order.index(each.state.word), each.name)):
        error = found.errors.get(component.name)
        reasons = [error.message] if error else component.reasons[:1]
        yield ": ".join([f"{component.name} {component.version}".strip(), component.state.word, *reasons])


if __name__ == "__main__":
    leave(main())
