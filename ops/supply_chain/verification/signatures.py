"""Whether every file is signed by a published identity, judged from what came of looking at each bundle."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping

from ops.supply_chain.contracts.signed_release import DETACHED_SUFFIXES, bundle_name, certificate_name, signature_name
from ops.supply_chain.contracts.verification import Answer, Check, Expectations, Given, Line, Signer
from ops.supply_chain.core.moments import timestamp
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.verification import commands
from ops.supply_chain.verification.lines import check, failed, passed, unseen
from ops.supply_chain.verification.parts import Parts
from ops.supply_chain.verification.plain import shown

TITLE = "Every file is signed by a published identity that was valid at signing time"
NOT_SIGNED = "digests published, not signed"
"""What a release without signatures is called, everywhere."""


def signatures(parts: Parts, given: Given, wanted: Expectations) -> tuple[Check, ...]:
    """Judge the bundles over files, and the detached signatures beside them.

    Returns:
        Nothing for a release that is not signed at all where that is allowed.
    """
    if not parts.bundles:
        if wanted.allow_unsigned:
            return ()
        return (check("files.signed", TITLE, [failed(parts.prefix, f"{NOT_SIGNED}: there is no bundle at all")]),)
    lines = [signature_line(name, parts, given.signatures, wanted) for name in parts.signed]
    detached = tuple(_detached(parts, given))
    checks = [check("files.signed", TITLE, lines)]
    if detached:
        checks.append(check("files.detached", "Detached signatures are those of the bundles", detached))
    return tuple(checks)


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
    role = f"{shown(signer.role)}, " if signer and signer.role else ""
    message = f"signed by {role}{shown(answer.proof.san)} on {timestamp(answer.proof.signed_at)}"
    return Line(subject=subject, outcome=Outcome.PASS, message=message, command=command, signer=signer)


def signer_of(answer: Answer) -> Signer | None:
    """Return who signed, as proved; None where nothing is."""
    proof = answer.proof
    if proof is None:
        return None
    return Signer(
        identity=proof.san,
        issuer=proof.issuer,
        role=answer.role,
        signed_at=timestamp(proof.signed_at),
        log_index=proof.log_index,
        log_id=proof.log_id,
        certificate_sha256=proof.certificate_sha256,
    )


def _detached(parts: Parts, given: Given) -> Iterator[Line]:
    """Hold `.sig` and `.crt` against the bundle that verified: they prove nothing of their own.

    Where one file has them, all have: that some were taken away would else not be seen.
    """
    if not any(name.endswith(DETACHED_SUFFIXES) for name in parts.names):
        return
    for name in parts.signed:
        proof = given.signatures.get(bundle_name(name), Answer()).proof
        expected = {
            signature_name(name): base64.b64encode(proof.signature) + b"\n" if proof else None,
            certificate_name(name): proof.certificate if proof else None,
        }
        for file, data in expected.items():
            if file not in parts.names:
                yield failed(file, "is missing, and other files have theirs")
            elif data is None or given.contents.get(file) != data:
                yield failed(file, "is not that of the bundle")
            else:
                yield passed(file, "is that of the bundle")
