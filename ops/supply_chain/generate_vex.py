"""Write VEX for every open vulnerability, and ignore lists for other scanners.

A vulnerability that is waived with a VEX justification is `not_affected`; waived without one it is `affected`,
accepted until an expiry date; an open one is `affected` with the next step, or `under_investigation` if undecided.

Reads    waivers, all records, dist/sbom/N-sbom.json
Writes   dist/vex/: N.openvex.json, N.vex.cdx.json; ignore/ with osv-scanner.toml, .trivyignore.yaml,
         pip-audit-ignore.txt and uv-audit.toml, which are not released. OpenVEX has no empty document: if
         no vulnerability is open, only the CycloneDX one is written.
Decides  every open finding stated
Exits    0 done; 2 the waivers' time zone is invalid; 3 a record or the SBOM is broken, or they do not match;
         5 vulnerabilities of some packages were not examined, which the CycloneDX VEX states; 6 a document is
         not valid.
Network  none.
Source   OpenVEX v0.2.0, https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md; CycloneDX 1.6,
         https://cyclonedx.org/docs/1.6/json/.
"""

from __future__ import annotations

if __name__ == "__main__":
    from ops.supply_chain.runner.command_lines import answer_help

    answer_help("generate_vex")

import argparse
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from ops.supply_chain.adapters.files.folders import empty
from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.contracts.files.record import Record, ToolRef
from ops.supply_chain.contracts.values.vex import Acceptance, Assessment, VexFinding, VexStatus
from ops.supply_chain.core import canonical
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.errors import InputError, OutputError
from ops.supply_chain.core.files import write_atomic
from ops.supply_chain.core.moments import timestamp_of_epoch
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.core.text import printable
from ops.supply_chain.gather.gates.outcome import today
from ops.supply_chain.gather.gates.records import read_records, record_paths
from ops.supply_chain.gather.risk.vex import load_bom
from ops.supply_chain.inventory.model.document import GENERATOR, GENERATOR_VERSION
from ops.supply_chain.risk.waivers.apply import covers
from ops.supply_chain.risk.waivers.model import VULNERABILITY, Waiver
from ops.supply_chain.risk.waivers.parse import parse_waivers
from ops.supply_chain.runner.context import StageResult, StageRun
from ops.supply_chain.runner.stage import leave, run_stage

if TYPE_CHECKING:
    from ops.supply_chain.risk.vex.bom import Bom

FOLDER, IGNORE_FOLDER = "vex", "vex/ignore"
GATE = "check_vulnerabilities"
NOT_EXAMINED = "not-examined"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add no options: the VEX follows from waivers and records."""


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
    findings = _vex_findings(records, waivers)
    assessments = assess(findings)
    _require_known(assessments, bom)
    complete = _complete(records)
    documents = _documents(run, assessments, bom, complete=complete)
    ignores, left_out = ignores_of([acceptance for _, acceptance in waivers], findings)
    lists = {f"{IGNORE_FOLDER}/{name}": data for name, data in files_of(ignores).items()}
    empty(run.dist / FOLDER)
    written = {**{f"{FOLDER}/{name}": data for name, data in documents.items()}, **lists}
    for name, data in sorted(written.items()):
        write_atomic(run.dist / name, data)
    reads = (run.dist_ref(bom_path), *(run.dist_ref(path) for path in record_paths(run)))
    return _result(run, assessments, written, reads=reads, left_out=left_out, complete=complete)


def _live(run: StageRun) -> list[tuple[Waiver, Acceptance]]:
    """Return the live waivers of vulnerabilities, as written and as used in VEX."""
    day, zone = today(run, run.config), ZoneInfo(run.config.waiver_rules.zone)
    found, _ = parse_waivers(run.config)
    live = [waiver for waiver in found if waiver.date <= day <= waiver.expires]
    return [(waiver, _acceptance(waiver, zone)) for waiver in live if waiver.scope == VULNERABILITY]


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


def _vex_findings(records: Sequence[Record], waivers: Sequence[tuple[Waiver, Acceptance]]) -> list[VexFinding]:
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
        found.append(VexFinding(finding, by))
    return found


def _require_known(assessments: Sequence[Assessment], bom: Bom) -> None:
    if not bom.uuid:
        raise InputError("the SBOM has no serial number", hint=f"Run {command('generate_sbom')} again.")
    for assessment in assessments:
        if not bom.holding(assessment.package, assessment.version):
            raise InputError(
                f"{assessment.package} {assessment.version} has an open vulnerability and is not in the SBOM",
                hint="Records and SBOM are of different locks: run the whole release again.",
            )


def _complete(records: Sequence[Record]) -> bool:
    """Return True if every locked package was examined for vulnerabilities."""
    gate = next((record for record in records if record.stage == GATE), None)
    if gate is None or gate.outcome is Outcome.NOT_EXAMINED:
        return False
    return not any(finding.code.endswith(NOT_EXAMINED) for finding in gate.findings)


def _documents(run: StageRun, assessments: Sequence[Assessment], bom: Bom, *, complete: bool) -> dict[str, bytes]:
    from ops.supply_chain.adapters.tools.schemas import schema_problems
    from ops.supply_chain.risk.vex.write_cyclonedx import SPEC_VERSION, cyclonedx_vex
    from ops.supply_chain.risk.vex.write_openvex import openvex

    name, issued = run.project.name, timestamp_of_epoch(run.project.epoch)
    author = bom.author or name
    generator = (GENERATOR, GENERATOR_VERSION)
    cyclonedx = cyclonedx_vex(assessments, bom, generator=generator, issued=issued, complete=complete)
    found: dict[str, Any] = {f"{name}.vex.cdx.json": cyclonedx}
    if assessments:
        tooling = " ".join(generator)
        found[f"{name}.openvex.json"] = openvex(assessments, bom, author=author, tooling=tooling, issued=issued)
    _refuse(f"{name}.vex.cdx.json", schema_problems(cyclonedx, SPEC_VERSION))
    for file, document in found.items():
        _read_back(file, document, assessments, bom)
    return {file: canonical.encode(document) for file, document in found.items()}


def _read_back(file: str, document: Any, assessments: Sequence[Assessment], bom: Bom) -> None:
    """Check a document by reading it back as a customer's tool would."""
    from ops.supply_chain.risk.vex.read import read_vex

    read = read_vex(document, file=file, boms=[bom])
    found = sorted(
        (statement.names[0], statement.status, statement.justification or "") for statement in read.statements
    )
    expected = sorted((item.name, item.status, item.justification or "") for item in assessments)
    _refuse(file, () if found == expected else ("reading it back gives other statements",))


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
        counts[status.value] = sum(assessment.status is status for assessment in assessments)
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
    incomplete = () if complete else (f"{GATE} did not examine every package, or was not run: this VEX is incomplete",)
    none = "No open vulnerabilities" if complete else "No vulnerabilities stated"
    return incomplete if assessments else (*incomplete, f"{none}, so no OpenVEX file")


def _lines(
    assessments: Sequence[Assessment], written: Mapping[str, bytes], left_out: Sequence[str], *, complete: bool
) -> list[str]:
    lines = [f"{item.package} {item.version}: {item.name} {item.status.value}: {item.detail}" for item in assessments]
    documents = [name for name in sorted(written) if not name.startswith(IGNORE_FOLDER)]
    lines.append(f"statements: {len(assessments)}, in {', '.join(documents)}; ignore lists in {IGNORE_FOLDER}/")
    if left_out:
        lines.append(
            f"not in the ignore lists, because open elsewhere or not safe to write: {', '.join(map(printable, left_out))}"
        )
    if not complete:
        lines.append(f"next: run the gates again: {command('release')}")
    return lines


if __name__ == "__main__":
    leave(main())
