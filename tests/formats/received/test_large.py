"""A document of 100 MB with 200,000 components is read within 1 GB of memory, measured in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.formats.received import large
from tests.formats.received.large import COMPONENTS

MOST_BYTES = 1_000_000_000

READ = """
import resource, sys
from pathlib import Path
from ops.supply_chain.adapters.tools.received_schemas import schema_defects
from ops.supply_chain.formats.received.read import read_received
found = read_received(Path(sys.argv[1]).read_bytes(), schema_defects)
print(len(found.components), len(found.edges), found.defect_count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.whole
def test_two_hundred_thousand_components_within_a_gigabyte(tmp_path: Path, repository: Path) -> None:
    path = tmp_path / "large.json"
    large.write(path)
    assert path.stat().st_size > 100 << 20
    done = subprocess.run(
        [sys.executable, "-c", READ, str(path)], cwd=repository, capture_output=True, text=True, check=True, timeout=300
    )
    components, edges, defects, peak = map(int, done.stdout.split())
    assert (components, edges, defects) == (COMPONENTS, COMPONENTS, 0)
    assert peak * 1024 < MOST_BYTES
