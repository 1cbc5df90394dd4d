"""A release of as many files as wanted, as assembling would leave it, ready to be signed."""

from __future__ import annotations

from pathlib import Path

from ops.supply_chain.contracts.files.record import ToolRef
from ops.supply_chain.contracts.files.verdict import GateFile, Verdict
from ops.supply_chain.core import canonical
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.release.assembly.checksums import format_checksums
from tests.release.builders import statement_over
from tests.release.handmade import Handmade
from tests.release.signing_world import identity

MORE_FILES = 4
"""What is signed beside the subjects: provenance, gate file, checksums, trusted root."""

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
    verdict = Verdict(
        schema="verdict/1",
        decision="allow",
        outcome=Outcome.PASS,
        component="N",
        version="V",
        profiles=("base",),
        engine=ToolRef(name="engine", version="1"),
        policy_sha256="0" * 64,
        policy=(),
        inputs=(),
        rules=(),
    )
    contents["N-V-gate.json"] = canonical.encode(GateFile(schema="gate/1", verdict=verdict, records=()))
    statement = statement_over({name: sha256_bytes(data) for name, data in contents.items()})
    contents["N-V-provenance.intoto.json"] = canonical.encode(statement)
    contents["N-V-checksums.txt"] = format_checksums({name: sha256_bytes(data) for name, data in contents.items()})
    for name, data in contents.items():
        release.write(f"dist/release/{name}", "").write_bytes(data)
    return release
