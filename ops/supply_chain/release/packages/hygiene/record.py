"""RECORD of a wheel against its members, both ways.

Source: https://packaging.python.org/en/latest/specifications/binary-distribution-format/#signed-wheel-files ;
https://packaging.python.org/en/latest/specifications/recording-installed-packages/#the-record-file
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ops.supply_chain.contracts.values.distribution import Distribution, DistributionMember
from ops.supply_chain.formats.wheel import SIGNATURES, RecordRow, format_record, parse_record, record_row, split_digest
from ops.supply_chain.release.packages.hygiene.issues import Issue

_SHA256 = "sha256"


def other_algorithms(distribution: Distribution, info: str) -> dict[str, str]:
    """Return the members whose hash in RECORD is not a SHA-256, and its algorithm; empty where RECORD is malformed."""
    found = {}
    for row in _rows(distribution, info):
        try:
            algorithm, _ = split_digest(row.digest)
        except ValueError:
            continue
        if algorithm != _SHA256:
            found[row.path] = algorithm
    return found


def record_issues(distribution: Distribution, info: str, digests: Mapping[str, str]) -> Iterator[Issue]:
    """Yield where RECORD and the members differ.

    Args:
        distribution: A wheel.
        info: Its `.dist-info` folder.
        digests: Those of `other_algorithms` -> the member's own, in hexadecimal.
    """
    where = f"{info}/RECORD"
    data = distribution.texts.get(where)
    if data is None:
        yield Issue("distribution.missing-file", where, "is missing: no installer takes the wheel")
        return
    try:
        rows = parse_record(data)
    except ValueError as error:
        yield Issue("distribution.record-malformed", where, str(error))
        return
    files = {member.path: member for member in distribution.files}
    listed: set[str] = set()
    for row in rows:
        if row.path in listed:
            yield Issue("distribution.record-malformed", row.path, "has two rows in RECORD")
        listed.add(row.path)
        yield from _row_issues(row, files, info, digests)
    signatures = {f"{info}/{name}" for name in SIGNATURES}
    for path, member in files.items():
        if path not in listed and path not in signatures:
            expected = format_record([record_row(path, member.sha256, member.size)]).decode().strip()
            yield Issue("distribution.record-missing", path, f"has no row in RECORD, expected {expected}")


def _rows(distribution: Distribution, info: str) -> tuple[RecordRow, ...]:
    try:
        return parse_record(distribution.texts.get(f"{info}/RECORD", b""))
    except ValueError:
        return ()


def _row_issues(
    row: RecordRow, files: Mapping[str, DistributionMember], info: str, digests: Mapping[str, str]
) -> Iterator[Issue]:
    member = files.get(row.path)
    if row.path in {f"{info}/{name}" for name in SIGNATURES}:
        yield Issue(
            "distribution.record-extra", row.path, "has a row in RECORD, which must not list signatures of itself"
        )
    elif member is None:
        yield Issue("distribution.record-extra", row.path, "has a row in RECORD and is not in the wheel")
    elif row.path == f"{info}/RECORD":
        if row.digest or row.size:
            yield Issue("distribution.record-malformed", row.path, "has a hash or a size of itself")
    elif not row.digest:
        yield Issue("distribution.record-hash", row.path, "has no hash in RECORD")
    else:
        yield from _hash_issues(row, member, digests)


def _hash_issues(row: RecordRow, member: DistributionMember, digests: Mapping[str, str]) -> Iterator[Issue]:
    try:
        algorithm, value = split_digest(row.digest)
    except ValueError as error:
        yield Issue("distribution.record-hash", row.path, f"its hash in RECORD {error}")
        return
    actual = member.sha256 if algorithm == _SHA256 else digests.get(row.path, "")
    if actual != value:
        yield Issue("distribution.record-hash", row.path, f"has another {algorithm} than RECORD: {actual}")
    if not row.size.isdecimal() or int(row.size[:20]) != member.size:
        text = f"has {member.size} bytes, RECORD has {row.size!r}"
        yield Issue("distribution.record-hash", row.path, text)
