"""Bundles by a key: the real one verifies, and nothing that was changed in it does."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain.adapters.managed_key import KeyVerifier, root_of
from ops.supply_chain.adapters.sigstore_failure import NotVerifiedError
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.rehearsal.merkle import MerkleTree

FREE = ("verificationMaterial.timestampVerificationData", "verificationMaterial.publicKey", "mediaType")
"""What is not looked at: time stamps, the key's hint (the key is given), the type's name."""


class Real:
    def __init__(self, shared_data: Path) -> None:
        folder = shared_data / "sigstore" / "conformance"
        self.bundle = json.loads((folder / "managed-key-happy-path" / "bundle.sigstore.json").read_bytes())
        self.sha256 = sha256_bytes((folder / "a.txt").read_bytes())
        self.key = (folder / "managed-key-happy-path" / "key.pub").read_bytes()
        self.root = (shared_data / "sigstore" / "trusted-roots" / "production" / "trusted_root.json").read_bytes()
        self.staging = (shared_data / "sigstore" / "trusted-roots" / "staging" / "trusted_root.json").read_bytes()

    def verifies(self, bundle: Any) -> bool:
        try:
            KeyVerifier(self.root, self.key).file(json.dumps(bundle).encode(), self.sha256)
        except NotVerifiedError:
            return False
        return True


@pytest.fixture
def real(shared_data: Path) -> Real:
    return Real(shared_data)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = [one for key, inner in steps for one in leaves(inner, (*path, key))]
    return found or [path]


def test_the_real_bundle_verifies_and_tells_when(real: Real) -> None:
    at = KeyVerifier(real.root, real.key).file(json.dumps(real.bundle).encode(), real.sha256)
    assert at.isoformat() == "2025-12-18T17:04:39+00:00"


def test_no_leaf_of_it_can_be_changed_or_dropped(real: Real) -> None:
    tried, accepted = 0, []
    for path in leaves(real.bundle):
        name = ".".join(map(str, path))
        for edit in (None, "", "AAAA", "0", 7, [], {}):
            changed = copy.deepcopy(real.bundle)
            node = changed
            for key in path[:-1]:
                node = node[key]
            if edit is None:
                del node[path[-1]]
            else:
                node[path[-1]] = edit
            tried += 1
            if real.verifies(changed) and not name.startswith(FREE):
                accepted.append((name, edit))
    assert tried > 200
    # The digest in the bundle is a hint that may be left out, and the entry's kind is read from what was logged.
    allowed = ("messageSignature.messageDigest.algorithm", "verificationMaterial.tlogEntries.0.kindVersion")
    assert [one for one in accepted if not one[0].startswith(allowed)] == []


def test_another_file_another_key_and_another_root_are_refused(real: Real) -> None:
    data = json.dumps(real.bundle).encode()
    with pytest.raises(NotVerifiedError, match="is over another file"):
        KeyVerifier(real.root, real.key).file(data, "0" * 64)
    with pytest.raises(NotVerifiedError, match="a log that the trusted root does not know"):
        KeyVerifier(real.staging, real.key).file(data, real.sha256)
    bare = {**real.bundle, "messageSignature": {"signature": real.bundle["messageSignature"]["signature"]}}
    assert real.verifies(bare)
    with pytest.raises(NotVerifiedError, match="a signature is invalid"):
        KeyVerifier(real.root, real.key).file(json.dumps(bare).encode(), "0" * 64)


@pytest.mark.parametrize("key", [b"", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"])
def test_what_is_no_key_is_an_input_error(real: Real, key: bytes) -> None:
    with pytest.raises(InputError, match="key or trusted root cannot be used"):
        KeyVerifier(real.root, key)
