"""A trusted root whose keys are read once, and keys that do not verify the same signature twice.

sigstore reads every key of the root again for each bundle. The bundles of a release share certificates, and with them the signed
timestamp of the certificate log, and often the signed checkpoint of the transparency log.

Source: sigstore 4.5.
"""

from __future__ import annotations

from typing import Any

from ops.supply_chain.adapters.sigstore.verifier_imports import Keyring, KeyringPurpose, TrustedRoot

MOST_SIGNATURES = 1024
"""Valid signatures that are remembered."""


class KeptKeyring(Keyring):
    """Keys of the root, which remember what they verified: hint, signature and data, byte for byte. What fails is not kept."""

    def __init__(self, keys: Keyring) -> None:
        super().__init__()
        self._keyring = keys._keyring  # noqa: SLF001 - they have no public name
        self._valid: set[tuple[bytes, bytes, bytes]] = set()

    def verify(self, *, key_id: Any, signature: bytes, data: bytes) -> None:
        """Verify a signature, or find it among those that were verified; raises what the library raises."""
        known = (bytes(key_id), signature, data)
        if known in self._valid:
            return
        super().verify(key_id=key_id, signature=signature, data=data)
        if len(self._valid) >= MOST_SIGNATURES:
            self._valid.clear()
        self._valid.add(known)


class KeptRoot(TrustedRoot):
    """A trusted root that reads its keys and certificates once, where they can be read.

    Only for entries without windows that today's clock opens or closes: which keys there are must not depend on when they are read.
    """

    def __init__(self, inner: Any) -> None:
        super().__init__(inner)
        self._kept: dict[tuple[str, str], Any] = {}

    def rekor_keyring(self, purpose: KeyringPurpose) -> Any:
        """Return the keys of the transparency logs."""
        return self._keyring_of("rekor", purpose, super().rekor_keyring)

    def ct_keyring(self, purpose: KeyringPurpose) -> Any:
        """Return the keys of the certificate transparency logs."""
        return self._keyring_of("ct", purpose, super().ct_keyring)

    def get_timestamp_authorities(self) -> list[Any]:
        """Return the time-stamping authorities."""
        key = ("authorities", "")
        if key not in self._kept:
            self._kept[key] = super().get_timestamp_authorities()
        return list(self._kept[key])

    def _keyring_of(self, kind: str, purpose: KeyringPurpose, read: Any) -> KeptKeyring:
        key = (kind, str(purpose))
        if key not in self._kept:
            self._kept[key] = KeptKeyring(read(purpose))
        found: KeptKeyring = self._kept[key]
        return found
