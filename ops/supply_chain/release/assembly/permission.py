"""Whether the policy allows exactly the files that are about to be released.

The first pass of the policy judges SBOMs and records, and its verdict is released with them; the second
judges the provenance. Every released file must be tied to what was judged: by a record that the first
verdict was reached over, or by the provenance that the second one was.

Source: DESIGN section 2: "evaluate_policy.py then decides over all records before anything is signed".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ops.supply_chain.contracts.files.provenance import REHEARSAL_BUILDER_SUFFIX, Statement
from ops.supply_chain.contracts.files.verdict import Gate, Verdict
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
"""Left by an earlier assembling, and made anew by this one."""


def problems_of_permission(
    gate: Gate,
    second: Verdict,
    statement: Statement,
    digests: Mapping[str, str],
    files: Sequence[ReleaseFile],
    *,
    rehearsal: bool = False,
) -> tuple[str, ...]:
    """Say everything that keeps the verdict from allowing these files.

    A rehearsal goes on in spite of a denial, which `problems_of_decision` tells; nothing else is let pass.

    Args:
        gate: Verdict and records of the first pass, from the gate file.
        second: Verdict of the second pass.
        statement: The provenance.
        digests: Path in `dist/` -> SHA-256 now, of every file of the release and every input of the
            verdict that is there.
        files: The files of the release, save provenance and checksums.
        rehearsal: Whether this is one; then all of it has to say so, else none of it may.
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


def problems_of_decision(gate: Gate, second: Verdict) -> tuple[str, ...]:
    """Say where a verdict does not allow.

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


def _verdicts(gate: Gate, second: Verdict) -> tuple[tuple[str, Verdict], ...]:
    return (("SBOMs and records", gate.verdict), ("the provenance", second))


def _mark_problems(gate: Gate, statement: Statement, *, rehearsal: bool) -> list[str]:
    definition, builder = statement.predicate.build_definition, statement.predicate.run_details.builder
    marks = (
        ("the verdict with its records", gate.rehearsal),
        ("the provenance", definition.external_parameters.rehearsal),
        ("the builder", builder.id.endswith(REHEARSAL_BUILDER_SUFFIX)),
    )
    wrong = "is of a real release, and this is a rehearsal" if rehearsal else "is of a rehearsal"
    return [f"{what} {wrong}" for what, mark in marks if mark is not rehearsal]


def _name_problems(gate: Gate, second: Verdict, statement: Statement) -> list[str]:
    parameters = statement.predicate.build_definition.external_parameters
    expected = f"{parameters.component} {parameters.version}"
    return [
        f"the verdict on {what} is of {verdict.component} {verdict.version}, not {expected}"
        for what, verdict in _verdicts(gate, second)
        if f"{verdict.component} {verdict.version}" != expected
    ]


def _input_problems(gate: Gate, second: Verdict, digests: Mapping[str, str]) -> list[str]:
    first, both = _inputs(gate.verdict), {**_inputs(second), **_inputs(gate.verdict)}
    problems = [
        f"{path}: is not what the policy judged"
        for path, sha256 in sorted(both.items())
        if digests.get(path) != sha256 and path not in OWN_RECORDS
    ]
    if not any(path.startswith("sbom/") for path in first):
        problems.append("the verdict on SBOMs and records is over no SBOM of this release")
    problems += [
        f"records/{record.stage}.json: is in the gate file and was not judged"
        for record in gate.records
        if first.get(f"records/{record.stage}.json") != sha256_bytes(encode(record))
    ]
    return problems


def _inputs(verdict: Verdict) -> dict[str, str]:
    return {one.path.removeprefix(DIST): one.sha256 for one in verdict.inputs if one.path.startswith(DIST)}


def _second_problems(second: Verdict, digests: Mapping[str, str]) -> list[str]:
    if _inputs(second).get(PROVENANCE_SOURCE) == digests.get(PROVENANCE_SOURCE, "missing"):
        return []
    return [f"{PROVENANCE_SOURCE}: is not the provenance that the policy allowed"]


def _origin_problems(gate: Gate, digests: Mapping[str, str], files: Sequence[ReleaseFile]) -> list[str]:
    written = {(one.path.removeprefix(DIST), one.sha256) for record in gate.records for one in record.writes}
    return [
        f"{file.source}: no record that was judged says that a stage wrote it"
        for file in files
        if file.source != GATE_SOURCE and (file.source, digests.get(file.source, "")) not in written
    ]


def _byproduct_problems(gate: Gate, statement: Statement) -> list[str]:
    listed = {one.digest.sha256 for one in statement.predicate.run_details.byproducts if one.digest}
    judged = {f"the record of {record.stage}": sha256_bytes(encode(record)) for record in gate.records}
    judged["the verdict"] = sha256_bytes(encode(gate.verdict))
    return [f"{what} is not named by the provenance" for what, sha256 in judged.items() if sha256 not in listed]
