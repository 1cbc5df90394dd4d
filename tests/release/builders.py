"""Small whole values that the tests of a release start from."""

from __future__ import annotations

from collections.abc import Mapping

from ops.supply_chain.contracts.files.provenance import (
    Builder,
    ExternalParameters,
    InternalParameters,
    Metadata,
    RunDetails,
    Statement,
)
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.release.assembly.checksums import format_checksums
from ops.supply_chain.release.provenance.statement import build_statement


def sha(text: str) -> str:
    return sha256_bytes(text.encode())


def statement_over(subjects: Mapping[str, str], *, component: str = "N", version: str = "V") -> Statement:
    return build_statement(
        subjects,
        build_type="urn:sealwright:buildtype:release:v1",
        parameters=ExternalParameters(
            component=component,
            version=version,
            source_date_epoch=0,
            source_date_epoch_from="none",
            policy_profiles=("base",),
            options={},
        ),
        internal=InternalParameters(python="3.11.7", platform="linux-x86_64"),
        dependencies=[],
        run=RunDetails(
            builder=Builder(id="urn:sealwright:builder:workstation:v1", version={}),
            metadata=Metadata(
                invocation_id="urn:uuid:0", started_on="2026-11-20T00:00:00Z", finished_on="2026-11-20T00:00:00Z"
            ),
            byproducts=(),
        ),
    )


def whole_set() -> tuple[dict[str, str], Statement]:
    """Return a complete release as name -> SHA-256, and its statement."""
    subjects = {"N-V-gate.json": sha("gate"), "N-V-sbom.cdx.json": sha("sbom")}
    files = {**subjects, "N-V-provenance.intoto.json": sha("provenance")}
    files["N-V-checksums.txt"] = sha256_bytes(format_checksums(files))
    return files, statement_over(subjects)
