"""Check the gate file: records and verdict match the provenance by digest, and every gate passed.

A record is identified by the SHA-256 of its canonical bytes, as `jq -S` prints them. It is read as plain data: a
record of another version of sealwright may have unknown fields.

Source: docs/provenance.md, "Byproducts".
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
from ops.supply_chain.core.text import excerpt, plural
from ops.supply_chain.formats.json_reader import Node, UnexpectedShapeError
from ops.supply_chain.trust.verification import commands
from ops.supply_chain.trust.verification.file_kinds import ReleaseFileNames
from ops.supply_chain.trust.verification.lines import check, failed, judged, passed, tolerated

PASS = Outcome.PASS.value
EARLIEST_ZONE = timedelta(hours=12)
"""A day ends last twelve hours behind UTC; the label of a waiver does not name its time zone."""

_UNTIL = re.compile(r"\buntil (\d{4}-\d{2}-\d{2})\Z")
"""The end of the label of a waiver (risk/waivers/model.py)."""
_VEX, _BY = "VEX: ", re.compile(r"VEX: .+?, (?:not_affected|fixed)(?: \([a-z_]+\))?, by (?P<author>\S.*)")
"""The label of a finding that VEX suppresses (contracts/values/vex.py): it does not expire, and names its author."""
_EXCEPTION, _EXCEPTED = "publishers.exceptions: ", "publisher."
"""The label of a finding about a publisher that the configuration accepts, and how the codes of these begin."""

_TITLES = {
    "records": "The records are those that the provenance names",
    "gates": "Every gate passed",
    "verdict": "The policy allows this release, and its verdict is the one that the provenance names",
    "origin": "Every released file was written by a stage that left a record",
    "waivers": "No waiver had expired when the release was made",
}


class _Named(NamedTuple):
    """A byproduct of the provenance: digest, role and stated outcome."""

    sha256: str
    role: str
    outcome: str


def gates(
    parts: ReleaseFileNames, files: Mapping[str, GivenFile], gate: Node | str, statement: Node | str, *, rehearsed: bool
) -> list[Check]:
    """Check the gate file.

    Args:
        parts: The names of the files.
        files: The files.
        gate: The gate file, or why it cannot be read.
        statement: The provenance, or why it cannot be read.
        rehearsed: Whether this is a rehearsal and one is accepted: a gate or policy that does not pass
            is then reported and tolerated.
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
    """Return when the last record was finished.

    Raises:
        UnexpectedShapeError: There is no record, or one has no valid timestamp.
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
            raise UnexpectedShapeError(f"provenance {node.path}.name: {excerpt(name)} occurs twice")
        found[name] = _Named(
            node["digest"]["sha256"].text(), annotations["role"].text(), annotations.text_of("outcome")
        )
    return found


def _records(gate: Node) -> dict[str, Node]:
    found: dict[str, Node] = {}
    for record in gate["records"].rows():
        stage = record["stage"].text()
        if stage in found:
            raise UnexpectedShapeError(f"{record.path}.stage: {excerpt(stage)} occurs twice")
        found[stage] = record
    return found


def _record_lines(parts: ReleaseFileNames, gate: Node, named: Mapping[str, _Named]) -> Iterator[Line]:
    records = _records(gate)
    wanted = {
        name.removeprefix("record/"): byproduct.sha256
        for name, byproduct in named.items()
        if byproduct.role == "record"
    }
    for stage in sorted(records.keys() | wanted.keys()):
        path = records[stage].path[1:] if stage in records else ""
        command = commands.digest_of(parts.gate, path) if path else ""
        if stage not in records:
            yield failed(excerpt(stage), "is named by the provenance, but there is no such record")
        elif stage not in wanted:
            yield failed(excerpt(stage), "is not named by the provenance", command)
        elif _digest_of_part(records[stage]) != wanted[stage]:
            yield failed(stage, "is not the record that the provenance names: its SHA-256 differs", command)
        else:
            yield passed(stage, f"SHA-256 {wanted[stage]}", command)


def _gate_lines(parts: ReleaseFileNames, gate: Node, named: Mapping[str, _Named], why: str) -> Iterator[Line]:
    """Check each record; `why` is the reason to tolerate a gate that did not pass, or empty."""
    reported: set[tuple[str, str]] = set()
    for stage, record in sorted(_records(gate).items()):
        outcome = record["outcome"].text()
        reported.add((f"record/{stage}", outcome))
        of = f"{record['component'].text()}-{record['version'].text()}"
        command = commands.show(parts.gate, f"{record.path[1:]}.outcome")
        if of != parts.prefix:
            yield failed(excerpt(stage), f"is about {excerpt(of)}", command)
        if outcome == PASS and of == parts.prefix:
            yield passed(excerpt(stage), f"ended {PASS}", command)
        elif outcome != PASS:
            yield from tolerated([failed(excerpt(stage), f"ended {excerpt(outcome)}", command)], why)
    for name, byproduct in sorted(named.items()):
        if byproduct.role not in ("record", "policy-record") or byproduct.outcome == PASS:
            continue
        if (name, byproduct.outcome) not in reported:
            said = f"ended {excerpt(byproduct.outcome) or 'without an outcome'} according to the provenance"
            yield from tolerated([failed(excerpt(name), said)], why)


def _verdict_lines(parts: ReleaseFileNames, gate: Node, named: Mapping[str, _Named], why: str) -> Iterator[Line]:
    verdict, command = gate["verdict"], commands.digest_of(parts.gate, ".verdict")
    day = finished(gate).date().isoformat()
    refusals = [failed("verdict", refusal, command) for refusal in _refusals(verdict, day)]
    problems = []
    of = f"{verdict['component'].text()}-{verdict['version'].text()}"
    if of != parts.prefix:
        problems.append(f"is about {excerpt(of)}")
    digests = [byproduct.sha256 for byproduct in named.values() if byproduct.role == "verdict"]
    if digests != [_digest_of_part(verdict)]:
        problems.append("is not the verdict that the provenance names: its SHA-256 differs")
    yield from tolerated(refusals, why)
    if problems or not refusals:
        yield from judged("verdict", problems, "allows the release", command)


def _refusals(verdict: Node, day: str) -> Iterator[str]:
    decision, outcome = verdict["decision"].text(), verdict["outcome"].text()
    if (decision, outcome) != ("allow", PASS):
        yield f"is {excerpt(decision)} ({excerpt(outcome)})"
    rules = list(verdict["rules"].rows())
    if not rules:
        yield "has no rules"
    for rule in rules:
        if rule["outcome"].text() != PASS:
            yield f"{excerpt(rule['code'].value)} ended {excerpt(rule['outcome'].value)}"
        warnings, since = rule.get("warnings"), rule.text_of("effective_on")
        if warnings is not None and list(warnings.rows()) and since <= day:
            yield f"{excerpt(rule['code'].value)} only warned, but is in effect since {excerpt(since) or 'ever'}"


def _origin_lines(parts: ReleaseFileNames, files: Mapping[str, GivenFile], gate: Node) -> Iterator[Line]:
    writers: dict[str, str] = {}
    for stage, record in sorted(_records(gate).items()):
        for node in record["writes"].rows():
            writers.setdefault(node["sha256"].text(), stage)
    for name in parts.subjects:
        if name == parts.gate:
            continue  # it contains the records, and the provenance names it
        stage = writers.get(files[name].sha256, "")
        command = commands.show(parts.gate, '.records[] | {stage, writes: [.writes[] | "\\(.sha256) \\(.path)"]}')
        yield (
            passed(name, f"written by {excerpt(stage)}", command)
            if stage
            else failed(name, "no record says which stage wrote it", command)
        )


def _waiver_lines(parts: ReleaseFileNames, gate: Node) -> Iterator[Line]:
    command = commands.show(
        parts.gate, '[.records[].findings[] | select(.waived_by != "") | {code, package, waived_by}]'
    )
    count = 0
    ended: list[str] = []
    authors: list[str] = []
    excepted = 0
    for record in gate["records"].rows():
        day = (_moment(record["finished"]) - EARLIEST_ZONE).date().isoformat()
        for finding in record["findings"].rows():
            label = finding.text_of("waived_by")
            what = f"{excerpt(finding.text_of('code'))} {excerpt(finding.text_of('package'))}: {excerpt(label)}"
            if label.startswith(_VEX):
                by = _BY.fullmatch(label)
                (authors if by else ended).append(by["author"] if by else f"{what}: names no author")
                continue
            if label.startswith(_EXCEPTION) and finding.text_of("code").startswith(_EXCEPTED):
                excepted += 1  # without an end by nature: the check of weaker settings shows the consent to it
                continue
            count += bool(label)
            until = _UNTIL.search(label)
            if label and not until:
                ended.append(f"{what}: has no expiry date")
            elif until and until[1] < day:
                ended.append(what)
    said = f"{count} findings waived" if count else "nothing is waived"
    if excepted:
        said += f", {plural(excepted, 'finding')} about publishers accepted by the configuration, without an end"
    if authors:
        by_whom = "; ".join(map(excerpt, sorted(set(authors))))
        said += f", {plural(len(authors), 'finding')} suppressed by VEX, by {by_whom}"
    yield from judged(parts.gate, ended, said, command)


def _moment(node: Node) -> datetime:
    try:
        return parse_timestamp(node.text(), where=node.path)
    except (InputError, OverflowError) as error:
        raise UnexpectedShapeError(f"{node.path}: expected a timestamp, found {excerpt(node.value)}") from error


def _digest_of_part(part: Node) -> str:
    """Return the SHA-256 of a part in canonical form: of what `jq -S` prints of it."""
    try:
        return sha256_bytes(plain_json.dump(part.value))
    except (ValueError, RecursionError) as error:
        raise part.broken(f"cannot be written as canonical JSON: {type(error).__name__}") from error
