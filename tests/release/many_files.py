"""A release of as many files as wanted, as assembling would leave it, ready to be signed."""

from __future__ import annotations

from pathlib import Path

from ops.supply_chain.core import canonical
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.release.assembly.checksums import format_checksums
from tests.release.builders import statement_over
from tests.release.handmade import Handmade
from tests.release.signing_world import identity

MORE_FILES = 3
"""What is signed beside the subjects: provenance, checksums, trusted root."""

MORE_ITEMS = MORE_FILES + 1
"""And the attestation of the provenance."""


def many_files(base: Path, subjects: int) -> Handmade:
    """Write the release.

    Args:
        base: Folder of project, `dist/` and store; made if missing.
        subjects: How many small files it releases beside provenance and checksums.
    """
    release = Handmade(base)
    release.write("project/.security-config.toml", f'component_name = "N"\n{identity()}')
    release.write("dist/.sealwright.lock", "")
    contents = {f"N-V-{number:03}.txt": f"{number}\n".encode() for number in range(subjects)}
    statement = statement_over({name: sha256_bytes(data) for name, data in contents.items()})
    contents["N-V-provenance.intoto.json"] = canonical.encode(statement)
    contents["N-V-checksums.txt"] = format_checksums({name: sha256_bytes(data) for name, data in contents.items()})
    for name, data in contents.items():
        release.write(f"dist/release/{name}", "").write_bytes(data)
    return release
