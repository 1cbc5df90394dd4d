"""One version of a project, as its index serves it: downloaded, and compared with everything that was published about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ops.supply_chain.contracts.files.package_verification import (
    EvidenceState,
    PackageVerification,
    ServedFile,
    ServedPackage,
    worst_state,
)
from ops.supply_chain.contracts.files.verification import Verification
from ops.supply_chain.contracts.values.signature_names import publish_attestation_name
from ops.supply_chain.core.errors import ErrorClass, InputError, UsageError
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.core.text import excerpt, printable
from ops.supply_chain.gather.trust.verification.index_evidence import (
    ExpectedPublisher,
    file_evidence,
    without_absent,
)
from ops.supply_chain.gather.trust.verification.members import differing_members
from ops.supply_chain.trust.verification.members import listed_members
from ops.supply_chain.trust.verification.report import headline

if TYPE_CHECKING:
    from ops.supply_chain.adapters.index.served import SavedFile, ServedPackages
    from ops.supply_chain.contracts.values.package_index import IndexFile
    from ops.supply_chain.gather.trust.verification.check import BundleChecker

_SHA256 = "sha256:"


@dataclass(frozen=True, kw_only=True)
class PackageRequest:
    """What to verify: PEP 503 name, version as written, and the names of the files; without names all of the version.

    `attestations` is False where the index has no Integrity API: then the release alone has to prove the files.
    """

    name: str
    version: str
    filenames: tuple[str, ...] = ()
    attestations: bool = True


@dataclass(frozen=True, kw_only=True)
class VerifiedRelease:
    """A release that was checked: its folder, the result, and its CycloneDX documents by name."""

    folder: Path
    verification: Verification
    sboms: Mapping[str, bytes]

    @property
    def digests(self) -> dict[str, str]:
        """Name -> SHA-256 of its files."""
        return {file.name: file.sha256 for file in self.verification.files}


def verify_package(
    request: PackageRequest,
    served: ServedPackages,
    expected: ExpectedPublisher,
    checker: BundleChecker,
    *,
    folder: Path,
    release: VerifiedRelease | None = None,
) -> PackageVerification:
    """Download the files of a version and verify each.

    Args:
        request: What to verify.
        served: The index.
        expected: Who may have published it.
        checker: Checks bundles.
        folder: Empty; where the files go, whatever is found about them.
        release: The release that the files have to be from, if there is one.
    Raises:
        InputError: The index has no such version.
        UnavailableError: The project's page could not be fetched.
        OutputError: The folder cannot be written.
    """
    from ops.supply_chain.adapters.index.file_choice import version_in
    from ops.supply_chain.contracts.values.attestation import DistributionFile, ProvenanceAnswer

    listed, notes = _listed(request, served)
    there = {file.filename: file for file in listed}
    saved, failed = served.save(listed, folder)
    files = {
        name: DistributionFile(
            project=request.name,
            version=version_in(name, request.name) or request.version,  # as the index spells it
            filename=name,
            sha256=saved[name].sha256,
        )
        for name in there
        if name in saved
    }
    answers = served.provenance(files.values()) if request.attestations else {}
    evidence = {
        name: file_evidence(
            file,
            answers.get(file, ProvenanceAnswer()),
            expected,
            checker,
            announced=request.attestations and bool(there[name].provenance),
        )
        for name, file in files.items()
    }
    also = frozenset(
        name for name in files if release and request.attestations and publish_attestation_name(name) in release.digests
    )
    recorded = expected.recorded if request.attestations else None
    judged = [
        _judged(there[file.filename], saved[file.filename], file, folder, release)
        for file in without_absent(list(evidence.values()), recorded, also)
    ]
    judged += [_not_there(name, error.message) for name, error in failed.items()]
    judged += [_no_such(name) for name in request.filenames if name not in there]
    if release and not request.filenames:
        notes += _unserved(request, release, there)
    package = ServedPackage(
        name=request.name,
        version=request.version,
        files=tuple(sorted(judged, key=lambda file: file.filename)),
        notes=tuple(notes),
    )
    return PackageVerification(
        packages=(package,),
        release=headline(release.verification) if release else "",
        tolerated=bool(release and release.verification.tolerated),
    )


def _listed(request: PackageRequest, served: ServedPackages) -> tuple[list[IndexFile], list[str]]:
    """Return the files of the version that are wanted, and notes about them."""
    from ops.supply_chain.adapters.index.file_choice import is_of_version
    from ops.supply_chain.contracts.values.package_index import PageAddress

    page = PageAddress("", request.name)
    read, failed = served.listings([page])
    if page in failed:
        raise failed[page]
    listing = read[page]
    if listing is None:
        raise InputError(
            f"the index has no project {request.name}", hint="Check the name, and the address of the index."
        )
    files = [file for file in listing.files if is_of_version(file.filename, request.name, request.version)]
    if not files:
        raise InputError(
            f"the index has no file of {request.name} {printable(request.version)}",
            hint="Check the version; an index removes the files of a deleted one.",
        )
    twice = [name for name, count in Counter(file.filename.lower() for file in files).items() if count > 1]
    if twice:
        raise InputError(f"the index lists {excerpt(twice[0])} twice, so it is unclear which file is meant")
    wanted = [file for file in files if not request.filenames or file.filename in request.filenames]
    notes = [
        f"{file.filename} was yanked: {excerpt(file.yanked_reason) or 'no reason given'}"
        for file in wanted
        if file.yanked
    ]
    if listing.status != "active":
        reason = f" ({excerpt(listing.status_reason)})" if listing.status_reason else ""
        notes.append(f"the index calls the project {excerpt(listing.status)}{reason}")
    notes += _preferred(request, [file.filename for file in listing.files])
    return wanted, notes


def _preferred(request: PackageRequest, filenames: list[str]) -> list[str]:
    """Return a note about local versions on the index: `NAME==VERSION` matches them too, and installers prefer them."""
    from ops.supply_chain.adapters.index.file_choice import same_version, version_in

    versions = {version_in(filename, request.name) for filename in filenames}
    local = sorted(
        version
        for version in versions
        if "+" in version and "+" not in request.version and same_version(version.partition("+")[0], request.version)
    )
    text = f"an installer prefers it for {request.name}=={printable(request.version)}, so install by hash"
    return [f"the index has {excerpt(local[0])}, which was not verified: {text}"] if local else []


def _judged(
    listed: IndexFile, saved: SavedFile, evidence: ServedFile, folder: Path, release: VerifiedRelease | None
) -> ServedFile:
    problems, proofs = list(evidence.problems), list(evidence.proofs)
    states: list[EvidenceState] = [] if evidence.state is EvidenceState.ABSENT else [evidence.state]
    state, text = _index_hash(listed, saved)
    if state is not EvidenceState.VERIFIED:
        states.append(state)
        problems.append(text)
    if release is not None:
        state, clauses = _release_evidence(evidence, folder, release)
        states.append(state)
        (proofs if state is EvidenceState.VERIFIED else problems).extend(clauses)
    if not states:
        problems.append("nothing proves who published it: no attestation on the index, and no release was given")
    return replace(evidence, state=worst_state(states), problems=tuple(problems), proofs=tuple(proofs))


def _index_hash(listed: IndexFile, saved: SavedFile) -> tuple[EvidenceState, str]:
    digests = [digest.removeprefix(_SHA256) for digest in listed.hashes if digest.startswith(_SHA256)]
    if not digests:
        return EvidenceState.UNCHECKED, "the index names no SHA-256 of it"
    if digests != [saved.sha256]:
        return EvidenceState.BAD, f"its server sent SHA-256 {saved.sha256}, the index names {', '.join(digests)}"
    return EvidenceState.VERIFIED, ""


def _release_evidence(file: ServedFile, folder: Path, release: VerifiedRelease) -> tuple[EvidenceState, list[str]]:
    """Compare one file with the release: it is a file of it, and the release verifies for exactly this file."""
    name = f"{release.verification.component} {release.verification.version}".strip()
    digests, ruling = release.digests, release.verification.ruling
    if file.filename not in digests:
        return EvidenceState.BAD, [f"the release {excerpt(name)} has no such file"]
    if digests[file.filename] != file.sha256:
        text = f"the release {excerpt(name)} has SHA-256 {digests[file.filename]}, the index serves {file.sha256}"
        return EvidenceState.BAD, [text, *differing_members(folder / file.filename, release.folder / file.filename)]
    if ruling is not Outcome.PASS:
        state = EvidenceState.BAD if ruling is Outcome.FAIL else EvidenceState.UNCHECKED
        return state, [f"release {headline(release.verification)}", *_release_problems(release.verification)]
    sbom, _ = listed_members(release.sboms, file.filename, file.sha256)
    described = f", described by {sbom}" if sbom else ""
    return EvidenceState.VERIFIED, [f"released: {excerpt(name)} lists it, its provenance and gate cover it{described}"]


_MOST_PROBLEMS = 3


def _release_problems(verification: Verification) -> list[str]:
    lines = [line for check in verification.checks for line in check.lines if line.ruling is not Outcome.PASS]
    return [f"{line.subject}: {line.message}" for line in lines[:_MOST_PROBLEMS]]


def _not_there(filename: str, reason: str) -> ServedFile:
    return ServedFile(filename=filename, sha256="", state=EvidenceState.UNCHECKED, problems=(reason,))


def _no_such(filename: str) -> ServedFile:
    problem = "the index has no such file of that version"
    return ServedFile(filename=excerpt(filename), sha256="", state=EvidenceState.BAD, problems=(problem,))


def _unserved(request: PackageRequest, release: VerifiedRelease, there: Mapping[str, object]) -> Iterator[str]:
    """Yield a note for each distribution of that version in the release that the index does not serve."""
    from ops.supply_chain.adapters.index.file_choice import is_of_version
    from ops.supply_chain.trust.verification.file_kinds import classify

    for name in classify(list(release.digests)).distributions:
        if name not in there and is_of_version(name, request.name, request.version):
            yield f"{name} is in the release, and the index does not serve it"


def requirement_lines(package: ServedPackage) -> bytes:
    """Return the verified files as a requirements file with hashes, for `pip install --require-hashes`."""
    hashes = [f"    --hash=sha256:{file.sha256}" for file in package.files if file.state is EvidenceState.VERIFIED]
    return (" \\\n".join([f"{package.name}=={package.version}", *hashes]) + "\n").encode()


def parse_package(text: str) -> tuple[str, str]:
    """Return PEP 503 name and version of `NAME==VERSION`.

    Raises:
        UsageError: It has another form.
    """
    from packaging.requirements import InvalidRequirement, Requirement

    from ops.supply_chain.core.names import normalise

    name, separator, version = text.partition("==")
    try:
        parsed = Requirement(text)
        plain = bool(separator) and len(parsed.specifier) == 1 and not (parsed.extras or parsed.marker or parsed.url)
    except InvalidRequirement:
        plain = False
    if not plain or "*" in version or version.startswith("="):
        raise UsageError(
            f"--package {excerpt(text)}: expected NAME==VERSION",
            hint="Give one exact version.",
            kind=ErrorClass.COMMAND_LINE,
        )
    return normalise(name.strip()), version.strip()
