"""Look every locked pin up in the advisories: what is known, how bad it is, by when it must be dealt with.

The first source that answers decides: OSV's snapshot, matched here so that no name leaves the machine; the
OSV API; the index's per-release JSON. The record says which one it was, its digest and age, and why not
an earlier one. What cannot be decided counts like affected; what was not looked at never counts as passed.

Reads    locks, advisory feeds; the ledger of first sightings; VEX documents given with --vex.
Writes   record; with --ledger data/artifacts/ledger/N.jsonl.
Decides  known vulnerabilities, severity, response clock
Exits    0 nothing stands; 2 usage; 3 a lock or the ledger is broken; 4 a vulnerability stands, or pip-audit
         disagrees; 5 no feed answered, or not every pin was looked at.
Network  without --advisories: OSV's snapshot; where that cannot be had the OSV API, then the index's JSON,
         which are told names and versions; none with --offline.
Source   OSV schema 1.7.5, https://ossf.github.io/osv-schema/; PEP 440; https://docs.pypi.org/api/json/;
         facts/standards.md sections 7 and 10.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ops.supply_chain.adapters.osv.sources import Answered, SourceKind
from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.contracts.files.record import ToolRef
from ops.supply_chain.contracts.values.advisory import Status, Vulnerability
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core.canonical import read_bytes
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import UnavailableError
from ops.supply_chain.core.text import printable
from ops.supply_chain.gather.risk.advisories.lookup import Examined, add_options, examine
from ops.supply_chain.gather.risk.advisories.verdict import Voice, conclude, gaps, voices
from ops.supply_chain.risk.advisories import second_opinion
from ops.supply_chain.risk.advisories.pins import Key
from ops.supply_chain.runner.context import StageResult, StageRun
from ops.supply_chain.runner.stage import run_stage

if TYPE_CHECKING:
    from ops.supply_chain.adapters.tools.pip_audit import Opinion

GATE = "vulnerability"
KINDS = tuple(SourceKind)


class _Second(NamedTuple):
    """What became of the second opinion; `failed` tells why there is none, empty where there is or none was asked."""

    comparison: second_opinion.Comparison = second_opinion.Comparison((), 0)
    skipped: Mapping[Key, str] = {}
    failed: str = ""
    remedy: str = ""
    tools: tuple[ToolRef, ...] = ()


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add this stage's own options."""
    add_options(parser, KINDS)
    parser.add_argument(
        "--vex",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="apply a supplier's OpenVEX, CycloneDX or CSAF document; repeat for several",
    )
    parser.add_argument(
        "--vex-bom",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="CycloneDX BOM that a CycloneDX VEX refers to; repeat for several",
    )
    parser.add_argument(
        "--second-opinion", action="store_true", help="ask pip-audit too, from the same records; tell each disagreement"
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stage."""
    return run_stage("check_vulnerabilities", __doc__, arguments, _perform, argv)


def _perform(run: StageRun) -> StageResult:
    with examine(run, GATE, KINDS) as found:
        matches = {key: hits for key in found.asked if found.matcher and (hits := found.matcher.match(*key))}
        second = _second_opinion(found, matches) if run.args.second_opinion else _Second()
    told = [(voice, _findings(found, voice, matches, second)) for voice in voices(run, found)]
    options = {"second_opinion": "yes" if run.args.second_opinion else "no", "vex": str(len(run.args.vex))}
    result = conclude(
        run,
        found,
        _with_vex(run, told) if run.args.vex else told,
        counts=_counts(matches, second),
        tools=second.tools,
        options=options,
    )
    return replace(result, reads=(*result.reads, *_vex_refs(run)))


def _findings(
    found: Examined, voice: Voice, matches: Mapping[Key, Sequence[Vulnerability]], second: _Second
) -> list[Finding]:
    findings = [*_vulnerabilities(found, voice, matches), *_of_second_opinion(found, voice, second)]
    return [*findings, *gaps(found, voice.part)]


def _with_vex(run: StageRun, told: Sequence[tuple[Voice, Sequence[Finding]]]) -> list[tuple[Voice, Sequence[Finding]]]:
    """Apply other people's VEX to each project's findings, before anything is decided.

    In a fleet nothing is told of statements that match no finding: they are meant for another project, and
    which product a project is is known only where it is the only one.
    """
    from ops.supply_chain.gather.risk.vex import load_bom, load_vex, own_products
    from ops.supply_chain.risk.vex.apply import UNMATCHED, apply_vex

    boms = [load_bom(path) for path in run.args.vex_bom]
    documents = [load_vex(path, boms=boms) for path in run.args.vex]
    if run.args.fleet is None:
        products = own_products(run.project)
        return [(voice, apply_vex(findings, documents, products=products)) for voice, findings in told]
    applied = [(voice, apply_vex(findings, documents)) for voice, findings in told]
    return [(voice, [one for one in findings if one.code != UNMATCHED]) for voice, findings in applied]


def _vex_refs(run: StageRun) -> Iterator[FileRef]:
    """Yield the VEX files by name and digest; where they lie is this machine's."""
    for path in run.args.vex:
        data = read_bytes(path)
        yield FileRef(path=f"vex:{path.name}", sha256=sha256_bytes(data), size=len(data))


def _vulnerabilities(
    found: Examined, voice: Voice, matches: Mapping[Key, Sequence[Vulnerability]]
) -> Iterator[Finding]:
    at = voice.part.places(matches.keys(), findings=sum(map(len, matches.values())))
    for key, place in sorted(at.items()):
        move_to = found.matcher.move_to(*key) if found.matcher else ""
        yield from (voice.teller.vulnerability(hit, place, move_to=move_to) for hit in matches[key])


def _second_opinion(found: Examined, matches: Mapping[Key, Sequence[Vulnerability]]) -> _Second:
    from ops.supply_chain.adapters.tools import pip_audit

    if found.chosen is None or not found.examined:
        return _Second()
    try:
        tools = (ToolRef(name="pip-audit", version=pip_audit.pip_audit_version()),)
        opinion = _ask_pip_audit(found.chosen.answer, found.examined)
    except UnavailableError as error:
        return _Second(failed=error.message, remedy=error.hint)
    comparison = second_opinion.compare(matches, opinion.found, found.advisories)
    return _Second(comparison, opinion.skipped, tools=tools)


def _ask_pip_audit(answer: Answered, pins: Sequence[Key]) -> Opinion:
    """Ask pip-audit from the records that we had: over loopback, or at the service that gave them."""
    from ops.supply_chain.adapters.osv import loopback as osv_loopback
    from ops.supply_chain.adapters.tools import pip_audit

    if answer.documents is not None:
        with osv_loopback.serve(answer.documents()) as url:
            return pip_audit.ask(pins, url=url)
    if answer.query_url:
        return pip_audit.ask(pins, url=answer.query_url)
    raise UnavailableError(
        "pip-audit cannot ask the source that was used", hint="Use a snapshot with --advisories, or the OSV API."
    )


def _of_second_opinion(found: Examined, voice: Voice, second: _Second) -> Iterator[Finding]:
    if second.failed and voice.part is found.parts[0]:
        yield Finding(
            code=second_opinion.NOT_EXAMINED,
            severity=Severity.INFO,
            message=f"there is no second opinion: {printable(second.failed)}",
            next_step=second.remedy,
        )
    keys = {*second.skipped, *(one.pin for one in second.comparison.disagreements)}
    at = voice.part.places(keys, findings=len(keys))
    yield from second_opinion.findings(second.comparison, second.skipped, at)


def _counts(matches: Mapping[Key, Sequence[Vulnerability]], second: _Second) -> dict[str, int]:
    statuses = Counter(hit.status for hits in matches.values() for hit in hits)
    open_pins = [hits for hits in matches.values() if any(hit.status is not Status.SETTLED for hit in hits)]
    return {
        "vulnerable": len(open_pins),
        "known": statuses[Status.AFFECTED],
        "undecided": statuses[Status.UNDECIDED],
        "settled": statuses[Status.SETTLED],
        "disagreements": len(second.comparison.disagreements),
        "explained_differences": second.comparison.explained,
    }


if __name__ == "__main__":
    raise SystemExit(main())
