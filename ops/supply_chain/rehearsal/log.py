"""What both versions of the transparency log have in common: the tree, its key, its signed heads.

Source: RFC 6962; C2SP tlog-checkpoint and signed-note.
"""

from __future__ import annotations

import threading
from base64 import b64decode, b64encode

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256

from ops.supply_chain.rehearsal.keys import SigningKey
from ops.supply_chain.rehearsal.merkle import Proof, Tree
from ops.supply_chain.rehearsal.options import DOMAIN
from ops.supply_chain.rehearsal.refusal import Refusal

LOG_NAME = f"rekor.{DOMAIN}"
"""Host name of the log in trusted roots and checkpoints."""


class MerkleLog:
    """A growing tree with a key; safe for many threads.

    Args:
        key: Signs heads and promises.
        origin: First line of its checkpoints.
    """

    def __init__(self, key: SigningKey, origin: str) -> None:
        self.key = key
        self.id = key.log_id(LOG_NAME)
        self._origin = origin
        self._lock = threading.Lock()
        self._tree = Tree()
        self._known: set[bytes] = set()

    @property
    def size(self) -> int:
        """How many entries it has."""
        return len(self._known)

    def append(self, body: bytes) -> Proof:
        """Add an entry.

        Raises:
            Refusal: 409, the same entry is there already.
        """
        with self._lock:
            if body in self._known:
                raise Refusal(409, "an equivalent entry already exists in the transparency log")
            self._known.add(body)
            return self._tree.append(body)

    def checkpoint(self, proof: Proof) -> str:
        """Sign the head of the tree that a proof leads to."""
        # "Note text is origin, tree size in decimal, root hash in base64, each followed by a newline", then
        # an empty line and the signatures, each of four bytes of key hint and the signature.
        note = f"{self._origin}\n{proof.size}\n{b64encode(proof.root).decode()}\n"
        signature = b64encode(self.id[:4] + self.key.sign(note.encode())).decode()
        return f"{note}\n\u2014 {LOG_NAME} {signature}\n"


def decoded(text: object) -> bytes:
    """Decode base64 from a request.

    Raises:
        Refusal: 400, it is none.
    """
    try:
        return b64decode(str(text), validate=True)
    except ValueError as error:
        raise Refusal(400, "error processing entry: not base64") from error


def require_signature(certificate: bytes, signature: bytes, digest: bytes) -> None:
    """Refuse an entry whose signature is not by its certificate's key, as the real log does.

    Args:
        certificate: PEM or DER.
        signature: ECDSA.
        digest: SHA-256 of what was signed.
    Raises:
        Refusal: 400.
    """
    try:
        load = x509.load_pem_x509_certificate if certificate.startswith(b"-----") else x509.load_der_x509_certificate
        key = load(certificate).public_key()
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise Refusal(400, "error processing entry: not an ECDSA key")
        key.verify(signature, digest, ec.ECDSA(Prehashed(SHA256())))
    except (ValueError, InvalidSignature) as error:
        raise Refusal(400, "error processing entry: verifying signature: invalid signature") from error
