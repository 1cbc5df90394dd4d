"""Run a scan: the stages of a session that releases nothing, below `dist/scan/`.

    python -Im ops.supply_chain.sessions.scan "check_malware & check_hashes" "report_findings" -- OPTIONS

Steps and options are those of `runner.pipeline`; without steps, they are those of the table of stages. Nothing outside `dist/scan/` and the ledger is written, so that an
assembled release stays as it is. The records of the scan before are kept in `dist/scan/earlier/`: findings are compared with them. A project without a version is scanned too: its records and reports then name the
commit.
"""

from __future__ import annotations

if __name__ == "__main__":
    from ops.supply_chain.runner.handover import restart_for_stages

    restart_for_stages()

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from ops.supply_chain import commands, daily_scan_uses
from ops.supply_chain.adapters.files.project import UNVERSIONED, Project
from ops.supply_chain.gather.gates.projects import FLEET_VERSION, add_fleet_option, fleet_folders
from ops.supply_chain.gather.gates.since import scan_note
from ops.supply_chain.runner.dist_folder import SCAN_FOLDER
from ops.supply_chain.runner.earlier_scan import keep_earlier
from ops.supply_chain.runner.handover import held_secrets
from ops.supply_chain.runner.pipeline import Manner, carry_out, command_line, guarded, run_document, shared_options
from ops.supply_chain.runner.preflight import check_project, check_session
from ops.supply_chain.runner.streams import print_result
from ops.supply_chain.sessions.one_screen import Ending, Words, again, show, watcher_for


def main(argv: Sequence[str] | None = None) -> int:
    """Run the scan given on the command line.

    Returns:
        The exit code of the stage that ended the run, else that of the first gate that did not pass, else 0.
    """
    steps, options = command_line(argv)
    steps = steps or list(commands(daily_scan_uses()))
    return guarded(options, lambda: _scan(steps, options))


def _scan(steps: Sequence[str], options: Sequence[str]) -> int:
    shared = shared_options(options)
    found = check_session(shared, version_needed=False)
    for folder in _fleet(options):
        check_project(folder, version=FLEET_VERSION)
    version = [] if shared.version else ["--version", version_of(found.project)]
    dist = found.dist / SCAN_FOLDER
    keep_earlier(dist, found.project.root)
    log = None if _fleet(options) else watcher_for(shared, dist)
    finished = carry_out(
        steps,
        [*options, *version],
        {**os.environ, **held_secrets()},
        Manner(watcher=log),
        checked=found._replace(dist=dist),
    )
    if shared.format == "json":
        print_result(run_document(finished), document=True)
    elif log is not None or shared.public_log:
        ending = Ending(
            root=found.project.root,
            dist=dist,
            config=found.config,
            subject=f"{found.project.name} {shared.version or version[-1]}",
            words=Words(passed="NOTHING OPEN", refused="OPEN FINDINGS", unexamined="NOT EXAMINED"),
            again=again("daily_scan", options),
            notes=(("compared", note),) if (note := scan_note(dist, found.project.name)) else (),
            releases=False,
        )
        show(finished, ending, log, shared)
    return finished.code


def version_of(project: Project) -> str:
    """Return what a scan calls the state that it examined: the version, else the commit."""
    if project.version == UNVERSIONED and project.source is not None:
        return project.source.commit
    return project.version


def _fleet(options: Sequence[str]) -> list[Path]:
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    add_fleet_option(parser)
    fleet, _ = parser.parse_known_args(list(options))
    return fleet_folders(fleet.fleet) if fleet.fleet else []


if __name__ == "__main__":
    raise SystemExit(main())
