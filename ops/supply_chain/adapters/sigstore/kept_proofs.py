"""A verifier that remembers what it verified: who signs a release verifies each bundle when it is made, and all of them for the summary.

Imports sigstore when it is imported itself: import it where it is used.
"""

from __future__ import annotations

from ops.supply_chain.adapters.sigstore.bundle_verifier import BundleVerifier
from ops.supply_chain.contracts.values.verified_bundle import VerifiedBundle
from ops.supply_chain.core.digests import sha256_bytes


class KeptProofs(BundleVerifier):
    """Verifies a bundle once for the same bytes and the same digest of its file; for one trusted root and the process that made it.

    Only what verified is kept. Bundle and file are given as they were read just now, so a changed one is verified. Who may sign is
    no part of a proof: the caller compares it with the identities each time. Proofs have statements in them: for the work on one
    release, where they are in memory anyway. From several threads the same bundle may be verified more than once.
    """

    def __init__(self, trusted_root: bytes, *, where: str = "trusted root") -> None:
        super().__init__(trusted_root, where=where)
        self._proofs: dict[tuple[str, str], VerifiedBundle] = {}

    def file(self, bundle: bytes, sha256: str) -> VerifiedBundle:
        """Verify a bundle over a file, or find its proof; raises as `BundleVerifier.file`, each time."""
        key = sha256_bytes(bundle), f"file {sha256}"
        known = self._proofs.get(key)
        if known is None:
            known = self._proofs[key] = super().file(bundle, sha256)
        return known

    def statement(self, bundle: bytes) -> VerifiedBundle:
        """Verify a bundle with a DSSE envelope, or find its proof; raises as `BundleVerifier.statement`, each time."""
        key = sha256_bytes(bundle), "statement"
        known = self._proofs.get(key)
        if known is None:
            known = self._proofs[key] = super().statement(bundle)
        return known
