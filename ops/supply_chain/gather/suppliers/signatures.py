"""Signatures that came with a document, verified as those of a release are, and compared with `[[suppliers]]`.

A Sigstore bundle, an attestation (DSSE) whose subject is the document, or a detached signature by a configured key. A
document can itself be such a bundle with the SBOM in it. A detached signature with a certificate alone does not prove when it
was made, so it does not count unless the key in it is configured.

Source: https://docs.sigstore.dev/about/bundle/, https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
"""

from __future__ import annotations

import base64
import binascii
import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ops.supply_chain.adapters.files.supplier_files import CERTIFICATE_ENDS, DETACHED_ENDS
from ops.supply_chain.adapters.files.supplier_store import SignatureFile, StoredDocument
from ops.supply_chain.contracts.config.file import CONFIG_NAME
from ops.supply_chain.contracts.config.suppliers import SupplierEntry
from ops.supply_chain.contracts.values.verified_bundle import STATEMENT_PAYLOAD, VerifiedBundle
from ops.supply_chain.core.canonical import read_bytes
from ops.supply_chain.core.errors import ErrorClass, StageError, UsageError
from ops.supply_chain.core.plain_json import load
from ops.supply_chain.core.text import excerpt, printable
from ops.supply_chain.suppliers.documents import DocumentSignature, SignatureState
from ops.supply_chain.suppliers.products import names_ecosystem
from ops.supply_chain.trust.identities.check import identity_problem
from ops.supply_chain.trust.identities.matching import SignedRun, matching, mismatches

if TYPE_CHECKING:
    from ops.supply_chain.adapters.sigstore.bundle_verifier import BundleVerifier
    from ops.supply_chain.adapters.sigstore.key_verifier import KeyVerifier

KIND = "sbom"
"""What a signed document is, as the `for` of an identity names it."""

_BEST_FIRST = (
    SignatureState.VALID,
    SignatureState.INVALID,
    SignatureState.STRANGER,
    SignatureState.UNCHECKED,
    SignatureState.NONE,
)


class _Form(NamedTuple):
    """Of a signature: over an attestation, not the file; the document itself is the envelope of what was read."""

    statement: bool = False
    itself: bool = False


class SupplierSignatures:
    """Verifies signatures; what it needs for that is loaded when the first one comes.

    Args:
        root: The project's folder, for the files of keys.
        entries: The suppliers.
        trusted_root: A file; None for the one of the public instance that is installed.
    Raises:
        UsageError: An entry cannot be used.
    """

    def __init__(self, root: Path, entries: Sequence[SupplierEntry], trusted_root: Path | None) -> None:
        self._root, self._entries, self._trusted_root = root, tuple(entries), trusted_root
        _check(self._entries)
        self._keys = {entry.name: [self._key(entry, path) for path in entry.keys] for entry in self._entries}

    def shared(self) -> tuple[str, ...]:
        """Return a sentence for each identity, and each key, that several suppliers have."""
        names: defaultdict[str, list[str]] = defaultdict(list)
        for entry in self._entries:
            for identity in dict.fromkeys(
                (item.issuer, item.identity or item.identity_regex) for item in entry.identities
            ):
                names[f"the identity {identity[1]} of {identity[0]}"].append(entry.name)
            for key in dict.fromkeys(key.sha256 for key in self._keys[entry.name]):
                names[f"the key with the SHA-256 {key}"].append(entry.name)
        return tuple(
            printable(
                f"suppliers {', '.join(found)} have {what}: a signature does not show which of them signed; "
                "each needs its own"
            )
            for what, found in names.items()
            if len(found) > 1
        )

    def verify(self, stored: StoredDocument) -> DocumentSignature:
        """Return what is known of a document's signature: the best of all that came with it.

        Of several valid ones, that of the stated supplier. A signature that does not verify is worse than one by a stranger, and is not made good by another, unless that one is
        a supplier's.
        """
        found = [self._verify(stored, signature) for signature in stored.signatures if not _is_certificate(signature)]
        embedded = self._embedded(stored)
        if embedded is not None:
            found.append(embedded)
        stated = stored.record.supplier
        return min(
            found,
            key=lambda item: (_BEST_FIRST.index(item.state), item.supplier != stated),
            default=DocumentSignature(SignatureState.NONE),
        )

    def _verify(self, stored: StoredDocument, signature: SignatureFile) -> DocumentSignature:
        if signature.name.lower().endswith(DETACHED_ENDS):
            return self._detached(stored, signature)
        try:
            document = load(signature.data, where=signature.name)
        except StageError as error:
            return DocumentSignature(
                SignatureState.UNCHECKED, problem=f"{printable(signature.name)} is no JSON: {excerpt(error.message)}"
            )
        return self._bundle(stored, signature.name, signature.data, document)

    def _bundle(
        self, stored: StoredDocument, name: str, data: bytes, document: Any, *, itself: bool = False
    ) -> DocumentSignature:
        if not isinstance(document, dict):
            return DocumentSignature(SignatureState.UNCHECKED, problem=f"{printable(name)} is no bundle")
        if "payload" in document and "signatures" in document:
            document = {"verificationMaterial": {"publicKey": {"hint": ""}}, "dsseEnvelope": document}
            data = json.dumps(document).encode()
        material = document.get("verificationMaterial")
        by_key = isinstance(material, dict) and "publicKey" in material
        form = _Form(statement="dsseEnvelope" in document, itself=itself)
        if by_key:
            return self._by_keys(stored, name, data, form)
        return self._proved(name, lambda: self._checked(self._bundles, stored, data, form))

    def _by_keys(self, stored: StoredDocument, name: str, data: bytes, form: _Form) -> DocumentSignature:
        problem = f"{printable(name)} is by a key, and no supplier has one in its keys"
        state = SignatureState.UNCHECKED
        for entry in sorted(self._entries, key=lambda entry: entry.name != stored.record.supplier):
            if self._keys[entry.name]:
                check = partial(self._checked, self._key_verifier(entry.name), stored, data, form)
                found = self._proved(name, check, entry)
                if found.state is SignatureState.VALID:
                    return found
                state, problem = found.state, found.problem
        return DocumentSignature(state, problem=problem)

    def _detached(self, stored: StoredDocument, signature: SignatureFile) -> DocumentSignature:
        raw = signature.data
        with suppress(binascii.Error, ValueError):  # else it is the signature itself, not in base64
            raw = base64.b64decode(raw.strip(), validate=True)
        bundle = {
            "verificationMaterial": {"publicKey": {"hint": ""}},
            "messageSignature": {"signature": base64.b64encode(raw).decode()},
        }
        found = self._by_keys(stored, signature.name, json.dumps(bundle).encode(), _Form())
        if found.state is SignatureState.VALID or not any(map(_is_certificate, stored.signatures)):
            return found
        return DocumentSignature(
            SignatureState.UNCHECKED,
            problem=f"{printable(signature.name)} comes with a certificate, which does not prove when it was made: "
            "send the Sigstore bundle (NAME.sigstore.json), or the public key",
        )

    def _embedded(self, stored: StoredDocument) -> DocumentSignature | None:
        """Return the signature of a document that is itself a bundle or an envelope; None if it is none."""
        if b'"dsseEnvelope"' not in stored.data and b'"payloadType"' not in stored.data:
            return None
        try:
            document = load(stored.data, where=stored.record.name)
        except StageError:
            return None
        if not isinstance(document, dict) or not ("dsseEnvelope" in document or "payload" in document):
            return None
        return self._bundle(stored, stored.record.name, stored.data, document, itself=True)

    def _checked(
        self, verifier: BundleVerifier | KeyVerifier, stored: StoredDocument, data: bytes, form: _Form
    ) -> VerifiedBundle:
        from ops.supply_chain.adapters.sigstore.failure import NotVerifiedError

        if not form.statement:
            if isinstance(verifier, self._key_verifier_type):
                return verifier.file(data, stored.record.sha256, lambda: stored.data)
            return verifier.file(data, stored.record.sha256)
        proof = verifier.statement(data)
        if not form.itself and not _is_about(proof, stored.record.sha256):
            raise NotVerifiedError("is an attestation whose subject is not this document")
        return proof

    def _proved(
        self, name: str, check: Callable[[], VerifiedBundle], by_key_of: SupplierEntry | None = None
    ) -> DocumentSignature:
        from ops.supply_chain.adapters.sigstore.failure import NotVerifiedError
        from ops.supply_chain.adapters.sigstore.formats import NewerFormatError

        try:
            proof = check()
        except NewerFormatError as error:
            return DocumentSignature(SignatureState.UNCHECKED, problem=f"{printable(name)}: {error.message}")
        except NotVerifiedError as error:
            return DocumentSignature(SignatureState.INVALID, problem=f"{printable(name)} {excerpt(error)}")
        if by_key_of is not None:
            return DocumentSignature(SignatureState.VALID, signer=proof.signer, supplier=by_key_of.name)
        return self._signer(proof)

    def _signer(self, proof: VerifiedBundle) -> DocumentSignature:
        run = SignedRun(proof.extensions, KIND)
        for entry in self._entries:
            if matching(entry.identities, proof.san, proof.issuer, proof.signed_at, run) is not None:
                return DocumentSignature(SignatureState.VALID, signer=printable(proof.san), supplier=entry.name)
        near = [  # no supplier is named: the text goes to one
            why
            for entry in self._entries
            for _, why in mismatches(entry.identities, proof.san, proof.issuer, proof.signed_at, run)
            if why != "has another name"
        ]
        more = f" ({'; '.join(dict.fromkeys(near))})" if near else ""
        who = f"{printable(proof.san)}, issuer {printable(proof.issuer)}"
        return DocumentSignature(SignatureState.STRANGER, problem=f"is signed by {who}, which no supplier has{more}")

    @cached_property
    def _root_data(self) -> bytes:
        from ops.supply_chain.adapters.sigstore.trusted_root import embedded_root

        return read_bytes(self._trusted_root or embedded_root().path)

    @cached_property
    def _bundles(self) -> BundleVerifier:
        from ops.supply_chain.adapters.sigstore.bundle_verifier import BundleVerifier

        return BundleVerifier(self._root_data)

    @property
    def _key_verifier_type(self) -> type[KeyVerifier]:
        from ops.supply_chain.adapters.sigstore.key_verifier import KeyVerifier

        return KeyVerifier

    def _key_verifier(self, supplier: str) -> KeyVerifier:
        return self._key_verifier_type(self._root_data, self._keys[supplier])

    def _key(self, entry: SupplierEntry, path: str) -> Any:
        from ops.supply_chain.adapters.sigstore.public_keys import read_pem

        where = f"{CONFIG_NAME}: suppliers '{printable(entry.name)}': key {printable(path)}"
        try:
            return read_pem(read_bytes(self._root / path))
        except ValueError as error:
            raise UsageError(f"{where}: {error}", kind=ErrorClass.CONFIGURATION) from error
        except StageError as error:
            raise UsageError(f"{where}: cannot be read", kind=ErrorClass.CONFIGURATION) from error


def _is_certificate(signature: SignatureFile) -> bool:
    return signature.name.lower().endswith(CERTIFICATE_ENDS)


def _is_about(proof: VerifiedBundle, sha256: str) -> bool:
    """Return whether an in-toto statement has a document as a subject."""
    if proof.payload_type != STATEMENT_PAYLOAD:
        return False
    try:
        statement = load(proof.payload, where="statement")
        return any(subject["digest"].get("sha256") == sha256 for subject in statement["subject"])
    except (StageError, LookupError, TypeError, AttributeError):
        return False


def _wrong(position: int, problem: str, hint: str) -> UsageError:
    return UsageError(f"{CONFIG_NAME}: suppliers[{position}]: {problem}", hint=hint, kind=ErrorClass.CONFIGURATION)


def _check(entries: Sequence[SupplierEntry]) -> None:
    seen: set[str] = set()
    for position, entry in enumerate(entries):
        problem = ""
        if not entry.name.strip():
            problem = "expected a name"
        elif entry.name in seen:
            problem = f"the name {printable(entry.name)!r} is there twice"
        else:
            problem = next(filter(None, map(identity_problem, entry.identities)), "")
        if problem:
            raise _wrong(position, problem, "docs/suppliers.md describes [[suppliers]].")
        if wide := next(filter(names_ecosystem, entry.products), ""):
            raise _wrong(
                position,
                f"products has {printable(wide)!r}: all packages of an ecosystem, for which no supplier can speak",
                "Name its packages (pkg:npm/left-pad), its namespace (pkg:npm/%40acme/*) or the beginning of their names "
                "(pkg:pypi/acme-*); leave products out for a third party that may speak about any.",
            )
        seen.add(entry.name)
