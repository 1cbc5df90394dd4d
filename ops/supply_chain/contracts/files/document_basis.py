"""The closing comment of a generated document: the release it was computed from."""

from __future__ import annotations

from typing import Literal

from ops.supply_chain.contracts.base import Contract, Sha256, Timestamp


class BasisRelease(Contract, frozen=True, kw_only=True):
    """The release that a document was computed from."""

    version: str
    rehearsal: bool
    manifest_sha256: Sha256
    retained_at: Timestamp


class DocumentBasis(Contract, frozen=True, kw_only=True):
    """The closing comment of a generated document; `evidence` is None where nothing was released."""

    schema: Literal["security-md/1"]
    component: str
    evidence: BasisRelease | None
