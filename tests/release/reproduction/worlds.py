"""A release by hand beside an equal one that a second run made, to change one of them."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import tempfile
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ops.supply_chain.contracts.files.reproduction import ComparedFile, FileResult
from ops.supply_chain.core import canonical
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.release.reproduction.compare import MeasuredFile, Sides, compare_releases
from tests.fakes.distributions import sdist, wheel
from tests.release.handmade import Handmade

GATE, PROVENANCE, CHECKSUMS = "N-V-gate.json", "N-V-provenance.intoto.json", "N-V-checksums.txt"
EVIDENCE, SBOM = "N-V-evidence.tar.gz", "N-V-sbom.cdx.json"
WHEEL, SDIST = "demo-1.0-py3-none-any.whl", "demo-1.0.tar.gz"


@cache
def run_of(finished: str) -> dict[str, bytes]:
    """Return the files of a release by hand, whose records ended at a time."""
    with tempfile.TemporaryDirectory() as folder:
        release = Handmade(Path(folder))
        release.finished = finished
        release.until("retain_artifacts")
        found = {path.name: path.read_bytes() for path in sorted((release.dist / "release").iterdir())}
    return {**found, WHEEL: wheel(), SDIST: sdist()}


def released() -> dict[str, bytes]:
    """Return the released files."""
    return dict(run_of("2026-11-20T00:00:01Z"))


def rebuilt() -> dict[str, bytes]:
    """Return what a second run made of the same: only its times are others."""
    return dict(run_of("2026-11-20T00:00:02Z"))


def compare(first: Mapping[str, bytes], second: Mapping[str, bytes], **more: Any) -> dict[str, ComparedFile]:
    """Compare two releases; the digests of records and verdict are those of the gate files."""
    facts: dict[str, Any] = {
        "unmade": {},
        "missing": "",
        "records": _records(first.get(GATE, b""), second.get(GATE, b"")),
        "taken": (),
        "previous": "",
        **more,
    }
    sides = Sides(
        released=_measured(first),
        rebuilt=_measured(second),
        gate=GATE,
        provenance=PROVENANCE,
        checksums=CHECKSUMS,
        **facts,
    )
    return {file.name: file for file in compare_releases(sides)}


def named(found: Mapping[str, ComparedFile], result: FileResult) -> list[str]:
    """Return the names of the files with a result."""
    return [name for name, file in found.items() if file.result is result]


def changed_json(data: bytes, change: Callable[[Any], None]) -> bytes:
    """Return a canonical document after a change."""
    document = json.loads(data)
    change(document)
    return canonical.encode(document)


def changed_tar(data: bytes, change: Callable[[dict[str, bytes]], None], **header: Any) -> bytes:
    """Return an archive whose members were changed; `header` sets fields of every member."""
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        rows = [(row, archive.extractfile(row).read() if row.isreg() else b"") for row in archive]  # type: ignore[union-attr]
    contents = {row.name: content for row, content in rows}
    change(contents)
    heads = {row.name: row for row, _ in rows}
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in contents.items():
            row = heads.get(name) or tarfile.TarInfo(name)
            row.size = len(content)
            for field, value in header.items():
                setattr(row, field, value)
            archive.addfile(row, io.BytesIO(content))
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=packed, mtime=0) as file:
        file.write(plain.getvalue())
    return packed.getvalue()


def _measured(files: Mapping[str, bytes]) -> dict[str, MeasuredFile]:
    def reader(data: bytes) -> Callable[[], bytes]:
        return lambda: data

    return {name: MeasuredFile(sha256=sha256_bytes(data), read=reader(data)) for name, data in files.items()}


def _records(first: bytes, second: bytes) -> frozenset[tuple[str, str]]:
    """Pair the digests of the records and of the verdict in two gate files; none where one of them is broken."""
    try:
        mine, other = json.loads(first), json.loads(second)
    except ValueError:
        return frozenset()
    others = {record["stage"]: record for record in other["records"]}
    pairs = [(record, others[record["stage"]]) for record in mine["records"] if record.get("stage") in others]
    pairs.append((mine.get("verdict"), other["verdict"]))
    return frozenset((sha256_bytes(canonical.encode(old)), sha256_bytes(canonical.encode(new))) for old, new in pairs)
