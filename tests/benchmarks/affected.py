"""Benchmarks of "am I affected?": the whole command and the query, and `grep -r` over the same documents."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ops.supply_chain.adapters.registry.address import RegistryAddress
from ops.supply_chain.adapters.registry.search import RegistrySearch
from ops.supply_chain.contracts.values.registry import PackageName
from ops.supply_chain.gather.assurance.affected.documents import registry_hits
from ops.supply_chain.suppliers.affected.model import WantedPackage
from ops.supply_chain.suppliers.affected.search import Search, by_versions
from ops.supply_chain.suppliers.affected.versions import read_comparators
from tests.benchmarks.measure import Command, repeated
from tests.benchmarks.row import Aim, Row, Sample, alone
from tests.benchmarks.supplier_sboms import fill_registry, write_sboms
from tests.benchmarks.synthetic import write_project

if TYPE_CHECKING:
    from tests.benchmarks.spine import Case

DOCUMENTS = 10_000
GREPPED = 1_000
"""Documents that grep reads: as many as have room in the memory that caches files."""

TIMES = 9
NAME, RANGE = "package-00008", "<8.1"
EXPECTED = (4,)


def affected(_data: Path, scratch: Path) -> Iterator[Row]:
    """A version range over 10,000 SBOMs of 300 components: the whole command, and the query alone."""
    artifacts, project = scratch / "artifacts", scratch / "project"
    address = fill_registry(artifacts, DOCUMENTS)
    write_project(project, locks=1, pins=50, distinct=50)
    stage = str(Path(__file__).resolve().parents[2] / "ops" / "supply_chain" / "find_affected.py")
    command = [sys.executable, stage, f"{NAME}{RANGE}", "--project", str(project), "--artifacts", str(artifacts)]
    whole = repeated(Command(command, scratch, expected=EXPECTED).run, warm=True)
    queries, hits = _query(address)
    write_sboms(scratch / "documents", GREPPED)
    grep = ["grep", "-rlF", f"pkg:pypi/{NAME}@", str(scratch / "documents")]
    searched = repeated(Command(grep, scratch).run, warm=True)
    what = f"`affected` for a version range over {DOCUMENTS:,} SBOMs of 300 components ({hits} contain it)"
    note = f"`grep -rlF` over {GREPPED:,} of them, which compares no version: {searched}"
    yield alone(f"{what}: the command", whole, Aim(most=0.4), note=note)
    yield alone(f"{what}: the query again, time of the processor", queries, Aim(most=0.005))


def _query(address: RegistryAddress) -> tuple[Sample, int]:
    """Return the processor's times of a query in a process that is running and has asked it once, and how many documents it finds."""
    package = PackageName("pypi", "", NAME)
    search = Search([WantedPackage(package, by_versions(package, read_comparators(RANGE, "PyPI", "pypi")))])
    seconds, hits = [], 0
    with RegistrySearch(address) as reader:
        registry_hits(reader, search)
        gc.collect()
        gc.freeze()  # objects of the benchmarks before are not this query's to search for cycles
        for _ in range(TIMES):
            started = time.process_time()
            hits = len(registry_hits(reader, search).hits)
            seconds.append(time.process_time() - started)
    return Sample(tuple(seconds)), hits


CASES: tuple[Case, ...] = (affected,)
