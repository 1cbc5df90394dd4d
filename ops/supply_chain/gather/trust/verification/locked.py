"""Every pin of a lock: which have attestations on their index, and whether the expected publisher made them.

Nothing is downloaded: the digests are those of the lock, and an installer compares them with what it installs.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ops.supply_chain.contracts.files.package_verification import (
    RANK,
    EvidenceState,
    PackageVerification,
    ServedFile,
    ServedPackage,
)
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.text import plural
from ops.supply_chain.gather.trust.verification.index_evidence import (
    ExpectedPublisher,
    Recorded,
    file_evidence,
    without_absent,
)

if TYPE_CHECKING:
    from ops.supply_chain.adapters.index.served import ServedPackages
    from ops.supply_chain.contracts.values.attestation import (
        AttestationRequest,
        DistributionFile,
        ProvenanceAnswer,
    )
    from ops.supply_chain.contracts.values.lock import Lock, Pin
    from ops.supply_chain.contracts.values.package_index import IndexFile
    from ops.supply_chain.gather.trust.verification.check import BundleChecker

NOT_FROM_AN_INDEX = "does not come from an index, so it has no attestation there"
MOST_LOCK_BYTES = 64 << 20


class _Asked(NamedTuple):
    """A request, the files of the index by their digest, and why its page could not be fetched."""

    request: AttestationRequest
    files: Mapping[str, IndexFile]
    failure: str


def read_lock_file(path: Path) -> Lock:
    """Read a lock of any format.

    Args:
        path: The file; what it includes is read from its folder and the folders in that.
    Raises:
        InputError: It cannot be read, or does not follow its format.
    """
    from ops.supply_chain.dependencies.locks.read import read_lock

    def included(relative: str) -> bytes | None:
        if posixpath.isabs(relative) or ".." in relative.split("/"):
            return None
        target = path.parent / relative
        return _bytes_of(target) if target.is_file() and not target.is_symlink() else None

    return read_lock(path.name, _bytes_of(path), included)


def verify_lock(
    lock: Lock,
    served: ServedPackages,
    *,
    identities: bool,
    baseline: Mapping[str, Recorded],
    checker: BundleChecker,
) -> PackageVerification:
    """Verify the attestations of every pin of a lock; each distinct page and file is asked for once.

    Args:
        lock: The lock.
        served: The index, and those that the lock names.
        identities: Whether authorized identities were given; they count for packages without recorded publishers.
        baseline: PEP 503 name -> what is recorded of a package.
        checker: Checks bundles.
    Raises:
        UsageError: An address of an index in the lock is malformed.
        OutputError: The cache cannot be written.
    """
    from ops.supply_chain.dependencies.publishers.requests import attestation_request, in_scope

    requests: dict[AttestationRequest, None] = {}
    packages: dict[tuple[str, str], ServedPackage] = {}
    pins: dict[Pin, None] = dict.fromkeys(entry.pin for entry in lock.entries)
    for pin in pins:
        found = attestation_request(pin) if in_scope(pin) else NOT_FROM_AN_INDEX
        if isinstance(found, str):
            given = EvidenceState.UNCHECKED if in_scope(pin) else EvidenceState.ABSENT
            if given is EvidenceState.ABSENT and pin.name in baseline and not pin.local:
                given, found = EvidenceState.BAD, f"{found}, although the baseline has attestations"
            _add(packages, ServedPackage(name=pin.name, version=pin.version, problem=found, given=given))
        else:
            requests[found] = None
    asked = _pages(list(requests), served)
    answers = _answers(asked, served)
    for each in asked:
        recorded = baseline.get(each.request.project)
        expected = ExpectedPublisher(identities=identities, recorded=recorded)
        _add(packages, _package(each, answers, expected, checker))
    notes = (
        [f"{plural(len(lock.findings), 'problem')} in the lock itself, which check_locks names"]
        if lock.findings
        else []
    )
    return PackageVerification(
        packages=tuple(packages[key] for key in sorted(packages)),
        of_lock=posixpath.basename(lock.path),
        notes=tuple(notes),
    )


def _add(packages: dict[tuple[str, str], ServedPackage], package: ServedPackage) -> None:
    """Add a package; of one that the lock has twice, with other files or from another index, all files count."""
    key = (package.name, package.version)
    before = packages.get(key)
    if before is None:
        packages[key] = package
    elif before.problem or package.problem:
        packages[key] = max(before, package, key=lambda each: RANK.index(each.state))
    else:
        files = {(file.filename, file.sha256, file.state): file for file in (*before.files, *package.files)}
        packages[key] = replace(before, files=tuple(files[place] for place in sorted(files)))


def _pages(requests: list[AttestationRequest], served: ServedPackages) -> list[_Asked]:
    from ops.supply_chain.contracts.values.package_index import PageAddress

    pages = {request: PageAddress(request.index, request.project) for request in requests}
    read, failed = served.listings(set(pages.values()))
    asked = []
    for request in sorted(requests):
        listing = read.get(pages[request])
        error = failed.get(pages[request])
        files = {
            digest.removeprefix("sha256:"): file
            for file in (listing.files if listing else ())
            for digest in file.hashes
            if digest.startswith("sha256:")
        }
        asked.append(_Asked(request, files, error.message if error else ""))
    return asked


def _answers(asked: list[_Asked], served: ServedPackages) -> dict[tuple[str, DistributionFile], ProvenanceAnswer]:
    by_index: dict[str, list[DistributionFile]] = {}
    for each in asked:
        by_index.setdefault(each.request.index, []).extend(_files(each))
    return {
        (index, file): answer
        for index, files in sorted(by_index.items())
        for file, answer in served.provenance(files, index).items()
    }


def _files(asked: _Asked) -> list[DistributionFile]:
    from ops.supply_chain.contracts.values.attestation import DistributionFile

    request = asked.request
    return [
        DistributionFile(
            project=request.project, version=request.version, filename=asked.files[digest].filename, sha256=digest
        )
        for digest in request.digests
        if digest in asked.files
    ]


def _package(
    asked: _Asked,
    answers: Mapping[tuple[str, DistributionFile], ProvenanceAnswer],
    expected: ExpectedPublisher,
    checker: BundleChecker,
) -> ServedPackage:
    request = asked.request
    if asked.failure:
        return ServedPackage(name=request.project, version=request.version, problem=asked.failure)
    found = [
        file_evidence(
            file,
            answers[request.index, file],
            expected,
            checker,
            announced=bool(asked.files[file.sha256].provenance),
        )
        for file in _files(asked)
    ]
    found += [
        ServedFile(
            filename=f"sha256:{digest}",
            sha256=digest,
            state=EvidenceState.UNCHECKED,
            problems=("the index has no file with this digest, which the lock records",),
        )
        for digest in request.digests
        if digest not in asked.files
    ]
    found = without_absent(found, expected.recorded, frozenset())
    return ServedPackage(
        name=request.project, version=request.version, files=tuple(sorted(found, key=lambda file: file.filename))
    )


def _bytes_of(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MOST_LOCK_BYTES + 1)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    if len(data) > MOST_LOCK_BYTES:
        raise InputError(f"{path}: is larger than the {MOST_LOCK_BYTES} bytes that a lock may have")
    return data
