"""Compare two SBOMs: new risk, packages, versions, licences, hashes, producers, suppliers, scopes, dependencies, contents of wheels.

The worst comes first: advisories about what was added or changed (malware, then vulnerabilities), the same version with other
bytes, downgrades, other producers, suppliers and licences. Advisories are those of --advisories, else of a feed that an earlier
run left in the cache. Packages of other ecosystems than PyPI are matched with a feed of theirs (--advisories npm=..., or
[feeds.ecosystems]). What was not examined is stated.

Several versions of one package are paired: equal ones, then neighbours in the order of their ecosystem; what is left over is
also present, or no longer present. Where that order cannot be decided, a version is changed, not upgraded. A component without a
package URL is matched by name. What an incomplete or invalid newer document lacks is not listed, never removed.

Reads    two SBOMs or releases: CycloneDX 1.2 to 1.7 (JSON, XML), SPDX 2.2, 2.3 (JSON, YAML, tag-value, RDF/XML) or 3.0.1
         (JSON-LD), of any tool; or folders with one (dist/, dist/release/, a retained release); or retained versions
         of this project. Advisories.
Writes   nothing; with --markdown that file.
Decides  with --fail-on: that there is no change of the named kinds.
Exits    0 compared, 2 usage, 3 a document is broken or not an SBOM in a supported format, 4 a change that --fail-on names,
         5 --fail-on names risks, and not everything was examined.
Network  none; with --advisories URL that address.
Source   https://github.com/package-url/purl-spec; PEP 503: packages are identified by name and ecosystem, never by raw
         purl. A hash that disappeared from an unchanged version means that the same version now has different bytes.
"""

from __future__ import annotations

if __name__ == "__main__":
    from ops.supply_chain.runner.command_lines import answer_help

    answer_help("compare_sboms")

import argparse
from collections.abc import Sequence
from pathlib import Path

import msgspec

from ops.supply_chain.adapters.tools.received_schemas import schema_defects
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.files import write_atomic
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.core.text import printable
from ops.supply_chain.formats.json_reader import LARGEST_BYTES, UnexpectedShapeError
from ops.supply_chain.formats.received.read import read_received
from ops.supply_chain.gather.gates.sboms import lock_of, other_parts
from ops.supply_chain.gather.release.located_sbom import locate_sbom
from ops.supply_chain.gather.risk.advisories.sbom_changes import ComparedSbom, risks_of
from ops.supply_chain.inventory.comparison.compare import ChangeKind, SbomComparison, compare
from ops.supply_chain.inventory.comparison.inventory import SbomInventory
from ops.supply_chain.inventory.comparison.received import VERSIONS, received_inventory
from ops.supply_chain.inventory.comparison.render import ComparedSboms, as_markdown, screen
from ops.supply_chain.inventory.comparison.risks import RiskKind, SbomRisks
from ops.supply_chain.runner.context import StageResult, StageRun
from ops.supply_chain.runner.stage import leave, run_stage

_INCLUDED = {
    ChangeKind.ADDED: (ChangeKind.ADDED, ChangeKind.ALSO_PRESENT),
    ChangeKind.REMOVED: (ChangeKind.REMOVED, ChangeKind.NO_LONGER_PRESENT, ChangeKind.NOT_LISTED),
}
"""Kinds that a kind of --fail-on includes: what may be a removal counts as one."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the two documents and what may not have changed."""
    what = "SBOM file, folder of a release, or retained version"
    parser.add_argument("before", help=f"the older: {what}")
    parser.add_argument("after", help=f"the newer: {what}")
    parser.add_argument(
        "--fail-on",
        action="append",
        default=[],
        choices=[*(kind.value for kind in RiskKind), *(kind.value for kind in ChangeKind)],
        help="exit 4 if there is such a change; may be given several times. added includes also-present, removed "
        "includes no-longer-present and not-listed",
    )
    parser.add_argument(
        "--advisories",
        action="append",
        default=[],
        metavar="[ECOSYSTEM=]PATH|URL",
        help="OSV snapshot to check new versions with: a zip file, a folder of records or a URL; repeatable, the first usable "
        "one is used for packages of PyPI (default: the feed in the cache); npm=, Debian= and so on name the ecosystem of another feed",
    )
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the whole comparison as Markdown")
    parser.set_defaults(source=[])


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stage.

    Returns:
        The exit code.
    """
    return run_stage("compare_sboms", __doc__, arguments, _perform, argv)


def _perform(run: StageRun) -> StageResult:
    before, defects_before = _read(run, run.args.before)
    after, defects_after = _read(run, run.args.after)
    found = compare(before.inventory, after.inventory)
    risks = risks_of(run, before, after)
    refused = [*_refused_risks(run, risks), *_refused(run, found)]
    compared = ComparedSboms(
        before=before.inventory,
        after=after.inventory,
        defects=(defects_before, defects_after),
        found=found,
        risks=risks,
        refused=refused,
    )
    if run.args.markdown is not None:
        write_atomic(run.args.markdown.absolute(), as_markdown(compared).encode())
    counts = {kind.value: risks.new(kind) for kind in RiskKind}
    counts |= {kind.value: found.count(kind) for kind in ChangeKind}
    counts |= {
        "hashes-not-compared": found.hashes_not_compared,
        "defects-before": defects_before,
        "defects-after": defects_after,
        "not-examined": len(risks.unexamined),
    }
    return StageResult(
        outcome=_outcome(run, refused, risks),
        text=screen(compared),
        counts=counts,
        feeds=risks.feeds,
        document={
            "schema": "sbom-comparison/1",
            "before": _side(before.inventory),
            "after": _side(after.inventory),
            "risks": [risk._asdict() | {"new": risk.is_new} for risk in risks.risks],
            "changes": [msgspec.to_builtins(change) | {"weak": change.is_weak} for change in found.changes],
            "accounts": found.accounts._asdict(),
            "not_examined": risks.unexamined,
            "counts": counts,
            "failed_on": refused,
        },
    )


def _refused_risks(run: StageRun, risks: SbomRisks) -> list[str]:
    return [kind.value for kind in RiskKind if kind.value in run.args.fail_on and risks.new(kind)]


def _refused(run: StageRun, found: SbomComparison) -> list[str]:
    named = (kind for kind in ChangeKind if kind.value in run.args.fail_on)
    return [kind.value for kind in named if any(map(found.count, _INCLUDED.get(kind, (kind,))))]


def _outcome(run: StageRun, refused: Sequence[str], risks: SbomRisks) -> Outcome:
    if refused:
        return Outcome.FAIL
    wanted = {kind.value for kind in RiskKind} & set(run.args.fail_on)
    return Outcome.NOT_EXAMINED if wanted and risks.unexamined else Outcome.PASS


def _read(run: StageRun, operand: str) -> tuple[ComparedSbom, int]:
    """Read one side, and count the defects of the document itself."""
    path = locate_sbom(run, operand)
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_BYTES + 1)
        document = read_received(data, schema_defects)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or 'cannot be read'}") from error
    except UnexpectedShapeError as error:
        raise InputError(
            f"{path}: {printable(str(error).removeprefix('$: '))}",
            hint="Give a document of CycloneDX 1.2 to 1.7, SPDX 2.2, 2.3 or 3.0.1.",
        ) from error
    if document.version not in VERSIONS[document.standard]:
        raise InputError(
            f"{path}: expected CycloneDX 1.0 to 1.7, SPDX 2.2, 2.3 or 3.0; found {printable(document.label)}",
            hint="Convert it, or give another file.",
        )
    others = tuple(other_parts(document, operand))
    return ComparedSbom(received_inventory(document), lock_of(document, operand, data), others), document.defect_count


def _side(inventory: SbomInventory) -> dict[str, object]:
    return {
        "format": inventory.format,
        "syntax": inventory.syntax,
        "name": inventory.name,
        "version": inventory.version,
        "packages": inventory.size,
        "components": inventory.components,
        "inside_wheels": inventory.inside,
        "incomplete": inventory.incomplete,
    }


if __name__ == "__main__":
    leave(main())
