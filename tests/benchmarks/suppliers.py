"""Benchmarks of the intake of suppliers' documents, through the whole stage: both databases, rebuilding, memory."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ops.supply_chain.adapters.registry.address import URL_VARIABLE, RegistryAddress, registry_address
from ops.supply_chain.adapters.registry.reader import RegistryReader
from tests.benchmarks.measure import Measured, run, sample
from tests.benchmarks.row import Aim, Row, Sample, alone
from tests.benchmarks.supplier_sboms import COMPONENTS, DISTINCT, SUPPLIER, write_sboms
from tests.fakes import postgres

if TYPE_CHECKING:
    from tests.benchmarks.spine import Case

DOCUMENTS = 10_000
WITH_DIGESTS = 2_000
AIMS = {"SQLite": 250, "PostgreSQL": 180}
EXPECTED = (4,)
"""The documents are not signed, so each is quarantined."""


def ingest_on_sqlite(_data: Path, scratch: Path) -> Iterator[Row]:
    """10,000 SBOMs of 300 components into a file, then the registry built again from them, and one more document."""
    yield from _intake("SQLite", scratch, "")


def ingest_on_postgresql(_data: Path, scratch: Path) -> Iterator[Row]:
    """The same on a PostgreSQL server whose commits are on the disk."""
    try:
        with postgres.server(durable=True) as url:
            yield from _intake("PostgreSQL", scratch, url)
    except pytest.skip.Exception as reason:
        yield Row(
            f"supplier on PostgreSQL: {DOCUMENTS:,} SBOMs", f"not measured: {reason}", f"{AIMS['PostgreSQL']} a second"
        )


def ingest_with_digests(_data: Path, scratch: Path) -> Iterator[Row]:
    """2,000 SBOMs whose components have a digest each: twice the rows."""
    inbox = scratch / "inbox"
    write_sboms(inbox, WITH_DIGESTS, digests=True)
    seen = _supplier(scratch, "", str(inbox))
    what = f"supplier on SQLite: {WITH_DIGESTS:,} SBOMs of {COMPONENTS} components with a digest each"
    yield alone(what, _rate(WITH_DIGESTS, seen))


CASES: tuple[Case, ...] = (ingest_on_sqlite, ingest_on_postgresql, ingest_with_digests)


def _intake(database: str, scratch: Path, url: str) -> Iterator[Row]:
    inbox = scratch / "inbox"
    write_sboms(inbox, DOCUMENTS)
    seen = _supplier(scratch, url, str(inbox))
    address = registry_address(scratch / "artifacts", url=url)
    with RegistryReader(address) as reader:
        counts = reader.counts()
    assert counts.documents == DOCUMENTS
    what = f"supplier on {database}, {DOCUMENTS:,} SBOMs of {COMPONENTS} components ({DISTINCT:,} distinct), durable"
    yield alone(
        f"{what}: documents, all of it; {counts.components:,} rows of components{_size(address)}",
        _rate(DOCUMENTS, seen),
        Aim(least=AIMS[database], megabytes=1000),
        note=f"{seen.seconds:.0f} s in all",
    )
    again = _supplier(scratch, url, "--rebuild")
    rebuilt = f"{what}: the registry built again from the stored documents"
    yield alone(rebuilt, _rate(DOCUMENTS, again), Aim(least=AIMS[database]), note=f"{again.seconds:.0f} s in all")
    shutil.rmtree(inbox)
    write_sboms(inbox, 1, distinct=COMPONENTS)
    one = _supplier(scratch, url, str(inbox))
    yield alone(f"{what}: one more document", sample([one]), Aim(most=3))


def _rate(documents: int, seen: Measured) -> Sample:
    return Sample((documents / seen.seconds,), seen.peak_mb, "a second")


def _supplier(scratch: Path, url: str, *words: str) -> Measured:
    """Run the stage in a project with one supplier."""
    project = scratch / "project"
    project.mkdir(exist_ok=True)
    (project / ".security-config.toml").write_text(
        f'component_name = "N"\n[[suppliers]]\nname = "{SUPPLIER}"\nproducts = ["pkg:generic/*"]\n'
    )
    folders = ["--project", str(project), "--artifacts", str(scratch / "artifacts")]
    command = [sys.executable, "-Im", "ops.supply_chain.ingest_supplier", *folders, *words]
    return run(command, cwd=scratch, environment={URL_VARIABLE: url}, expected=EXPECTED)


def _size(address: RegistryAddress) -> str:
    return f", {address.file.stat().st_size / 1_000_000:.0f} MB" if address.file is not None else ""
