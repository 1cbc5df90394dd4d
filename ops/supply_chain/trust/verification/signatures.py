"""Check that every file is signed by a published identity, from the result of each bundle."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from ops.supply_chain.contracts.files.verification import (
    REHEARSAL,
    UNSIGNED,
    BundleResult,
    Check,
    Expectations,
    Given,
    Line,
    Signer,
)
from ops.supply_chain.contracts.values.signature_names import (
    DETACHED_SUFFIXES,
    NOT_SIGNED,
    bundle_name,
    certificate_name,
    signature_name,
)
from ops.supply_chain.core.moments import timestamp
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.core.text import excerpt
from ops.supply_chain.trust.verification import commands
from ops.supply_chain.trust.verification.file_kinds import ReleaseFileNames
from ops.supply_chain.trust.verification.lines import check, failed, passed, tolerated, unseen

if TYPE_CHECKING:  # a msgspec type, which is there only where signatures can be verified
    from ops.supply_chain.contracts.values.verified_bundle import VerifiedBundle

TITLE = "Every file is signed by an identity that was authorized when it signed"
KEY_TITLE = "Every file is signed by a given key, or by an identity that was authorized when it signed"
NO_IDENTITY = "no identity is configured: this rehearsal was signed by an ephemeral one"


def signatures(parts: ReleaseFileNames, given: Given, wanted: Expectations) -> tuple[Check, ...]:
    """Check the bundles over files, and the detached signatures.

    An entirely unsigned release is always reported, and tolerated if allowed; a partly signed one never is.
    """
    title = KEY_TITLE if wanted.keys else TITLE
    if not parts.bundles:
        unsigned = failed(parts.prefix, f"{NOT_SIGNED}: there is no bundle")
        lines = tolerated([unsigned], UNSIGNED if wanted.allow_unsigned else "")
        return (check("files.signed", title, lines), *_orphans(parts, given))
    lines = [signature_line(name, parts, given.signatures, wanted) for name in parts.signed]
    return (check("files.signed", title, lines), *_orphans(parts, given), *_no_identity(parts, wanted))


def _no_identity(parts: ReleaseFileNames, wanted: Expectations) -> tuple[Check, ...]:
    if not wanted.identity_ephemeral:
        return ()
    lines = tolerated([failed(parts.prefix, NO_IDENTITY)], REHEARSAL if wanted.rehearsal else "")
    return (check("identities.published", "The authorized signers are published", lines),)


def _orphans(parts: ReleaseFileNames, given: Given) -> tuple[Check, ...]:
    detached = tuple(_detached(parts, given))
    return (check("files.detached", "Detached signatures match the bundles", detached),) if detached else ()


def signature_line(
    name: str, parts: ReleaseFileNames, answers: Mapping[str, BundleResult], wanted: Expectations
) -> Line:
    """Check the signature of one file."""
    bundle = bundle_name(name, parts.naming)
    if bundle not in parts.names:
        return failed(name, f"is not signed: {bundle} is missing")
    answer = answers[bundle]
    command = commands.verify_file(name, bundle, answer.who, private_root=wanted.private_root)
    return answer_line(name, answer, command)


def answer_line(subject: str, answer: BundleResult, command: str) -> Line:
    """Return the line for the result of one bundle."""
    if not answer.examined:
        return unseen(subject, answer.problem, command)
    if answer.proof is None or answer.problem:
        return failed(subject, answer.problem or "does not verify", command)
    signer = signer_of(answer)
    role = f"{excerpt(signer.role)}, " if signer and signer.role else ""
    message = f"signed by {role}{excerpt(answer.proof.signer)} {_when(answer.proof)}"
    return Line(subject=subject, outcome=Outcome.PASS, message=message, command=command, signer=signer)


def _when(proof: VerifiedBundle) -> str:
    """Return when a signature was made, and for a key whether it has a log entry, which is optional."""
    at = f"on {timestamp(proof.signed_at)}" if proof.times else "at an unverified time"
    if not proof.key_sha256:
        return at
    return f"{at}, {'transparency log entry verified' if proof.log_id else 'no transparency log entry'}"


def signer_of(answer: BundleResult) -> Signer | None:
    """Return the verified signer, or None."""
    proof = answer.proof
    if proof is None:
        return None
    return Signer(
        identity=proof.signer,
        issuer=proof.issuer,
        role=answer.role,
        signed_at=timestamp(proof.signed_at) if proof.times else "",
        log_index=proof.log_index,
        log_id=proof.log_id,
        certificate_sha256=proof.certificate_sha256,
        key_sha256=proof.key_sha256,
    )


def _detached(parts: ReleaseFileNames, given: Given) -> Iterator[Line]:
    """Compare `.sig` and `.crt` with the verified bundle: on their own they prove nothing.

    If one file has them, all must: otherwise a removed one would go unnoticed.
    """
    if not any(name.endswith(DETACHED_SUFFIXES) for name in parts.names):
        return
    for name in parts.signed:
        answer = given.signatures.get(bundle_name(name, parts.naming), BundleResult())
        proof = answer.proof
        expected = {
            signature_name(name): base64.b64encode(proof.signature) + b"\n" if proof else None,
            certificate_name(name): proof.certificate if proof else None,
        }
        if proof and proof.key_sha256 and certificate_name(name) not in parts.names:
            del expected[certificate_name(name)]  # a key has no certificate; a file that claims to be one is compared
        for file, data in expected.items():
            if file not in parts.names:
                yield failed(file, "is missing, although other files have theirs")
            elif proof is None and not answer.examined:
                yield unseen(file, answer.problem)
            elif not data or given.contents.get(file) != data:
                yield failed(file, "does not match the bundle")
            else:
                yield passed(file, "matches the bundle")
