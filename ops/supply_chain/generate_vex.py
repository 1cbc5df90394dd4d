"""State every open vulnerability: as VEX for customers, and as ignore lists for other scanners.

Waived with a VEX justification is `not_affected`; waived without one is `affected`, accepted until a day;
what stands is `affected` with the next step, or `under_investigation` while nobody has decided.

Reads    waivers, all records, dist/sbom/N-sbom.json
Writes   dist/vex/: N.openvex.json, N.vex.cdx.json; ignore/ with osv-scanner.toml, .trivyignore.yaml,
         pip-audit-ignore.txt and uv-audit.toml, which are not released. OpenVEX has no empty document: where
         no vulnerability is open only the CycloneDX one is written.
Decides  every open finding stated
Exits    0 done; 2 a waiver's zone is none; 3 a record or the SBOM is broken, or they do not fit together;
         5 vulnerabilities were not looked at, or not everywhere: the CycloneDX VEX then says so; 6 a
         document is not valid.
Network  none.
Source   OpenVEX v0.2.0; CycloneDX 1.6; facts/standards.md sections 4 and 15.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from ops.supply_chain.adapters.files.folders import empty
from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.contracts.files.record import Record, ToolRef
from ops.supply_chain.contracts.values.vex import Acceptance, Assessment, Judged, VexStatus
from ops.supply_chain.core import canonical
from ops.supply_chain.core.errors import InputError, OutputError
from ops.supply_chain.core.files import write_atomic
from ops.supply_chain.core.moments import timestamp_of_epoch
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.gather.gates.outcome import today
from ops.supply_chain.gather.gates.records import read_records, record_paths
from ops.supply_chain.gather.risk.vex import load_bom
from ops.supply_chain.inventory.model.document import GENERATOR, GENERATOR_VERSION
from ops.supply_chain.risk.waivers.apply import covers
from ops.supply_chain.risk.waivers.model import VULNERABILITY, Waiver
from ops.supply_chain.risk.waivers.parse import parse_waivers
from ops.supply_chain.runner.context import StageResult, StageRun
from ops.supply_chain.runner.stage import run_stage

if TYPE_CHECKING:
    from ops.supply_chain.risk.vex.bom import Bom

FOLDER, IGNORE_FOLDER = "vex", "vex/ignore"
GATE = "check_vulnerabilities"
NOT_EXAMINED = "not-examined"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add nothing: what is stated follows from waivers and records."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stage.

    Returns:
        The exit code.
    """
    return run_stage("generate_vex", __doc__, arguments, _perform, argv)


def _perform(run: StageRun) -> StageResult:
    from ops.supply_chain.risk.vex.assess import assess
    from ops.supply_chain.risk.vex.ignore_lists import files_of, ignores_of

    records = read_records(run)
    bom_path = run.dist / "sbom" / f"{run.project.name}-sbom.json"
    bom = load_bom(bom_path)
    waivers = _live(run)
    judged = _judged(records, waivers)
    assessments = assess(judged)
    _require_known(assessments, bom)
    complete = _complete(records)
    documents = _documents(run, assessments, bom, complete=complete)
    ignores, left_out = ignores_of([one for _, one in waivers], judged)
    lists = {f"{IGNORE_FOLDER}/{name}": data for name, data in files_of(ignores).items()}
    empty(run.dist / FOLDER)
    written = {**{f"{FOLDER}/{name}": data for name, data in documents.items()}, **lists}
    for name, data in sorted(written.items()):
        write_atomic(run.dist / name, data)
    reads = (run.dist_ref(bom_path), *(run.dist_ref(path) for path in record_paths(run)))
    return _result(run, assessments, written, reads=reads, left_out=left_out, complete=complete)


def _live(run: StageRun) -> list[tuple[Waiver, Acceptance]]:
    """Return the waivers of vulnerabilities that hold today, as written and as VEX tells them."""
    day, zone = today(run, run.config), ZoneInfo(run.config.waiver_rules.zone)
    found, _ = parse_waivers(run.config)
    live = [one for one in found if one.date <= day <= one.expires]
    return [(one, _acceptance(one, zone)) for one in live if one.scope == VULNERABILITY]


def _acceptance(waiver: Waiver, zone: ZoneInfo) -> Acceptance:
    return Acceptance(
        id=waiver.id,
        reason=waiver.reason,
        since=_midnight(waiver.date, zone),
        until=waiver.expires,
        ends=_midnight(waiver.expires + timedelta(days=1), zone),
        package=waiver.package,
        versions=waiver.versions,
        justification=waiver.justification,
    )


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _judged(records: Sequence[Record], waivers: Sequence[tuple[Waiver, Acceptance]]) -> list[Judged]:
    found = []
    for finding in (finding for record in records for finding in record.findings):
        by = next(
            (
                acceptance
                for waiver, acceptance in waivers
                if finding.waived_by == waiver.label and covers(waiver, finding)
            ),
            None,
        )
        found.append(Judged(finding, by))
    return found


def _require_known(assessments: Sequence[Assessment], bom: Bom) -> None:
    if not bom.uuid:
        raise InputError("the SBOM has no serial number", hint="Run generate_sbom.py again.")
    for one in assessments:
        if not bom.holding(one.package, one.version):
            raise InputError(
                f"{one.package} {one.version} has an open vulnerability and is not in the SBOM",
                hint="Records and SBOM are of different locks: run the whole release again.",
            )


def _complete(records: Sequence[Record]) -> bool:
    """Tell whether every locked package was looked at for vulnerabilities."""
    gate = next((record for record in records if record.stage == GATE), None)
    if gate is None or gate.outcome is Outcome.NOT_EXAMINED:
        return False
    return not any(finding.code.endswith(NOT_EXAMINED) for finding in gate.findings)


def _documents(run: StageRun, assessments: Sequence[Assessment], bom: Bom, *, complete: bool) -> dict[str, bytes]:
    from ops.supply_chain.adapters.tools.schemas import schema_problems
    from ops.supply_chain.risk.vex.write_cyclonedx import SPEC_VERSION, cyclonedx_vex
    from ops.supply_chain.risk.vex.write_openvex import openvex

    name, moment = run.project.name, timestamp_of_epoch(run.project.epoch)
    author = bom.author or name
    generator = (GENERATOR, GENERATOR_VERSION)
    cyclonedx = cyclonedx_vex(assessments, bom, generator=generator, moment=moment, complete=complete)
    found: dict[str, Any] = {f"{name}.vex.cdx.json": cyclonedx}
    if assessments:
        tooling = " ".join(generator)
        found[f"{name}.openvex.json"] = openvex(assessments, bom, author=author, tooling=tooling, moment=moment)
    _refuse(f"{name}.vex.cdx.json", schema_problems(cyclonedx, SPEC_VERSION))
    for file, document in found.items():
        _read_back(file, document, assessments, bom)
    return {file: canonical.encode(document) for file, document in found.items()}


def _read_back(file: str, document: Any, assessments: Sequence[Assessment], bom: Bom) -> None:
    """Hold a document against what it was made from, read as a customer's tool would."""
    from ops.supply_chain.risk.vex.read import read_vex

    read = read_vex(document, file=file, boms=[bom])
    said = sorted((one.names[0], one.status, one.justification or "") for one in read.statements)
    meant = sorted((one.name, one.status, one.justification or "") for one in assessments)
    _refuse(file, () if said == meant else ("reading it back gives other statements",))


def _refuse(file: str, problems: Sequence[str]) -> None:
    if problems:
        raise OutputError(
            f"{FOLDER}/{file}: does not pass its own check: {problems[0]}",
            hint="This is a defect of sealwright: please report it.",
        )


def _result(
    run: StageRun,
    assessments: Sequence[Assessment],
    written: Mapping[str, bytes],
    *,
    reads: tuple[FileRef, ...],
    left_out: Sequence[str],
    complete: bool,
) -> StageResult:
    counts = {"statements": len(assessments), "files": len(written), "ids_not_ignored": len(left_out)}
    for status in VexStatus:
        counts[status.value] = sum(one.status is status for one in assessments)
    return StageResult(
        outcome=Outcome.PASS if complete else Outcome.NOT_EXAMINED,
        text="\n".join(_lines(assessments, written, left_out, complete=complete)),
        counts=counts,
        reads=reads,
        writes=tuple(run.dist_ref(run.dist / name) for name in sorted(written)),
        tools=(ToolRef(name=GENERATOR, version=GENERATOR_VERSION),),
        notes=_notes(assessments, complete=complete),
        document={"statements": list(assessments), "files": sorted(written), "not_ignored": list(left_out)},
    )


def _notes(assessments: Sequence[Assessment], *, complete: bool) -> tuple[str, ...]:
    looked = () if complete else (f"{GATE} did not look at every package, or was not run",)
    none = "no vulnerability is open" if complete else "no vulnerability is stated"
    return looked if assessments else (*looked, f"{none}: OpenVEX has no empty document, none was written")


def _lines(
    assessments: Sequence[Assessment], written: Mapping[str, bytes], left_out: Sequence[str], *, complete: bool
) -> list[str]:
    lines = [f"{one.package} {one.version}: {one.name} {one.status.value}: {one.detail}" for one in assessments]
    documents = [name for name in sorted(written) if not name.startswith(IGNORE_FOLDER)]
    lines.append(f"stated: {len(assessments)}, in {', '.join(documents)}; ignore lists in {IGNORE_FOLDER}/")
    if not assessments:
        lines.append("no OpenVEX: it has no empty document")
    if left_out:
        lines.append(
            f"not in the ignore lists, because they stand elsewhere or cannot be written: {', '.join(left_out)}"
        )
    if not complete:
        lines.append(f"not examined: {GATE} did not look at every package, or was not run")
        lines.append("  next: run the gates again; until then this VEX says that it is not complete")
    return lines


if __name__ == "__main__":
    raise SystemExit(main())
