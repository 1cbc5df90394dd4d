"""A document of 100 MB with 200,000 components is read within 1 GB of memory, measured in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

COMPONENTS = 200_000
MOST_BYTES = 1_000_000_000

COMPONENT = (
    '{{"type": "library", "bom-ref": "pkg:pypi/pack-{0}@{0}.0", "name": "pack-{0}", "version": "{0}.0", '
    '"purl": "pkg:pypi/pack-{0}@{0}.0", "hashes": [{{"alg": "SHA-256", "content": "{0:064x}"}}], '
    '"licenses": [{{"license": {{"id": "MIT"}}}}], "supplier": {{"name": "Acme"}}, '
    '"externalReferences": [{{"type": "website", "url": "https://acme.example/{0}"}}], '
    '"properties": [{{"name": "syft:x:y", "value": "z"}}]}}'
)
DEPENDENCY = '{{"ref": "pkg:pypi/pack-{0}@{0}.0", "dependsOn": ["pkg:pypi/pack-{1}@{1}.0"]}}'

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
    with path.open("w") as file:
        file.write('{"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": [')
        file.writelines(f"{',' if number else ''}{COMPONENT.format(number)}" for number in range(COMPONENTS))
        file.write('], "dependencies": [')
        file.writelines(
            f"{',' if number else ''}{DEPENDENCY.format(number, (number * 7 + 1) % COMPONENTS)}"
            for number in range(COMPONENTS)
        )
        file.write("]}")
    assert path.stat().st_size > 100 << 20
    done = subprocess.run(
        [sys.executable, "-c", READ, str(path)], cwd=repository, capture_output=True, text=True, check=True, timeout=300
    )
    components, edges, defects, peak = map(int, done.stdout.split())
    assert (components, edges, defects) == (COMPONENTS, COMPONENTS, 0)
    assert peak * 1024 < MOST_BYTES
