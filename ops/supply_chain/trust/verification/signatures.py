"""Whether every file is signed by a published identity, judged from what came of looking at each bundle."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from ops.supply_chain.contracts.files.verification import (
    REHEARSAL,
    UNSIGNED,
    Answer,
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
from ops.supply_chain.trust.verification.lines import check, failed, passed, tolerated, unseen
from ops.supply_chain.trust.verification.parts import Parts

if TYPE_CHECKING:  # a msgspec type, which is there only where signatures can be verified
    from ops.supply_chain.contracts.values.verified_bundle import VerifiedBundle

TITLE = "Every file is signed by an identity that may sign, and might at signing time"
KEY_TITLE = "Every file is signed by a key that was given, or by an identity that was authorized when it signed"
MADE_UP = "no identity is configured: who signed is made up for this rehearsal"


def signatures(parts: Parts, given: Given, wanted: Expectations) -> tuple[Check, ...]:
    """Judge the bundles over files, and the detached signatures beside them.

    That a release is not signed at all is told in any case, and tolerated where that is allowed; that one is
    signed in part never is.
    """
    title = KEY_TITLE if wanted.keys else TITLE
    if not parts.bundles:
        unsigned = failed(parts.prefix, f"{NOT_SIGNED}: there is no bundle at all")
        lines = tolerated([unsigned], UNSIGNED if wanted.allow_unsigned else "")
        return (check("files.signed", title, lines), *_orphans(parts, given))
    lines = [signature_line(name, parts, given.signatures, wanted) for name in parts.signed]
    return (check("files.signed", title, lines), *_orphans(parts, given), *_made_up(parts, wanted))


def _made_up(parts: Parts, wanted: Expectations) -> tuple[Check, ...]:
    if not wanted.identity_made_up:
        return ()
    lines = tolerated([failed(parts.prefix, MADE_UP)], REHEARSAL if wanted.rehearsal else "")
    return (check("identities.published", "Who may sign is published", lines),)


def _orphans(parts: Parts, given: Given) -> tuple[Check, ...]:
    detached = tuple(_detached(parts, given))
    return (check("files.detached", "Detached signatures are those of the bundles", detached),) if detached else ()


def signature_line(name: str, parts: Parts, answers: Mapping[str, Answer], wanted: Expectations) -> Line:
    """Judge the signature of one file."""
    bundle = bundle_name(name)
    if bundle not in parts.names:
        return failed(name, f"is not signed: {bundle} is missing")
    answer = answers[bundle]
    command = commands.verify_file(name, bundle, answer.who, private_root=wanted.private_root)
    return answer_line(name, answer, command)


def answer_line(subject: str, answer: Answer, command: str) -> Line:
    """Tell what came of looking at a bundle."""
    if not answer.examined:
        return unseen(subject, answer.problem, command)
    if answer.proof is None or answer.problem:
        return failed(subject, answer.problem or "does not verify", command)
    signer = signer_of(answer)
    role = f"{excerpt(signer.role)}, " if signer and signer.role else ""
    message = f"signed by {role}{excerpt(answer.proof.signer)} {_when(answer.proof)}"
    return Line(subject=subject, outcome=Outcome.PASS, message=message, command=command, signer=signer)


def _when(proof: VerifiedBundle) -> str:
    """Return when a signature was made, and for one by a key whether a log has it: it need not."""
    at = f"on {timestamp(proof.signed_at)}" if proof.times else "at a time that nothing proves"
    if not proof.key_sha256:
        return at
    return f"{at}, {'transparency log entry verified' if proof.log_id else 'no transparency log entry'}"


def signer_of(answer: Answer) -> Signer | None:
    """Return who signed, as proved; None where nothing is."""
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


def _detached(parts: Parts, given: Given) -> Iterator[Line]:
    """Hold `.sig` and `.crt` against the bundle that verified: they prove nothing of their own.

    Where one file has them, all have: that some were taken away would else not be seen.
    """
    if not any(name.endswith(DETACHED_SUFFIXES) for name in parts.names):
        return
    for name in parts.signed:
        answer = given.signatures.get(bundle_name(name), Answer())
        proof = answer.proof
        expected = {
            signature_name(name): base64.b64encode(proof.signature) + b"\n" if proof else None,
            certificate_name(name): proof.certificate if proof else None,
        }
        if proof and proof.key_sha256 and certificate_name(name) not in parts.names:
            del expected[certificate_name(name)]  # a key has no certificate; a file that claims to be one is compared
        for file, data in expected.items():
            if file not in parts.names:
                yield failed(file, "is missing, and other files have theirs")
            elif proof is None and not answer.examined:
                yield unseen(file, answer.problem)
            elif not data or given.contents.get(file) != data:
                yield failed(file, "is not that of the bundle")
            else:
                yield passed(file, "is that of the bundle")
