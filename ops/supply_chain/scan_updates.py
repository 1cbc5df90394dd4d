"""List newer versions of direct dependencies, their dates, and the findings they fix.

Reads    locks, index: the page of each direct dependency; the sources of the locks, for their ranges; the record
         of check_vulnerabilities, where there is one.
Writes   nothing.
Decides  nothing: informational. The cool-down of compile_locks.py is shown, not enforced.
Exits    0 done, 2 usage, 3 a lock is malformed, 5 an index did not answer for some dependencies,
         or a file that pins or declares packages was not read.
Network  the index of each direct dependency; --offline sends no request and exits 5.
Source   PEP 440 (ranges, pre-releases), PEP 592 (yanked), PEP 700 (upload times), PEP 345 (Requires-Python).
"""

from __future__ import annotations

if __name__ == "__main__":
    from ops.supply_chain.runner.command_lines import answer_help

    answer_help("scan_updates")

import argparse
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.contracts.values.package_index import PageAddress, ProjectListing
from ops.supply_chain.core.errors import InputError, UnavailableError
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.core.text import printable
from ops.supply_chain.gather.gates.projects import (
    GateProject,
    add_fleet_option,
    all_excluded,
    all_locks,
    read_gate_input,
)
from ops.supply_chain.runner.context import StageResult, StageRun
from ops.supply_chain.runner.stage import leave, run_stage

if TYPE_CHECKING:
    from ops.supply_chain.adapters.index.project_pages import Pages
    from ops.supply_chain.dependencies.updates.choose import Update
    from ops.supply_chain.dependencies.updates.dependencies import Dependency
    from ops.supply_chain.dependencies.updates.releases import Release

RECORD = "check_vulnerabilities.json"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the fleet option."""
    add_fleet_option(parser)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stage.

    Returns:
        The exit code.
    """
    return run_stage("scan_updates", __doc__, arguments, _perform, argv)


def _perform(run: StageRun) -> StageResult:
    projects = read_gate_input(run)
    places = _dependencies(projects)
    pages = _ask(run, {dependency.page for dependency in places})
    updates = _updates(run, places, pages)
    return _result(run, projects, places, pages, updates)


def _dependencies(projects: Sequence[GateProject]) -> dict[Dependency, set[str]]:
    from ops.supply_chain.dependencies.updates.dependencies import dependencies_of, folded
    from ops.supply_chain.dependencies.updates.ranges import Ranges, ranges_of

    found: dict[Dependency, set[str]] = {}
    for project in projects:

        def ranges(source: str, project: GateProject = project) -> Ranges:
            return ranges_of(source, lambda path: _source_text(project, path))

        index = project.config.index.url
        for dependency, where in dependencies_of(project.locks, ranges, project.shown, index=index).items():
            found.setdefault(dependency, set()).update(where)
    return folded(found)


def _source_text(project: GateProject, path: str) -> str | None:
    """Return the text of a source; None leaves ranges unknown if it cannot be read, which check_locks reports."""
    from ops.supply_chain.adapters.files.lock_sources import read_text

    try:
        return read_text(project.root, path)
    except InputError:
        return None


def _ask(run: StageRun, wanted: set[PageAddress]) -> Pages[tuple[Release, ...]]:
    import platform

    from ops.supply_chain.adapters.index.client import PackageIndex
    from ops.supply_chain.adapters.index.file_choice import version_in
    from ops.supply_chain.adapters.index.session import first_of
    from ops.supply_chain.dependencies.updates.releases import releases_of

    python = run.config.locks.python_version or platform.python_version()

    def keep(_page: PageAddress, listing: ProjectListing | None) -> tuple[Release, ...]:
        return releases_of(listing, version_in, python=python) if listing else ()

    config = run.config.index
    index = PackageIndex(
        run.cache, url=config.url, json_url=config.json_url, trusted=config.trusted, offline=run.offline
    )
    pages = index.pages(wanted, keep)
    if pages.failed and not pages.read:
        error = next(iter(pages.failed.values()))
        names = first_of(sorted({page.name for page in pages.failed}))
        text = f"could not fetch project pages of all {len(pages.failed)} projects: {names}: {error.message}"
        raise UnavailableError(text, hint=error.hint)
    return pages


def _updates(run: StageRun, places: Mapping[Dependency, set[str]], pages: Pages[tuple[Release, ...]]) -> list[Update]:
    from ops.supply_chain.dependencies.updates.choose import choose

    days = run.config.locks.cool_down_days
    found = [
        choose(dependency, pages.read[dependency.page], now=run.now, cool_down_days=days)
        for dependency in places
        if dependency.page in pages.read
    ]
    return [update for update in found if update is not None]


def _result(
    run: StageRun,
    projects: Sequence[GateProject],
    places: Mapping[Dependency, set[str]],
    pages: Pages[tuple[Release, ...]],
    updates: Sequence[Update],
) -> StageResult:
    from ops.supply_chain.dependencies.updates.closing import closed_by
    from ops.supply_chain.dependencies.updates.table import rows_of, text_of

    findings = _findings(run)
    closes = {
        (update.dependency.page.name, update.dependency.version, target.version): closed_by(
            target.version, update.dependency, findings or ()
        )
        for update in updates
        for target in (*update.inside, *update.outside)
    }
    rows = rows_of(updates, places, closes)
    locks = len(all_locks(projects))
    notes = [f"not checked: {page.name}: {error.message}; {error.hint}" for page, error in pages.failed.items()]
    undecided = [project.shown(path) for project in projects for path in project.declaring]
    notes += [
        f"not checked: {printable(path)} declares dependencies, but the project has no lock" for path in undecided
    ]
    if not locks and all(project.is_bare for project in projects):
        notes.append("no lock, so no dependency to check")
    if findings is None:
        notes.append("no record of check_vulnerabilities in dist/, so the findings that an update fixes are unknown")
    counts = {
        "locks": locks,
        "locked": len(places),
        "examined": len(rows),
        "newer_inside": sum(bool(row["inside"]) for row in rows),
        "newer_outside": sum(bool(row["outside"]) for row in rows),
        "yanked": sum(row["yanked"] for row in rows),
    }
    broken = [finding for project in projects for finding in project.relocated(project.broken)]
    unread = [finding for project in projects for finding in project.relocated(project.unread)]
    return StageResult(
        outcome=Outcome.NOT_EXAMINED if pages.failed or broken or unread or undecided else Outcome.PASS,
        text=text_of(rows, locks=locks),
        counts=counts,
        findings=(*broken, *unread),
        notes=tuple(notes),
        broken_input=bool(broken),
        excluded=all_excluded(projects),
        document={"schema": "updates/1", "dependencies": rows, "notes": notes, "counts": counts},
    )


def _findings(run: StageRun) -> tuple[Finding, ...] | None:
    """Return the findings of the vulnerability gate's last run, None if there is none."""
    from ops.supply_chain.contracts.files.record import Record
    from ops.supply_chain.core import canonical

    path = run.dist / "records" / RECORD
    return canonical.read(path, Record).findings if path.is_file() else None


if __name__ == "__main__":
    leave(main())
