"""Bundles by a key: the real one verifies, and nothing that was changed in it does."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain.adapters.sigstore.failure import NotVerifiedError
from ops.supply_chain.adapters.sigstore.key_verifier import KeyVerifier
from ops.supply_chain.adapters.sigstore.log_entry import root_of
from ops.supply_chain.adapters.sigstore.public_keys import read_pem
from ops.supply_chain.contracts.values.verified_bundle import TimeSource
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.rehearsal.merkle import Tree

FREE = ("verificationMaterial.publicKey", "mediaType")
"""What is not looked at: the key's hint (the key is given), the type's name."""

LOG = "wNI9atQGlz+VWfO6LRygH4QUfY/8W4RFwiT5i5WRgB0="
"""Identifier of the public instance's log."""


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
            KeyVerifier(self.root, [read_pem(self.key)]).file(json.dumps(bundle).encode(), self.sha256)
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
    proof = KeyVerifier(real.root, [read_pem(real.key)]).file(json.dumps(real.bundle).encode(), real.sha256)
    assert [(time.source, time.at.isoformat()) for time in proof.times] == [
        (TimeSource.AUTHORITY, "2025-12-18T17:04:39+00:00"),
        (TimeSource.LOG, "2025-12-18T17:04:39+00:00"),
    ]
    assert (proof.log_index, proof.log_id) == (649584075, base64.b64decode(LOG).hex())
    assert (
        base64.b64encode(bytes.fromhex(proof.key_sha256)).decode()
        == (real.bundle["verificationMaterial"]["publicKey"]["hint"])
    )


def test_no_leaf_of_it_can_be_changed_or_dropped(real: Real) -> None:
    tried, accepted = 0, []
    for path in leaves(real.bundle):
        name = ".".join(map(str, path))
        edits: tuple[Any, ...] = (None, "", "AAAA", "0", 7, [], {})
        for edit in edits:
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
    allowed = ("verificationMaterial.tlogEntries.0.kindVersion",)
    assert [one for one in accepted if not one[0].startswith(allowed)] == []


def test_another_file_another_key_and_another_root_are_refused(real: Real) -> None:
    data = json.dumps(real.bundle).encode()
    with pytest.raises(NotVerifiedError, match="is over another file"):
        KeyVerifier(real.root, [read_pem(real.key)]).file(data, "0" * 64)
    with pytest.raises(NotVerifiedError, match="a timestamp that no authority of the trusted root gave"):
        KeyVerifier(real.staging, [read_pem(real.key)]).file(data, real.sha256)
    bare = {**real.bundle, "messageSignature": {"signature": real.bundle["messageSignature"]["signature"]}}
    assert real.verifies(bare)
    with pytest.raises(NotVerifiedError, match="is signed by another key, or over other bytes"):
        KeyVerifier(real.root, [read_pem(real.key)]).file(json.dumps(bare).encode(), "0" * 64)


def test_a_bundle_that_has_a_certificate_as_well_is_refused(real: Real) -> None:
    for name in ("certificate", "x509CertificateChain"):
        both = copy.deepcopy(real.bundle)
        both["verificationMaterial"][name] = {"rawBytes": "AAAA"}
        assert not real.verifies(both)


def test_a_logged_key_of_an_unknown_kind_is_a_refusal(real: Real) -> None:
    # An elliptic-curve key whose curve nobody knows: the library has an error of its own for it.
    der = bytes.fromhex("3017301306072a8648ce3d020106082a8648ce3d03017f030000")
    pem = b"-----BEGIN PUBLIC KEY-----\n" + base64.b64encode(der) + b"\n-----END PUBLIC KEY-----\n"
    changed = copy.deepcopy(real.bundle)
    entry = changed["verificationMaterial"]["tlogEntries"][0]
    body = json.loads(base64.b64decode(entry["canonicalizedBody"]))
    body["spec"]["signature"]["publicKey"]["content"] = base64.b64encode(pem).decode()
    entry["canonicalizedBody"] = base64.b64encode(json.dumps(body).encode()).decode()
    assert not real.verifies(changed)


BODIES = [b"%d" % number for number in range(40)]
LEAVES = [hashlib.sha256(b"\0" + body).digest() for body in BODIES]


def reference(index: int, leaves: list[bytes]) -> tuple[bytes, list[bytes]]:
    """Root and audit path, word for word as RFC 9162 sections 2.1.1 and 2.1.3.1 define them."""
    if len(leaves) == 1:
        return leaves[0], []
    half = 1 << (len(leaves) - 1).bit_length() - 1
    left = index < half
    below, path = reference(index if left else index - half, leaves[:half] if left else leaves[half:])
    other, _ = reference(0, leaves[half:] if left else leaves[:half])
    pair = below + other if left else other + below
    return hashlib.sha256(b"\1" + pair).digest(), [*path, other]


def refused(leaf: bytes, index: int, size: int, path: list[bytes], root: bytes) -> bool:
    try:
        return root_of(leaf, index, size, path) != root
    except NotVerifiedError:
        return True


def test_a_proof_leads_to_the_root_for_its_place_and_no_other() -> None:
    for size in range(1, len(LEAVES) + 1):
        for index in range(size):
            root, path = reference(index, LEAVES[:size])
            assert root_of(LEAVES[index], index, size, path) == root
            assert all(refused(LEAVES[index], other, size, path, root) for other in range(size) if other != index)
            assert refused(LEAVES[index], index, size, [*path, root], root)
            assert not path or refused(LEAVES[index], index, size, path[:-1], root)
            assert not path or refused(LEAVES[index], index, size, [*path[:-1], root], root)


def test_a_proof_of_the_rehearsals_tree_leads_to_its_root() -> None:
    tree = Tree()
    for index, body in enumerate(BODIES):
        proof = tree.append(body)
        assert (proof.root, list(proof.hashes)) == reference(index, LEAVES[: index + 1])
        assert root_of(proof.leaf, proof.position, proof.size, list(proof.hashes)) == proof.root


@pytest.mark.parametrize(("index", "size"), [(0, 0), (-1, 1), (1, 1), (5, 3)])
def test_a_place_outside_the_tree_has_no_proof(index: int, size: int) -> None:
    with pytest.raises(NotVerifiedError, match=r"^the log's proof is for no place in its tree$"):
        root_of(LEAVES[0], index, size, [])


@pytest.mark.parametrize("root", [b"", b'{"tlogs":[{}]}', b'{"tlogs":[{"logId":null}]}', b"[]"])
def test_what_is_no_trusted_root_is_an_input_error(real: Real, root: bytes) -> None:
    with pytest.raises(InputError):
        KeyVerifier(root, [read_pem(real.key)])
