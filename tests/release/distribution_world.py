"""A release with a wheel and a source distribution that is about to be signed with a rehearsal instance."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

import msgspec
import pytest

from ops.supply_chain import assemble_release, generate_provenance
from ops.supply_chain.contracts.files.build_report import BuiltDistribution, PackageBuild
from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.contracts.values.distribution import DistributionKind
from ops.supply_chain.core import canonical
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.rehearsal.instance import RehearsalInstance
from tests.fakes.distributions import SDIST, WHEEL, sdist, wheel
from tests.release.handmade import Handmade
from tests.release.signing_world import World, files_of, put_files

DISTRIBUTIONS = {WHEEL: wheel(), SDIST: sdist()}
ATTESTATIONS = tuple(f"{name}.publish.attestation" for name in sorted(DISTRIBUTIONS))


@cache
def assembled(*, conventional: bool = False) -> dict[str, bytes]:
    """Return the release by hand, assembled: path -> content; with conventional names also with SBOMs of the distributions."""
    with tempfile.TemporaryDirectory() as folder:
        release = Handmade(Path(folder))
        release.until("evaluate_policy")
        if conventional:
            release.write("project/.security-config.toml", 'component_name = "N"\n[release]\nnames = "conventional"\n')
            names = ("sbom/N-sbom-source.spdx.json", "sbom/N-sbom-wheel.spdx.json")
            for name in names:
                release.write(f"dist/{name}", "{}\n")
            record = canonical.read(path := release.dist / "records/generate_sbom.json", Record)
            writes = (*record.writes, *(release.ref("dist", name) for name in names))
            canonical.write(path, msgspec.structs.replace(record, writes=writes))
        for name, data in DISTRIBUTIONS.items():
            path = release.dist / "packages" / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(data)
        built = tuple(
            BuiltDistribution(
                filename=name,
                kind=DistributionKind.WHEEL if name.endswith(".whl") else DistributionKind.SDIST,
                sha256=sha256_bytes(data),
                size=len(data),
            )
            for name, data in sorted(DISTRIBUTIONS.items())
        )
        release.build_report(PackageBuild(path=".", name="demo", version="1.0", distributions=built, provided_by=()))
        release.judge()
        release.must(generate_provenance.main)
        release.judge_provenance()
        release.must(assemble_release.main)
        return files_of(Path(folder))


def world_of(
    base: Path, instance: RehearsalInstance, monkeypatch: pytest.MonkeyPatch, *, conventional: bool = False
) -> World:
    """Return that release in the world of signing tests."""
    put_files(base, assembled(conventional=conventional))
    return World(base, instance, monkeypatch, assembled=False)
