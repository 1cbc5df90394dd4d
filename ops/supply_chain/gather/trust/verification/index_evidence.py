"""The attestations that an index has for a file, compared with the expected publishers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ops.supply_chain.contracts.files.package_verification import EvidenceState, ServedFile
from ops.supply_chain.core.moments import timestamp
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.core.text import excerpt, printable
from ops.supply_chain.formats.json_reader import UnexpectedShapeError
from ops.supply_chain.trust.verification.attested import PAYLOAD_TYPE
from ops.supply_chain.trust.verification.index_provenance import (
    EmptyProvenanceError,
    IndexAttestation,
    is_publication,
    read_provenance,
    statement_problems,
)

if TYPE_CHECKING:
    from ops.supply_chain.contracts.files.verification import BundleResult
    from ops.supply_chain.contracts.values.attestation import DistributionFile, ProvenanceAnswer
    from ops.supply_chain.contracts.values.publisher import AttestedPublisher
    from ops.supply_chain.contracts.values.verified_bundle import VerifiedBundle
    from ops.supply_chain.gather.trust.verification.check import BundleChecker

PUBLISH_KIND, OTHER_KIND = "publish-attestation", "further-attestation"
"""What conditions on identities call the attestations."""


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """What a baseline has about a package: who attested it, and whether every file of it was attested.

    `publishers` are empty if it only records that there were attestations.
    """

    publishers: tuple[AttestedPublisher, ...]
    every_file: bool


@dataclass(frozen=True, kw_only=True)
class ExpectedPublisher:
    """Who may have published a package.

    `identities` says whether authorized identities were given; the checker knows them. With `recorded` publishers, one of
    them has to be proved; identities then count as well only if `exact` is set. `exact` says that the identities are those of
    this very package: then no one else may have attested it.
    """

    identities: bool
    recorded: Recorded | None = None
    exact: bool = False

    @property
    def by_record(self) -> bool:
        """Whether recorded publishers decide."""
        return self.recorded is not None and bool(self.recorded.publishers)

    @property
    def by_identity(self) -> bool:
        """Whether the authorized identities decide."""
        return self.identities and (self.exact or not self.by_record)


def file_evidence(
    file: DistributionFile,
    answer: ProvenanceAnswer,
    expected: ExpectedPublisher,
    checker: BundleChecker,
    *,
    announced: bool = False,
) -> ServedFile:
    """Return what the attestations of one file prove.

    Args:
        file: The file, with the digest that must be attested.
        answer: The response of the Integrity API.
        expected: Who may have published it.
        checker: Checks bundles.
        announced: Whether the index's page names a provenance object for it.
    """
    if answer.reason:
        return _served(file, EvidenceState.UNCHECKED, f"attestations: {answer.reason}")
    if not answer.document:
        if announced:
            problem = "the index's page names attestations, and its Integrity API has none"
            return _served(file, EvidenceState.UNCHECKED, problem)
        return ServedFile(filename=file.filename, sha256=file.sha256, state=EvidenceState.ABSENT)
    try:
        attestations = read_provenance(answer.document)
    except EmptyProvenanceError as error:
        return _served(file, EvidenceState.BAD, str(error))
    except UnexpectedShapeError as error:
        return _served(file, EvidenceState.UNCHECKED, f"its provenance object is not understood: {error}")
    return _judged(file, [_examined(file, attestation, expected, checker) for attestation in attestations])


def without_absent(package: Sequence[ServedFile], recorded: Recorded | None, also: frozenset[str]) -> list[ServedFile]:
    """Return the files of a package, where those without attestations are bad if there have to be some.

    Args:
        package: Its files.
        recorded: What the baseline has about it.
        also: Names of files that have attestations elsewhere, for example in their release.
    """
    attested = any(file.attested for file in package)
    lost = recorded is not None and (recorded.every_file or not attested)
    found = []
    for file in package:
        why = "its release has a publish attestation" if file.filename in also else "the baseline has attestations"
        if file.state is EvidenceState.ABSENT and (lost or file.filename in also):
            problem = f"the index has no attestation of it, although {why}"
            found.append(_served_again(file, EvidenceState.BAD, problem))
        else:
            found.append(file)
    return found


def _served(file: DistributionFile, state: EvidenceState, problem: str) -> ServedFile:
    return ServedFile(filename=file.filename, sha256=file.sha256, state=state, problems=(problem,))


def _served_again(file: ServedFile, state: EvidenceState, problem: str) -> ServedFile:
    return ServedFile(filename=file.filename, sha256=file.sha256, state=state, problems=(*file.problems, problem))


@dataclass(frozen=True, kw_only=True)
class _Examined:
    outcome: Outcome
    text: str
    publication: bool = False


def _judged(file: DistributionFile, examined: Sequence[_Examined]) -> ServedFile:
    bad = [each.text for each in examined if each.outcome is Outcome.FAIL]
    unseen = [each.text for each in examined if each.outcome is Outcome.NOT_EXAMINED]
    if not bad and not unseen and not any(each.publication for each in examined):
        bad = ["none of its attestations says that it was published"]
    state = EvidenceState.BAD if bad else EvidenceState.UNCHECKED if unseen else EvidenceState.VERIFIED
    return ServedFile(
        filename=file.filename,
        sha256=file.sha256,
        state=state,
        problems=tuple(f"attestation: {text}" for text in (*bad, *unseen)),
        proofs=tuple(each.text for each in examined if each.outcome is Outcome.PASS),
        attested=state is EvidenceState.VERIFIED,
    )


def _examined(
    file: DistributionFile, attestation: IndexAttestation, expected: ExpectedPublisher, checker: BundleChecker
) -> _Examined:
    from ops.supply_chain.formats.wheel import same_distribution

    answer = checker.statement(attestation.bundle, kind=PUBLISH_KIND)
    proof = answer.proof
    if proof is None:
        outcome = Outcome.FAIL if answer.examined else Outcome.NOT_EXAMINED
        return _Examined(outcome=outcome, text=answer.problem or "does not verify")
    if proof.payload_type != PAYLOAD_TYPE:
        text = f"expected a payload of type {PAYLOAD_TYPE}, found {excerpt(proof.payload_type)}"
        return _Examined(outcome=Outcome.FAIL, text=text)
    problems = statement_problems(proof.payload, file.filename, file.sha256, same_distribution)
    if problems:
        return _Examined(outcome=Outcome.FAIL, text=problems[0])
    publication = is_publication(proof.payload)
    if not publication:
        answer = checker.statement(attestation.bundle, kind=OTHER_KIND)
    outcome, text = _publisher(attestation, proof, answer, expected)
    kind = "publish attestation" if publication else "SLSA provenance"
    return _Examined(outcome=outcome, text=f"{kind} {text}", publication=publication)


def _publisher(
    attestation: IndexAttestation, proof: VerifiedBundle, answer: BundleResult, expected: ExpectedPublisher
) -> tuple[Outcome, str]:
    """Compare the publisher that the certificate proves with the expected ones; the index's claim alone proves nothing."""
    by = f"by {printable(proof.san)}, issuer {printable(proof.issuer)}, on {timestamp(proof.signed_at)}"
    if expected.by_record and expected.recorded is not None:
        problem = _record_problem(attestation, proof, expected.recorded.publishers)
        if problem:
            return Outcome.FAIL, f"{by}: {problem}"
    if expected.by_identity and not answer.counts:
        outcome = Outcome.FAIL if expected.exact else Outcome.NOT_EXAMINED
        return outcome, f"{answer.problem}{'' if expected.exact else ', and no publisher of it is recorded'}"
    if not expected.by_record and not expected.by_identity:
        return Outcome.NOT_EXAMINED, f"{by}: no expected publisher is known"
    return Outcome.PASS, by


def _record_problem(attestation: IndexAttestation, proof: VerifiedBundle, recorded: Sequence[AttestedPublisher]) -> str:
    from ops.supply_chain.contracts.values.trusted_publisher import (
        CertificateIdentity,
        MismatchError,
        is_known,
        proven,
    )
    from ops.supply_chain.dependencies.publishers.attested import is_same

    if not is_known(attestation.claim):
        return f"its publisher is of kind {excerpt(attestation.claim.get('kind'))}, which is unknown"
    emails = (proof.san,) if "@" in proof.san and "://" not in proof.san else ()
    try:
        publisher = proven(attestation.claim, CertificateIdentity(extensions=proof.extensions, emails=emails))
    except MismatchError as error:
        return f"the certificate is not the claimed publisher's: {excerpt(error)}"
    if any(is_same(known, publisher) for known in recorded):
        return ""
    expected = " or ".join(printable(known.label) for known in recorded)
    return f"published by {printable(publisher.label)}, expected {expected}"
