"""Write the retained releases as documentation: a folder that mkdocs and Backstage's TechDocs build.

Reads    retained releases, .security-config.toml, the records of the last scan in dist/scan/; where none is retained, those of the last rehearsal in
         dist/rehearsal/artifacts/. A release that does not match its manifest is reported as damaged, and nothing of
         it is shown or included.
Writes   dist/mirror/: mkdocs.yml, catalog-info.yaml, docs/ with pages for releases, packages, SBOMs, waivers,
         dependencies, verification and incidents, and the released files; in one atomic step. The start page has the state of the
         newest release and of the last scan, with their root causes. The same releases, scan and configuration give the same bytes: it contains no timestamp of its own.
Decides  retained releases are intact; nothing about their contents.
Exits    0 mirrored, 2 usage or configuration, 3 the list of pruned releases is broken, 4 mirrored, and a retained
         release is damaged, 5 no intact release is retained, 6 a file cannot be written.
Network  none.
Source   https://www.mkdocs.org/user-guide/configuration/ ; https://backstage.io/docs/features/techdocs/
"""

from __future__ import annotations

if __name__ == "__main__":
    from ops.supply_chain.runner.command_lines import answer_help

    answer_help("mirror_docs")

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ops.supply_chain.core.errors import ErrorClass, UsageError
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.runner.context import StageResult, StageRun
from ops.supply_chain.runner.dist_folder import hold_for
from ops.supply_chain.runner.stage import leave, run_stage

if TYPE_CHECKING:
    from ops.supply_chain.gather.assurance.techdocs import Mirrored

FOLDER = "mirror"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the address of released files."""
    parser.add_argument(
        "--files-at",
        default="",
        metavar="URL",
        help="link released files at URL/VERSION/NAME (default: include them in the mirror)",
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stage, which leaves no record.

    Returns:
        The exit code.
    """
    return run_stage("mirror_docs", __doc__, arguments, _perform, argv)


def _perform(run: StageRun) -> StageResult:
    from ops.supply_chain.adapters.files.folders import building
    from ops.supply_chain.assurance.techdocs.site import site
    from ops.supply_chain.gather.assurance.techdocs import read_mirror

    mirrored = read_mirror(run, files_at=_address(run.args.files_at))
    pages = site(mirrored.mirror)
    # Only a dist folder is replaced: `--dist` may name a folder that has another `mirror`.
    with hold_for(run.dist, run.root), building(run.dist / FOLDER, replace=True) as work:
        enclosed = _write(work, pages, mirrored)
    return _result(run, mirrored, pages=len(pages), enclosed=enclosed)


def _address(given: str) -> str:
    if not given:
        return ""
    parts = urlsplit(given)
    plain = (
        not any(character in given for character in " ()<>\"'`|\\\t\r\n") and given.isascii() and given.isprintable()
    )
    if parts.scheme != "https" or not parts.hostname or parts.username or parts.query or parts.fragment or not plain:
        raise UsageError(
            f"--files-at {given!r}: expected an address of the form https://HOST/PATH", kind=ErrorClass.COMMAND_LINE
        )
    return given.rstrip("/")


def _write(work: Path, pages: dict[str, bytes], mirrored: Mirrored) -> int:
    from ops.supply_chain.adapters.files.folders import copy_measured
    from ops.supply_chain.assurance.techdocs.pages import LEDGER
    from ops.supply_chain.assurance.techdocs.site import DOCS
    from ops.supply_chain.core.files import write_atomic

    for path, data in pages.items():
        write_atomic(work / path, data, durable=False)
    enclosed = 0 if mirrored.mirror.files_at else _enclose(work / DOCS, mirrored)
    if mirrored.ledger is not None:
        target = work / DOCS / LEDGER
        target.parent.mkdir(parents=True, exist_ok=True)
        copy_measured(mirrored.ledger, target)
        enclosed += 1
    return enclosed


def _enclose(docs: Path, mirrored: Mirrored) -> int:
    from ops.supply_chain.adapters.files.folders import copy_measured
    from ops.supply_chain.assurance.techdocs.model import enclosed_name
    from ops.supply_chain.assurance.techdocs.tables import FILES
    from ops.supply_chain.core.errors import OutputError

    count = 0
    for release in mirrored.mirror.releases:
        folder = docs / "releases" / release.version / FILES
        folder.mkdir(parents=True, exist_ok=True)
        for file in release.manifest.files:
            name = enclosed_name(file)
            if not name:
                continue
            source = mirrored.store.file(release.manifest.component, release.version, file.name)
            copied = copy_measured(source, folder / name)
            if (copied.sha256, copied.size) != (file.sha256, file.size):
                raise OutputError(f"{release.version}/{file.name}: changed while it was copied", hint="Run it again.")
            count += 1
    return count


def _result(run: StageRun, mirrored: Mirrored, *, pages: int, enclosed: int) -> StageResult:
    from ops.supply_chain.core.text import printable

    mirror = mirrored.mirror
    kind = "a rehearsal" if mirror.newest.rehearsal else "a release"
    lines = [
        f"{run.dist / FOLDER}: {pages} pages, {enclosed} released files, from {len(mirror.releases)} retained {'release' if len(mirror.releases) == 1 else 'releases'}",
        f"newest: {mirror.component} {mirror.newest.version}, {kind}",
        *(f"damaged: {text}" for text in mirror.damaged),
        *(f"not shown: {release.version}: {text}" for release in mirror.releases for text in release.unread),
        f"next: mkdocs build --strict --config-file {run.dist / FOLDER / 'mkdocs.yml'}",
    ]
    return StageResult(
        outcome=Outcome.FAIL if mirror.damaged else Outcome.PASS,
        text="\n".join(map(printable, lines)),
        counts={
            "releases": len(mirror.releases),
            "damaged": len(mirror.damaged),
            "pages": pages,
            "enclosed": enclosed,
            "without_owner": mirror.matrix.without_owner,
        },
        document={
            "folder": FOLDER,
            "releases": [release.version for release in mirror.releases],
            "damaged": mirror.damaged,
        },
    )


if __name__ == "__main__":
    leave(main())
