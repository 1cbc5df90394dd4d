"""An advisory gate over a fleet that Dask workers examine: the feed that all of them use, and the counts of all parts."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from msgspec.structs import replace

from ops.supply_chain.adapters.files.inputs import configured_input
from ops.supply_chain.adapters.osv.others import split_given
from ops.supply_chain.adapters.osv.sources import SourceKind, attempts, first_answer
from ops.supply_chain.core.errors import ErrorClass, UnavailableError, UsageError
from ops.supply_chain.gather.gates.fleet_merge import MergedParts
from ops.supply_chain.gather.gates.fleet_run import FleetMember, FleetRun, fleet_members
from ops.supply_chain.gather.gates.projects import read_gate_input
from ops.supply_chain.gather.risk.advisories.contents import unopened_note
from ops.supply_chain.gather.risk.advisories.finish import TORN, accepted_pins
from ops.supply_chain.gather.risk.advisories.lookup import NO_DEPENDENCIES, LookupResult, query_for
from ops.supply_chain.gather.risk.advisories.matches import MALWARE
from ops.supply_chain.runner.context import StageResult, StageRun

_NOTHING = LookupResult(gate="", projects=(), wanted=(), out_of_scope=0, unexamined={}, not_examined=(), notes=())


def examine_fleet(run: StageRun, gate: str) -> StageResult:
    """Examine a fleet on the workers of `--scheduler`.

    Args:
        run: The stage's run.
        gate: The first part of the gate's finding codes.
    Raises:
        UsageError: Options cannot be combined.
        StageError: As `FleetRun.results`.
    """
    _check_options(run)
    _ = run.project  # without a version there is no record: say so before the workers begin
    members = fleet_members(run)
    merged = FleetRun(run, members).merged(_feed(run), _malicious_folders(members) if gate == MALWARE else ())
    if merged.result.broken_input and not merged.result.counts.get("locks"):
        read_gate_input(run)  # raises: none of the locks can be read
    return replace(
        merged.result,
        counts=_counts(gate, merged),
        notes=_notes(merged, members),
    )


def _malicious_folders(members: Sequence[FleetMember]) -> list[Path]:
    """Return the folders of `[feeds].malicious`: the records of each are about the pins of all projects."""
    pairs = ((member.folder.absolute(), member.config.feeds.malicious) for member in members)
    return sorted({configured_input(folder, malicious) for folder, malicious in pairs if malicious})


def _check_options(run: StageRun) -> None:
    kinds = {SourceKind(name) for name in run.args.source}
    wrong = "--sbom" if run.args.sbom else "--second-opinion" if getattr(run.args, "second_opinion", False) else ""
    wrong = wrong or ("--source" if kinds - {SourceKind.SNAPSHOT} else "")
    if wrong:
        raise UsageError(
            f"--scheduler cannot be combined with {wrong}",
            hint="Workers compare with a snapshot of advisories: one feed for all of them.",
            kind=ErrorClass.COMMAND_LINE,
        )


def _feed(run: StageRun) -> str:
    """Return the digest of the snapshot that the run uses, which is fetched here if it has an address.

    Raises:
        UnavailableError: There is none.
    """
    plain, _ = split_given(run.args.advisories)
    with ExitStack() as stack:
        selected = stack.enter_context(first_answer(attempts(query_for(run, _NOTHING), plain, {SourceKind.SNAPSHOT})))
        digest = selected.answer.feed.sha256
    if digest is None:
        raise UnavailableError("the snapshot of advisories has no digest", hint="Give one with --advisories FILE.")
    return digest


def _counts(gate: str, merged: MergedParts) -> dict[str, int]:
    """Return the counts of all parts: of what several of them have, each thing once."""
    counts, tallies = dict(merged.result.counts), merged.tallies
    wanted, accepted = tallies["wanted"], accepted_pins(gate, merged.result.findings)
    counts |= {
        "locked": len(wanted) - len(accepted),
        "out_of_scope": len(tallies["pins"]) - len(wanted),
        "unexamined_accepted": len(accepted),
        "findings": len(merged.result.findings),
        "waived": sum(bool(finding.waived_by) for finding in merged.result.findings),
    }
    if tallies["unusable"]:
        counts["examined"] = 0
    if "inside" in tallies:
        others = tallies["inside_others"]
        counts["inside"] = len(tallies["inside"].keys() - wanted.keys()) + len(others)
        counts["inside_not_matched"] = sum(others.values())
    return counts


def _notes(merged: MergedParts, members: Sequence[FleetMember]) -> tuple[str, ...]:
    """Return the notes of all parts in the order of a run over all projects: about dependencies, wheels, feeds, ledgers."""
    unopened = merged.tallies["unopened"]
    contents = {number: unopened_note(number) for number in unopened.values()}
    rest = [note for note in merged.result.notes if note not in (NO_DEPENDENCIES, TORN, *contents.values())]
    return (
        *(note for note in merged.result.notes if note == NO_DEPENDENCIES),
        *(contents[unopened[member.component]] for member in members if member.component in unopened),
        *rest,
        *(note for note in merged.result.notes if note == TORN),
    )
