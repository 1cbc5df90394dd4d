"""Whether the policy allows exactly the files that are about to be released.

The first pass of the policy evaluates SBOMs and records, and its verdict is released with them; the second
evaluates the provenance. Every released file must be bound to what was evaluated: by a record in the first
pass, or by the provenance in the second.

Source: docs/adr/0003-policy-in-two-passes.md
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ops.supply_chain.contracts.files.provenance import REHEARSAL_BUILDER_SUFFIX, Statement
from ops.supply_chain.contracts.files.verdict import GateFile, Verdict
from ops.supply_chain.core.canonical import encode
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.release.assembly.layout import GATE_SOURCE, PROVENANCE_SOURCE, ReleaseFile

DIST = "dist:"
OWN_RECORDS = (
    "records/assemble_release.json",
    "records/retain_artifacts.json",
    "records/sign_artifacts.json",
)
"""Left by an earlier assembly, and rewritten by this one."""


def problems_of_permission(
    gate: GateFile,
    second: Verdict,
    statement: Statement,
    digests: Mapping[str, str],
    files: Sequence[ReleaseFile],
    *,
    rehearsal: bool = False,
) -> tuple[str, ...]:
    """Return every problem that keeps the verdict from allowing these files.

    A rehearsal continues despite a denial, which `problems_of_decision` returns; no other problem is excused.

    Args:
        gate: Verdict and records of the first pass, from the gate file.
        second: Verdict of the second pass.
        statement: The provenance.
        digests: Path in `dist/` -> SHA-256 now, of every file of the release and every input of the
            verdict that is there.
        files: The files of the release, save provenance and checksums.
        rehearsal: True if this is a rehearsal: then every document must be marked as one, else none may be.
    Returns:
        One sentence a problem, in the order of the checks; empty where the release is allowed.
    """
    return (
        *_mark_problems(gate, statement, rehearsal=rehearsal),
        *(() if rehearsal else problems_of_decision(gate, second)),
        *_name_problems(gate, second, statement),
        *_input_problems(gate, second, digests),
        *_second_problems(second, digests),
        *_origin_problems(gate, digests, files),
        *_byproduct_problems(gate, statement),
    )


def problems_of_decision(gate: GateFile, second: Verdict) -> tuple[str, ...]:
    """Return where a verdict does not allow the release.

    Args:
        gate: Verdict and records of the first pass.
        second: Verdict of the second pass.
    """
    problems = []
    for what, verdict in _verdicts(gate, second):
        if verdict.decision != "allow" or verdict.outcome is not Outcome.PASS:
            problems.append(f"the verdict on {what} is {verdict.decision} ({verdict.outcome})")
        if not verdict.rules or any(rule.outcome is not Outcome.PASS for rule in verdict.rules):
            problems.append(f"the verdict on {what} has no rules, or one that does not pass")
    return tuple(problems)


def _verdicts(gate: GateFile, second: Verdict) -> tuple[tuple[str, Verdict], ...]:
    return (("SBOMs and records", gate.verdict), ("the provenance", second))


def _mark_problems(gate: GateFile, statement: Statement, *, rehearsal: bool) -> list[str]:
    definition, builder = statement.predicate.build_definition, statement.predicate.run_details.builder
    marks = (
        ("the verdict with its records", gate.rehearsal),
        ("the provenance", definition.external_parameters.rehearsal),
        ("the builder", builder.id.endswith(REHEARSAL_BUILDER_SUFFIX)),
    )
    wrong = "is from a real release, but this is a rehearsal" if rehearsal else "is from a rehearsal"
    return [f"{what} {wrong}" for what, mark in marks if mark is not rehearsal]


def _name_problems(gate: GateFile, second: Verdict, statement: Statement) -> list[str]:
    parameters = statement.predicate.build_definition.external_parameters
    expected = f"{parameters.component} {parameters.version}"
    return [
        f"the verdict on {what} is about {verdict.component} {verdict.version}, not {expected}"
        for what, verdict in _verdicts(gate, second)
        if f"{verdict.component} {verdict.version}" != expected
    ]


def _input_problems(gate: GateFile, second: Verdict, digests: Mapping[str, str]) -> list[str]:
    first, both = _inputs(gate.verdict), {**_inputs(second), **_inputs(gate.verdict)}
    problems = [
        f"{path}: is not the file that the policy evaluated"
        for path, sha256 in sorted(both.items())
        if digests.get(path) != sha256 and path not in OWN_RECORDS
    ]
    if not any(path.startswith("sbom/") for path in first):
        problems.append("the verdict on SBOMs and records covers no SBOM of this release")
    problems += [
        f"records/{record.stage}.json: is in the gate file but was not evaluated"
        for record in gate.records
        if first.get(f"records/{record.stage}.json") != sha256_bytes(encode(record))
    ]
    return problems


def _inputs(verdict: Verdict) -> dict[str, str]:
    return {ref.path.removeprefix(DIST): ref.sha256 for ref in verdict.inputs if ref.path.startswith(DIST)}


def _second_problems(second: Verdict, digests: Mapping[str, str]) -> list[str]:
    if _inputs(second).get(PROVENANCE_SOURCE) == digests.get(PROVENANCE_SOURCE, "missing"):
        return []
    return [f"{PROVENANCE_SOURCE}: is not the provenance that the policy allowed"]


def _origin_problems(gate: GateFile, digests: Mapping[str, str], files: Sequence[ReleaseFile]) -> list[str]:
    written = {(ref.path.removeprefix(DIST), ref.sha256) for record in gate.records for ref in record.writes}
    return [
        f"{file.source}: no evaluated record says that a stage wrote it"
        for file in files
        if file.source != GATE_SOURCE and (file.source, digests.get(file.source, "")) not in written
    ]


def _byproduct_problems(gate: GateFile, statement: Statement) -> list[str]:
    byproducts = statement.predicate.run_details.byproducts
    listed = {byproduct.digest.sha256 for byproduct in byproducts if byproduct.digest}
    judged = {f"the record of {record.stage}": sha256_bytes(encode(record)) for record in gate.records}
    judged["the verdict"] = sha256_bytes(encode(gate.verdict))
    return [f"{what} is not named by the provenance" for what, sha256 in judged.items() if sha256 not in listed]
