"""Check a release: read its files, verify every bundle once, run all checks.

What cannot be checked because a package is not installed is not examined, and never passes: the stand-alone
verifier also runs with Python alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ops.supply_chain.adapters.files.release_files import read_evidence, read_release
from ops.supply_chain.contracts.files.verification import (
    BundleResult,
    Expectations,
    Further,
    Given,
    GivenFile,
    Verification,
)
from ops.supply_chain.contracts.values.signature_names import bundle_name, bundle_suffix
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import StageError, UnavailableError
from ops.supply_chain.core.moments import timestamp
from ops.supply_chain.core.text import printable
from ops.supply_chain.formats import json_reader
from ops.supply_chain.formats.json_reader import UnexpectedShapeError
from ops.supply_chain.gather.trust.verification.members import member_problems
from ops.supply_chain.trust.verification import commands
from ops.supply_chain.trust.verification.attested import is_attestation
from ops.supply_chain.trust.verification.evidence import bundle_of, bundles_in
from ops.supply_chain.trust.verification.file_kinds import CYCLONEDX_SUFFIX, DOCUMENTS, classify
from ops.supply_chain.trust.verification.listing import changed_distributions
from ops.supply_chain.trust.verification.verify import verify

if TYPE_CHECKING:
    from ops.supply_chain.adapters.sigstore.bundle_verifier import BundleVerifier
    from ops.supply_chain.adapters.sigstore.key_verifier import KeyVerifier
    from ops.supply_chain.contracts.config.signing import SigningIdentity
    from ops.supply_chain.contracts.values.verified_bundle import VerifiedBundle
    from ops.supply_chain.gather.trust.verification.verifying_workers import VerifyingWorkers

NO_SIGNER = "no authorized signer was given"
ACCEPTED_PROBLEMS = frozenset({"sbom.identity-duplicate"})
"""As in our own SBOMs: two packages from two folders may share one name and version."""


@dataclass(frozen=True, kw_only=True)
class CheckedRelease:
    """A verification, and the files of further evidence that it used."""

    verification: Verification
    further: tuple[GivenFile, ...]


class BundleChecker:
    """A checker of bundles and SBOMs that checks each distinct one once.

    Args:
        verifier: Verifies against the chosen trusted root; None if not available.
        identities: The authorized identities.
        keys: Verifies bundles by the authorized keys; None if there are none.
        excuse: Why no verifier is available; empty if one is.
        workers: The verifier, if it verifies in processes of its own.
    """

    def __init__(
        self,
        verifier: BundleVerifier | VerifyingWorkers | None,
        identities: Sequence[SigningIdentity],
        *,
        keys: KeyVerifier | None = None,
        excuse: str = "",
        workers: VerifyingWorkers | None = None,
    ) -> None:
        self._verifier = verifier
        self._workers = workers
        self._keys = keys
        self._identities = tuple(identities)
        self._excuse = excuse
        self._answers: dict[tuple[str, str, str], BundleResult] = {}
        self._problems: dict[str, tuple[str, ...] | None] = {}
        self._schema_problems: dict[str, tuple[str, ...] | None] = {}

    def expect(self, bundles: Sequence[tuple[bytes, str]]) -> None:
        """Have bundles verified in the background, where there are processes for it: bundle, and SHA-256 or empty for a statement."""
        if self._workers is not None:
            from ops.supply_chain.gather.trust.verification.verifying_workers import BundleRequest

            # Those by a key are verified here. One that hides the word is verified twice.
            self._workers.expect(BundleRequest(*bundle) for bundle in bundles if b'"publicKey"' not in bundle[0])

    def require(self) -> None:
        """Wait until it is known that the trusted root can be used; raises what `VerifyingWorkers.require` raises."""
        if self._workers is not None:
            self._workers.require()

    def file(
        self, bundle: bytes, sha256: str, read: Callable[[], bytes] | None = None, *, kind: str = "other"
    ) -> BundleResult:
        """Verify a bundle over a file; `read` returns the file's bytes, which some kinds of key need.

        `kind` is what the file is, as conditions on identities name it.
        """
        return self._look(
            bundle,
            (sha256, kind),
            lambda verifier: verifier.file(bundle, sha256),
            lambda keys: keys.file(bundle, sha256, read),
        )

    def statement(self, bundle: bytes, *, kind: str = "further-attestation") -> BundleResult:
        """Verify a bundle with a statement in it; `kind` is as for `file`."""
        return self._look(
            bundle, ("", kind), lambda verifier: verifier.statement(bundle), lambda keys: keys.statement(bundle)
        )

    def sbom(self, data: bytes) -> tuple[str, ...] | None:
        """Return the problems of an SBOM, one sentence each; None if it cannot be checked."""
        key = sha256_bytes(data)
        if key not in self._problems:
            self._problems[key] = _sbom_problems(data)
        return self._problems[key]

    def schema(self, data: bytes) -> tuple[str, ...] | None:
        """Return the schema errors of a CycloneDX document, one sentence each; None if it cannot be checked."""
        key = sha256_bytes(data)
        if key not in self._schema_problems:
            self._schema_problems[key] = _schema_problems(data)
        return self._schema_problems[key]

    def _look(
        self,
        bundle: bytes,
        what: tuple[str, str],
        by_certificate: Callable[[BundleVerifier | VerifyingWorkers], VerifiedBundle],
        by_key: Callable[[KeyVerifier], VerifiedBundle],
    ) -> BundleResult:
        key = (sha256_bytes(bundle), *what)
        if key not in self._answers:
            self._answers[key] = self._answer(bundle, what[1], by_certificate, by_key)
        return self._answers[key]

    def _answer(
        self,
        bundle: bytes,
        kind: str,
        by_certificate: Callable[[BundleVerifier | VerifyingWorkers], VerifiedBundle],
        by_key: Callable[[KeyVerifier], VerifiedBundle],
    ) -> BundleResult:
        if self._verifier is None:
            return BundleResult(examined=False, problem=self._excuse)
        from ops.supply_chain.adapters.sigstore.formats import NewerFormatError, is_by_key

        self.require()
        try:
            if is_by_key(bundle):
                return _by_key(self._keys, by_key)
            proof = by_certificate(self._verifier)
        except NewerFormatError as error:
            return BundleResult(problem=error.message, examined=False, newer=True)
        except UnavailableError as error:  # the process that verified it ended
            return BundleResult(problem=error.message, examined=False)
        except StageError as error:
            return BundleResult(problem=f"does not verify: {error.message}")
        return self._judged(proof, kind)

    def _judged(self, proof: VerifiedBundle, kind: str) -> BundleResult:
        from ops.supply_chain.trust.identities.matching import SignedRun, matching, mismatches

        who = f"{printable(proof.san)}, issuer {printable(proof.issuer)}, on {timestamp(proof.signed_at)}"
        if not self._identities and self._keys is not None:
            return BundleResult(proof=proof, problem=f"only the given keys are authorized, and it is signed by {who}")
        if not self._identities:
            problem = f"{NO_SIGNER}; it is signed by {who}"
            return BundleResult(proof=proof, examined=False, problem=problem)
        run = SignedRun(proof.extensions, kind)
        found = matching(self._identities, proof.san, proof.issuer, proof.signed_at, run)
        if found is None:
            near = mismatches(self._identities, proof.san, proof.issuer, proof.signed_at, run)
            reasons = sorted({why for _, why in near if why != "has another name"})
            more = f" (an identity of that name {'; '.join(reasons)})" if reasons else ""
            return BundleResult(proof=proof, problem=f"is signed by {who}, which is no published identity{more}")
        words = commands.who(found.identity, found.identity_regex, found.issuer)
        return BundleResult(proof=proof, role=found.role, who=words)


def _by_key(keys: KeyVerifier | None, work: Callable[[KeyVerifier], VerifiedBundle]) -> BundleResult:
    if keys is None:
        return BundleResult(problem="is signed with a key, but none was given: pass the signer's public key with --key")
    proof = work(keys)
    return BundleResult(proof=proof, who=commands.key(logged=bool(proof.log_id)))


def check_release(
    folder: Path, wanted: Expectations, checker: BundleChecker, *, attestations: Sequence[Path] = ()
) -> CheckedRelease:
    """Check the release in a folder.

    Args:
        folder: All its files and nothing else.
        wanted: The expectations of the customer.
        checker: Checks bundles and SBOMs.
        attestations: Files of further evidence.
    Raises:
        InputError: The folder cannot be read, or contains no release or more than one.
    """
    files, contents = read_release(folder, DOCUMENTS)
    evidence = [read_evidence(path) for path in attestations]
    further = tuple(bundle for file, data in evidence for bundle in further_in(file.name, data, checker))
    return CheckedRelease(
        verification=check_contents(
            files,
            contents,
            wanted,
            checker,
            further=further,
            read=lambda name: (folder / name).read_bytes(),
            members=lambda name, sha256, sboms: member_problems(folder / name, name, sha256, sboms),
        ),
        further=tuple(file for file, _ in evidence),
    )


def check_contents(
    files: Mapping[str, GivenFile],
    contents: Mapping[str, bytes],
    wanted: Expectations,
    checker: BundleChecker,
    *,
    further: tuple[Further, ...] = (),
    read: Callable[[str], bytes] | None = None,
    members: Callable[[str, str, Mapping[str, bytes]], tuple[str, ...]] | None = None,
) -> Verification:
    """Check a release that was read already: what `check_release` does, without a folder.

    Args:
        files: All its files, by name.
        contents: The bytes of its documents and bundles.
        wanted: The expectations of the customer.
        checker: Checks bundles and SBOMs.
        further: Further evidence.
        read: Returns the bytes of any file, by name; None for those of `contents` alone.
        members: Says where a distribution differs from the released one: its name, the released digest, the
            CycloneDX documents of the release by name. None names no members.
    Raises:
        InputError: It is not a release, or more than one.
    """
    parts = classify(files)
    bundles = [name for name in parts.bundles if name in contents]
    attested = [name for name in bundles if is_attestation(name, parts)]
    whole = read or contents.__getitem__
    suffix = bundle_suffix(parts.naming)
    covered = {bundle_name(name, parts.naming): files[name].sha256 for name in parts.signed}
    unread = BundleResult(problem="is not a readable file")
    cyclonedx = {name: contents[name] for name in parts.sboms if name.endswith(CYCLONEDX_SUFFIX) and name in contents}
    checker.expect(
        [(contents[name], covered[name]) for name in parts.bundles if name in contents and covered.get(name)]
        + [(contents[name], "") for name in attested]
    )
    # What needs no signature is done while they are verified.
    sbom_problems = {name: checker.sbom(contents[name]) for name in parts.sboms if name in contents}
    schema_problems = {name: checker.schema(data) for name, data in cyclonedx.items()}
    given = Given(
        files=dict(files),
        contents=dict(contents),
        signatures={
            name: checker.file(
                contents[name],
                covered[name],
                partial(whole, name.removesuffix(suffix)),
                kind=parts.kind_of(name.removesuffix(suffix)),
            )
            if name in contents and covered[name]
            else unread
            for name in parts.bundles
            if name in covered
        },
        statements={
            name: checker.statement(contents[name], kind=parts.kind_of(name)) if name in contents else unread
            for name in (*attested, *(name for name in parts.bundles if name not in contents))
        }
        | {
            name: _publish_attestation(contents[name], checker) if name in contents else unread
            for name in parts.publish_attestations
        },
        sbom_problems=sbom_problems,
        schema_problems=schema_problems,
        further=further,
        damage={
            name: members(name, sha256, cyclonedx)
            for name, sha256 in changed_distributions(parts, files, contents).items()
            if members is not None
        },
    )
    return verify(given, wanted)


def _publish_attestation(data: bytes, checker: BundleChecker) -> BundleResult:
    try:
        bundle = bundle_of(json_reader.read(data))
    except UnexpectedShapeError as error:
        return BundleResult(problem=f"is no PEP 740 attestation: {error}")
    return checker.statement(bundle, kind="publish-attestation")


def further_in(source: str, data: bytes, checker: BundleChecker) -> list[Further]:
    """Check the bundles in a file of further evidence, in its order; a malformed one yields its problem.

    Args:
        source: What to call the file.
        data: Its bytes.
        checker: Checks bundles and SBOMs.
    """
    found = bundles_in(data)
    return [
        Further(
            source=source if len(found) == 1 else f"{source}[{position}]",
            kind=bundle.kind,
            problem=bundle.problem,
            left_out=bundle.left_out,
            answer=BundleResult() if bundle.problem or bundle.left_out else checker.statement(bundle.bundle),
        )
        for position, bundle in enumerate(found)
    ]


def _schema_problems(data: bytes) -> tuple[str, ...] | None:
    try:
        plain = json_reader.read(data)
        version = plain["specVersion"].text()
    except UnexpectedShapeError as error:
        return (str(error),)
    try:
        from ops.supply_chain.adapters.tools.schemas import schema_problems

        return schema_problems(plain.value, version)
    except (ImportError, UnavailableError):
        return None


def _sbom_problems(data: bytes) -> tuple[str, ...] | None:
    try:
        from ops.supply_chain.inventory.checks.check import check_document
    except ImportError:
        return None
    try:
        plain = json_reader.read(data).value
    except UnexpectedShapeError as error:
        return (str(error),)
    try:
        found = check_document(plain)
    except (ImportError, RecursionError) as error:
        return None if isinstance(error, ImportError) else ("is nested too deeply",)
    return tuple(f"{problem.path}: {problem.message}" for problem in found if problem.code not in ACCEPTED_PROBLEMS)
