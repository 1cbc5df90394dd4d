"""Compare two SBOMs: packages, versions, licences, hashes, producers, scopes, dependencies, contents of wheels.

Reads    two SBOMs or releases: CycloneDX 1.4 to 1.7, SPDX 2.2, 2.3 or 3.0 in JSON, of any tool; or folders
         with one (dist/, dist/release/, a retained release); or retained versions of this project.
Writes   nothing.
Decides  with --fail-on: that there is no change of the named kinds.
Exits    0 compared, 2 usage, 3 a document is broken or not an SBOM in a supported format, 4 a change that --fail-on names.
Network  none.
Source   https://github.com/package-url/purl-spec; PEP 503: packages are identified by name and ecosystem, never by raw
         purl. A hash that disappeared from an unchanged version means that the same version now has different bytes.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from ops.supply_chain.adapters.files.project import describe
from ops.supply_chain.core import canonical
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.errors import ErrorClass, InputError, UsageError
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.core.text import plural, printable
from ops.supply_chain.inventory.checks.check import check_document
from ops.supply_chain.inventory.comparison.compare import ChangeKind, SbomComparison, compare, read_inventory
from ops.supply_chain.inventory.comparison.inventory import SbomInventory
from ops.supply_chain.inventory.comparison.lines import change_line
from ops.supply_chain.runner.context import StageResult, StageRun
from ops.supply_chain.runner.stage import run_stage

AGGREGATES = ("*-sbom.cdx.json", "*-sbom.json", "*-sbom.spdx3.json", "*-sbom.spdx.json")
"""How a project's SBOM may be named in a folder; the first pattern that matches wins."""

FOLDERS = ("", "sbom", "release")
"""Folders in which it is searched."""

STORE_FOLDER = "supply-chain"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the two documents and what may not have changed."""
    what = "SBOM file, folder of a release, or retained version"
    parser.add_argument("before", help=f"the older: {what}")
    parser.add_argument("after", help=f"the newer: {what}")
    parser.add_argument(
        "--fail-on",
        action="append",
        default=[],
        choices=[kind.value for kind in ChangeKind],
        help="exit 4 if there is such a change; may be given several times",
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stage.

    Returns:
        The exit code.
    """
    return run_stage("compare_sboms", __doc__, arguments, _perform, argv)


def _perform(run: StageRun) -> StageResult:
    before, defects_before = _read(run, run.args.before)
    after, defects_after = _read(run, run.args.after)
    found = compare(before, after)
    refused = [kind for kind in ChangeKind if kind.value in run.args.fail_on and found.count(kind)]
    counts = {kind.value: found.count(kind) for kind in ChangeKind}
    counts |= {
        "hashes-not-compared": found.hashes_not_compared,
        "defects-before": defects_before,
        "defects-after": defects_after,
    }
    return StageResult(
        outcome=Outcome.FAIL if refused else Outcome.PASS,
        text=_text(before, after, found, counts, refused),
        counts=counts,
        document={
            "schema": "sbom-comparison/1",
            "before": _side(before),
            "after": _side(after),
            "changes": found.changes,
            "counts": counts,
            "failed_on": [kind.value for kind in refused],
        },
    )


def _read(run: StageRun, operand: str) -> tuple[SbomInventory, int]:
    """Read one side, and count the defects of the document itself."""
    path = _locate(run, operand)
    plain = canonical.load_plain(canonical.read_bytes(path), where=str(path))
    inventory = read_inventory(plain, where=str(path))
    return inventory, sum(not problem.is_gap for problem in check_document(plain))


def _locate(run: StageRun, operand: str) -> Path:
    path = Path(operand)
    if path.is_file():
        return path
    if path.is_dir():
        return _aggregate_in(path)
    if operand in {"", ".", ".."} or Path(operand).name != operand:
        raise InputError(f"{operand}: no such file or folder")
    # The version under release does not matter here, and a project need not have one.
    name = describe(run.root, run.config, version=run.args.version or "0").name
    retained = run.artifacts / STORE_FOLDER / name / operand
    if not retained.is_dir():
        raise UsageError(
            f"{operand!r} is not a file, a folder, or a retained version of {name}",
            hint=f"List retained versions: {command('retention')}",
            kind=ErrorClass.COMMAND_LINE,
        )
    return _aggregate_in(retained)


def _aggregate_in(folder: Path) -> Path:
    for pattern in AGGREGATES:
        for part in FOLDERS:
            found = sorted(path for path in (folder / part).glob(pattern) if path.is_file())
            if len(found) > 1:
                names = ", ".join(path.name for path in found)
                raise InputError(f"{folder}: contains several SBOMs: {names}", hint="Give one of these files.")
            if found:
                return found[0]
    raise InputError(
        f"{folder}: contains no SBOM of a project: expected one of {', '.join(AGGREGATES)}",
        hint="Give the file itself.",
    )


def _side(inventory: SbomInventory) -> dict[str, object]:
    return {
        "format": inventory.format,
        "name": inventory.name,
        "version": inventory.version,
        "packages": inventory.size,
        "inside_wheels": inventory.inside,
    }


def _text(
    before: SbomInventory,
    after: SbomInventory,
    found: SbomComparison,
    counts: dict[str, int],
    refused: Sequence[ChangeKind],
) -> str:
    lines = [f"before: {_title(before)}", f"after:  {_title(after)}"]
    lines += [change_line(change) for change in found.changes]
    if not found.changes:
        lines.append("no difference")
    if found.hashes_not_compared:
        lines.append(f"note: versions on both sides without comparable hashes: {found.hashes_not_compared}")
    for side in ("before", "after"):
        if counts[f"defects-{side}"]:
            lines.append(f"note: {side} has {plural(counts[f'defects-{side}'], 'defect')}")
    if refused:
        lines.append(f"refused: {', '.join(refused)}")
    return "\n".join(map(printable, lines))


def _title(inventory: SbomInventory) -> str:
    what = f"{inventory.name or 'unnamed'} {inventory.version}".strip()
    inside = f", {inventory.inside} of them inside wheels" if inventory.inside else ""
    return f"{what} ({inventory.format}, {plural(inventory.size, 'package')}{inside})"


if __name__ == "__main__":
    raise SystemExit(main())
