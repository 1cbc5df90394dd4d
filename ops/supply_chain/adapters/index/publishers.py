"""Publishers: fetched from one index and its Integrity API, or, offline, from cached responses.

A failure is part of the result, so that one half is still checked when the other does not answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urljoin

from ops.supply_chain.adapters.http.client import Timeouts
from ops.supply_chain.adapters.http.store import AnswerStore
from ops.supply_chain.adapters.index.address import IndexAddress, accounts_for, read_address
from ops.supply_chain.adapters.index.client import PackageIndex
from ops.supply_chain.adapters.index.integrity import provenance_of
from ops.supply_chain.adapters.sigstore.attestation_verifier import AttestationVerifier
from ops.supply_chain.adapters.sigstore.publisher_cache import KeptFile, KeptProject, PublisherCache
from ops.supply_chain.contracts.values.attestation import (
    AttestationRequest,
    AttestationStatus,
    DistributionFile,
    FileAttestation,
    ProvenanceAnswer,
)
from ops.supply_chain.contracts.values.package_index import PageAddress, ProjectInfo, ProjectListing
from ops.supply_chain.core.addresses import INDEX_JSON_URL, INDEX_URL, INTEGRITY_URL
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.errors import UnavailableError

TIMEOUTS = Timeouts()
OFFLINE_REMEDY = "Run once without --offline."
GONE_REMEDY = f"Run {command('check_hashes')}, which lists files that are missing or replaced."


class SourceSettings(NamedTuple):
    """The sources of publishers in one project's configuration; empty means the public default."""

    index_url: str = ""
    json_url: str = ""
    integrity_url: str = ""
    max_age_hours: int = 0
    trusted: tuple[str, ...] = ()


class ProjectAnswers(NamedTuple):
    """Publisher metadata: PEP 503 name -> metadata, None if the index has no such project.

    Names that are not in `found` could not be fetched; `failure` is the reason.
    """

    found: dict[str, ProjectInfo | None]
    failure: UnavailableError | None


class PublisherSources:
    """One index and its Integrity API.

    Args:
        cache: The cache folder.
        settings: Their addresses.
        offline: True uses the cache only.
        now: The run's clock reading.
    Raises:
        UsageError: An address is malformed.
    """

    def __init__(self, cache: Path, settings: SourceSettings, *, offline: bool, now: datetime) -> None:
        self._cache = cache
        self._kept = PublisherCache(cache)
        self._settings = settings
        self._offline = offline
        self._now = now
        self._index = read_address(settings.index_url or INDEX_URL, where="[index].url")
        self._trusted = [read_address(address, where="[index].trusted").origin for address in settings.trusted]
        self._addresses = {"": self._index}
        self.json_url = settings.json_url or (INDEX_JSON_URL if self._index.url == INDEX_URL else "")
        self.oldest_seconds = 0

    def is_default(self, index: str) -> bool:
        """Return whether the index that a lock names is the configured one; empty means that it names none.

        Raises:
            UsageError: It is not an address.
        """
        return self._address(index).url == self._index.url

    def integrity_url(self, index: str = "") -> str:
        """Return the root of the Integrity API that goes with an index; a configured one is the default index's.

        Args:
            index: The index that a lock names, empty for the default index.
        Raises:
            UsageError: It is not an address.
        """
        return self._integrity(self._address(index)).url

    def projects(self, names: Iterable[str]) -> ProjectAnswers:
        """Return the publisher metadata of projects on the default index.

        Args:
            names: PEP 503 names.
        Raises:
            OutputError: The cache cannot be written.
        """
        wanted = sorted(set(names))
        if self._offline:
            return self._kept_projects(wanted)
        index = PackageIndex(
            self._cache,
            url=self._settings.index_url,
            json_url=self._settings.json_url,
            trusted=self._settings.trusted,
            timeouts=TIMEOUTS,
            offline=False,
        )
        try:
            found = index.project_json(wanted) if wanted else {}
        except UnavailableError as error:
            return ProjectAnswers({}, error)
        for name, info in found.items():
            self._kept.keep_project(self.json_url, name, KeptProject(asked=self._now, info=info))
        return ProjectAnswers(found, None)

    def attestations(
        self, requests: Iterable[AttestationRequest], verifier: AttestationVerifier
    ) -> dict[AttestationRequest, tuple[FileAttestation, ...]]:
        """Verify the attestations of every file of some pins.

        Args:
            requests: Distinct pins.
            verifier: Verifies attestations.
        Returns:
            For each pin one result per digest, in the order of its digests.
        Raises:
            UsageError: A lock names an index that is not an address.
            InputError: The trusted root is malformed.
            OutputError: The cache cannot be written.
        """
        by_index: dict[str, list[AttestationRequest]] = {}
        for request in sorted(set(requests)):
            by_index.setdefault(request.index, []).append(request)
        found: dict[AttestationRequest, tuple[FileAttestation, ...]] = {}
        for index, asked in by_index.items():
            found |= self._of_index(self._address(index), asked, verifier)
        return found

    def _of_index(
        self, index: IndexAddress, requests: Sequence[AttestationRequest], verifier: AttestationVerifier
    ) -> dict[AttestationRequest, tuple[FileAttestation, ...]]:
        url = self._integrity(index).url
        kept = {project: self._kept.files(url, project) for project in {request.project for request in requests}}
        names = _known_names(requests, kept)
        failures = {} if self._offline else self._ask_names(index, requests, names)
        files = {
            (request, digest): DistributionFile(
                project=request.project, version=request.version, filename=names[request.project, digest], sha256=digest
            )
            for request in requests
            for digest in request.digests
            if (request.project, digest) in names
        }
        answers = self._answers(index, files.values(), kept)
        return {
            request: tuple(
                verified(files[request, digest], answers[files[request, digest]], verifier)
                if (request, digest) in files
                else failures.get(request.project) or self._nameless(digest)
                for digest in request.digests
            )
            for request in requests
        }

    def _ask_names(
        self, index: IndexAddress, requests: Sequence[AttestationRequest], names: dict[tuple[str, str], str]
    ) -> dict[str, FileAttestation]:
        """Add the names of files from the index to `names`; return the failure of each project."""
        wanted = {
            request.project
            for request in requests
            if any((request.project, digest) not in names for digest in request.digests)
        }
        if not wanted:
            return {}
        own = PackageIndex(self._cache, url=self._settings.index_url, trusted=self._settings.trusted, timeouts=TIMEOUTS)
        failures: dict[str, FileAttestation] = {}
        listings: dict[str, ProjectListing | None] = {}
        if index.url == self._index.url:
            try:
                listings = own.project_files(wanted)
            except UnavailableError as error:
                return dict.fromkeys(wanted, _not_examined("", error.message, error.hint))
        else:
            pages = own.pages([PageAddress(index.url, project) for project in wanted], lambda _, listing: listing)
            listings = {page.name: listing for page, listing in pages.read.items()}
            failures = {page.name: _not_examined("", error.message, error.hint) for page, error in pages.failed.items()}
        for project, listing in listings.items():
            for file in listing.files if listing else ():
                for digest in file.hashes:
                    names.setdefault((project, digest.removeprefix("sha256:")), file.filename)
        return failures

    def _answers(
        self, index: IndexAddress, files: Iterable[DistributionFile], kept: Mapping[str, Mapping[str, KeptFile]]
    ) -> dict[DistributionFile, ProvenanceAnswer]:
        if self._offline:
            return {file: self._remembered(kept[file.project].get(file.sha256)) for file in files}
        service = self._integrity(index)
        # The account of the environment is for what is configured, never for an index that a lock names.
        own = [index, service] if index.url == self._index.url else []
        answers = provenance_of(
            files,
            url=service.url,
            accounts=accounts_for(*own),
            configured=[*self._trusted, *(address.origin for address in own)],
            store=AnswerStore(self._cache / "http"),
            timeouts=TIMEOUTS,
        )
        fresh: dict[str, dict[str, KeptFile]] = {}
        for file, answer in answers.items():
            if not answer.reason:
                kept_file = KeptFile(asked=self._now, filename=file.filename, document=answer.document)
                fresh.setdefault(file.project, {})[file.sha256] = kept_file
        for project, found in fresh.items():
            self._kept.keep_files(service.url, project, found)
        return answers

    def _remembered(self, kept: KeptFile | None) -> ProvenanceAnswer:
        if kept is None:
            return ProvenanceAnswer(reason="offline, and not in the cache", remedy=OFFLINE_REMEDY)
        reason = self._too_old(kept.asked)
        return ProvenanceAnswer(reason=reason, remedy=OFFLINE_REMEDY if reason else "", document=kept.document)

    def _kept_projects(self, names: Sequence[str]) -> ProjectAnswers:
        found: dict[str, ProjectInfo | None] = {}
        reasons = []
        for name in names:
            kept = self._kept.project(self.json_url, name)
            reason = self._too_old(kept.asked) if kept else "offline, and not in the cache"
            if kept and not reason:
                found[name] = kept.info
            else:
                reasons.append(reason)
        if not reasons:
            return ProjectAnswers(found, None)
        text = f"package index: could not fetch publishers of {len(reasons)} of {len(names)} projects: {reasons[0]}"
        return ProjectAnswers(found, UnavailableError(text, hint=OFFLINE_REMEDY))

    def _too_old(self, asked: datetime) -> str:
        age = (self._now - asked).total_seconds()
        self.oldest_seconds = max(self.oldest_seconds, int(age))
        if age <= self._settings.max_age_hours * 3600:
            return ""
        return (
            f"offline, and the cached response is {int(age // 3600)} hours old, at most {self._settings.max_age_hours}"
        )

    def _nameless(self, digest: str) -> FileAttestation:
        shown = f"sha256:{digest}"
        if self._offline:
            return _not_examined(shown, "offline, and not in the cache", OFFLINE_REMEDY)
        return _not_examined(shown, "the index has no file with a digest that the lock records", GONE_REMEDY)

    def _address(self, index: str) -> IndexAddress:
        if index not in self._addresses:
            self._addresses[index] = read_address(index, where="index of a lock")
        return self._addresses[index]

    def _integrity(self, index: IndexAddress) -> IndexAddress:
        if index.url == self._index.url and self._settings.integrity_url:
            return read_address(self._settings.integrity_url, where="[feeds].integrity_api")
        root = INTEGRITY_URL if index.url == INDEX_URL else urljoin(index.url, "/integrity/")
        return read_address(root, where="Integrity API")


def verified(file: DistributionFile, answer: ProvenanceAnswer, verifier: AttestationVerifier) -> FileAttestation:
    """Return the verified attestations of a file from the service's response."""
    if answer.reason:
        return _not_examined(file.filename, answer.reason, answer.remedy)
    if not answer.document:
        return FileAttestation(filename=file.filename, state=AttestationStatus.UNATTESTED)
    return verifier.verify(file, answer.document)


def _known_names(
    requests: Sequence[AttestationRequest], kept: Mapping[str, Mapping[str, KeptFile]]
) -> dict[tuple[str, str], str]:
    names = {(request.project, digest): name for request in requests for digest, name in request.named}
    for project, files in kept.items():
        for digest, file in files.items():
            names.setdefault((project, digest), file.filename)
    return names


def _not_examined(filename: str, reason: str, remedy: str) -> FileAttestation:
    return FileAttestation(filename=filename, state=AttestationStatus.NOT_EXAMINED, reason=reason, remedy=remedy)
