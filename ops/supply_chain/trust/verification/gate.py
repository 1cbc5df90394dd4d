"""Whether the gates passed: the records and the verdict in the gate file, held against provenance by digest.

A record is known by the SHA-256 of its canonical bytes, which is what `jq -S` prints of it. It is read as plain
data: a record of another version of sealwright may have fields that we do not know.

Source: DESIGN section 1, idea 2, and section 2; docs/provenance.md, "Byproducts".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from ops.supply_chain.contracts.files.verification import REHEARSAL, Check, GivenFile, Line
from ops.supply_chain.core import plain_json
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.moments import parse_timestamp
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.core.text import excerpt
from ops.supply_chain.formats.json_reader import Node, UnexpectedShapeError
from ops.supply_chain.trust.verification import commands
from ops.supply_chain.trust.verification.lines import check, failed, judged, passed, tolerated
from ops.supply_chain.trust.verification.parts import Parts

PASS = Outcome.PASS.value
EARLIEST_ZONE = timedelta(hours=12)
"""A day ends last where the clock is twelve hours behind UTC; a waiver's time zone is not in its label."""

_UNTIL = re.compile(r"\buntil (\d{4}-\d{2}-\d{2})\Z")
"""How the label of a waiver ends (waivers/model.py)."""
_TITLES = {
    "records": "The records are those that the provenance names",
    "gates": "Every gate passed",
    "verdict": "The policy allows this release, and its verdict is the one that the provenance names",
    "origin": "Every released file was written by a stage that left a record",
    "waivers": "No waiver had ended when the release was made",
}


class _Named(NamedTuple):
    """A byproduct of the provenance: the digest that it gives, its role and the outcome that it states."""

    sha256: str
    role: str
    outcome: str


def gates(
    parts: Parts, files: Mapping[str, GivenFile], gate: Node | str, statement: Node | str, *, rehearsed: bool
) -> list[Check]:
    """Judge the gate file.

    Args:
        parts: What the files are.
        files: The files.
        gate: The gate file, or why it cannot be read.
        statement: The provenance, or why it cannot be read.
        rehearsed: Whether this is a rehearsal and one is accepted: it goes on where a gate or the policy refuses.
            That a gate did not pass is told all the same, and is tolerated.
    """
    problem = gate if isinstance(gate, str) else statement if isinstance(statement, str) else ""
    if isinstance(gate, str) or isinstance(statement, str):
        return [check(f"gate.{what}", title, [failed(parts.gate, problem)]) for what, title in _TITLES.items()]
    why = REHEARSAL if rehearsed else ""
    named = _lines(parts.gate, lambda: _record_lines(parts, gate, _byproducts(statement)))
    return [
        check("gate.records", _TITLES["records"], named),
        check(
            "gate.gates",
            _TITLES["gates"],
            _lines(parts.gate, lambda: _gate_lines(parts, gate, _byproducts(statement), why)),
        ),
        check(
            "gate.verdict",
            _TITLES["verdict"],
            _lines(parts.gate, lambda: _verdict_lines(parts, gate, _byproducts(statement), why)),
        ),
        check("gate.origin", _TITLES["origin"], _lines(parts.gate, lambda: _origin_lines(parts, files, gate))),
        check("gate.waivers", _TITLES["waivers"], _lines(parts.gate, lambda: _waiver_lines(parts, gate))),
    ]


def finished(gate: Node) -> datetime:
    """Return the moment at which the last record was finished.

    Raises:
        UnexpectedShapeError: No record tells, or one tells what is no moment.
    """
    moments = [_moment(record["finished"]) for record in gate["records"].rows()]
    if not moments:
        raise UnexpectedShapeError("$.records: is empty")
    return max(moments)


def _lines(name: str, work: Callable[[], Iterator[Line]]) -> list[Line]:
    try:
        return list(work())
    except UnexpectedShapeError as error:
        return [failed(name, str(error))]


def _byproducts(statement: Node) -> dict[str, _Named]:
    found: dict[str, _Named] = {}
    for node in statement["predicate"]["runDetails"]["byproducts"].rows():
        name, annotations = node["name"].text(), node["annotations"]
        if name in found:
            raise UnexpectedShapeError(f"provenance {node.path}.name: {excerpt(name)} is there twice")
        found[name] = _Named(
            node["digest"]["sha256"].text(), annotations["role"].text(), annotations.text_of("outcome")
        )
    return found


def _records(gate: Node) -> dict[str, Node]:
    found: dict[str, Node] = {}
    for record in gate["records"].rows():
        stage = record["stage"].text()
        if stage in found:
            raise UnexpectedShapeError(f"{record.path}.stage: {excerpt(stage)} is there twice")
        found[stage] = record
    return found


def _record_lines(parts: Parts, gate: Node, named: Mapping[str, _Named]) -> Iterator[Line]:
    records = _records(gate)
    wanted = {name.removeprefix("record/"): one.sha256 for name, one in named.items() if one.role == "record"}
    for stage in sorted(records.keys() | wanted.keys()):
        path = records[stage].path[1:] if stage in records else ""
        command = commands.digest_of(parts.gate, path) if path else ""
        if stage not in records:
            yield failed(excerpt(stage), "is named by the provenance, and there is no such record")
        elif stage not in wanted:
            yield failed(excerpt(stage), "is not named by the provenance", command)
        elif _digest_of_part(records[stage]) != wanted[stage]:
            yield failed(stage, "is not the record that the provenance names: another SHA-256", command)
        else:
            yield passed(stage, f"SHA-256 {wanted[stage]}", command)


def _gate_lines(parts: Parts, gate: Node, named: Mapping[str, _Named], why: str) -> Iterator[Line]:
    """Judge each record; `why` is why a gate that did not pass is tolerated, empty where it is not."""
    told: set[tuple[str, str]] = set()
    for stage, record in sorted(_records(gate).items()):
        outcome = record["outcome"].text()
        told.add((f"record/{stage}", outcome))
        of = f"{record['component'].text()}-{record['version'].text()}"
        command = commands.show(parts.gate, f"{record.path[1:]}.outcome")
        if of != parts.prefix:
            yield failed(excerpt(stage), f"is of {excerpt(of)}", command)
        if outcome == PASS and of == parts.prefix:
            yield passed(excerpt(stage), f"ended {PASS}", command)
        elif outcome != PASS:
            yield from tolerated([failed(excerpt(stage), f"ended {excerpt(outcome)}", command)], why)
    for name, one in sorted(named.items()):
        if one.role in ("record", "policy-record") and one.outcome != PASS and (name, one.outcome) not in told:
            said = f"ended {excerpt(one.outcome) or 'nobody says how'}, says the provenance"
            yield from tolerated([failed(excerpt(name), said)], why)


def _verdict_lines(parts: Parts, gate: Node, named: Mapping[str, _Named], why: str) -> Iterator[Line]:
    verdict, command = gate["verdict"], commands.digest_of(parts.gate, ".verdict")
    refusals = [failed("verdict", refusal, command) for refusal in _refusals(verdict)]
    problems = []
    of = f"{verdict['component'].text()}-{verdict['version'].text()}"
    if of != parts.prefix:
        problems.append(f"is of {excerpt(of)}")
    digests = [one.sha256 for one in named.values() if one.role == "verdict"]
    if digests != [_digest_of_part(verdict)]:
        problems.append("is not the verdict that the provenance names: another SHA-256")
    yield from tolerated(refusals, why)
    if problems or not refusals:
        yield from judged("verdict", problems, "allows it", command)


def _refusals(verdict: Node) -> Iterator[str]:
    decision, outcome = verdict["decision"].text(), verdict["outcome"].text()
    if (decision, outcome) != ("allow", PASS):
        yield f"is {excerpt(decision)} ({excerpt(outcome)})"
    rules = list(verdict["rules"].rows())
    if not rules:
        yield "has no rules"
    for rule in rules:
        if rule["outcome"].text() != PASS:
            yield f"{excerpt(rule['code'].value)} ended {excerpt(rule['outcome'].value)}"


def _origin_lines(parts: Parts, files: Mapping[str, GivenFile], gate: Node) -> Iterator[Line]:
    writers: dict[str, str] = {}
    for stage, record in sorted(_records(gate).items()):
        for node in record["writes"].rows():
            writers.setdefault(node["sha256"].text(), stage)
    for name in parts.subjects:
        if name == parts.gate:
            continue  # it holds the records, and the provenance names it
        stage = writers.get(files[name].sha256, "")
        command = commands.show(parts.gate, '.records[] | {stage, writes: [.writes[] | "\\(.sha256) \\(.path)"]}')
        yield (
            passed(name, f"written by {excerpt(stage)}", command)
            if stage
            else failed(name, "no record says who wrote it", command)
        )


def _waiver_lines(parts: Parts, gate: Node) -> Iterator[Line]:
    command = commands.show(
        parts.gate, '[.records[].findings[] | select(.waived_by != "") | {code, package, waived_by}]'
    )
    count, ended = 0, []
    for record in gate["records"].rows():
        day = (_moment(record["finished"]) - EARLIEST_ZONE).date().isoformat()
        for finding in record["findings"].rows():
            label = finding.text_of("waived_by")
            count += bool(label)
            until = _UNTIL.search(label)
            what = f"{excerpt(finding.text_of('code'))} {excerpt(finding.text_of('package'))}: {excerpt(label)}"
            if label and not until:
                ended.append(f"{what}: does not say until when")
            elif until and until[1] < day:
                ended.append(what)
    yield from judged(parts.gate, ended, f"{count} findings waived" if count else "nothing is waived", command)


def _moment(node: Node) -> datetime:
    try:
        return parse_timestamp(node.text(), where=node.path)
    except (InputError, OverflowError) as error:
        raise UnexpectedShapeError(f"{node.path}: expected a moment, found {excerpt(node.value)}") from error


def _digest_of_part(part: Node) -> str:
    """Return the SHA-256 of a part in canonical form: of what `jq -S` prints of it."""
    try:
        return sha256_bytes(plain_json.dump(part.value))
    except (ValueError, RecursionError) as error:
        raise part.broken(f"cannot be written as canonical JSON: {type(error).__name__}") from error
