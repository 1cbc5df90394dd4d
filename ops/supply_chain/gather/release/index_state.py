"""What a package index serves of a release: its lists, the bytes of its files, and their publish attestations.

Nothing is taken from a cache: each reading asks the index itself, with a cache of its own that is removed.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ops.supply_chain.contracts.config.indexes import PublishIndex
from ops.supply_chain.contracts.files.package_verification import EvidenceState, ServedFile
from ops.supply_chain.contracts.values.attestation import DistributionFile, ProvenanceAnswer
from ops.supply_chain.contracts.values.package_index import IndexFile, ProjectListing
from ops.supply_chain.contracts.values.publication import LocalFile
from ops.supply_chain.core.errors import UnavailableError
from ops.supply_chain.release.publication.index_plan import SHA256, projects_of, release_of

if TYPE_CHECKING:
    from ops.supply_chain.adapters.http.client import Timeouts

Listings = dict[str, ProjectListing | None]
ProvenanceCheck = Callable[[DistributionFile, ProvenanceAnswer], ServedFile]


class ServedProblems(NamedTuple):
    """What is wrong with files that an index serves: name -> sentence. `absent` may still appear, `wrong` will not change,
    `unknown` could not be checked.
    """

    absent: dict[str, str]
    wrong: dict[str, str]
    unknown: dict[str, str]


class IndexState:
    """The present state of one index.

    Args:
        index: With every default in its place.
        check: Returns what a response of the Integrity API proves; None where no attestation is expected.
        trusted: Further configured addresses, of hosts that files are on.
        timeouts: Time limits and number of attempts of each request.
    """

    def __init__(
        self,
        index: PublishIndex,
        check: ProvenanceCheck | None,
        *,
        trusted: Sequence[str] = (),
        timeouts: Timeouts | None = None,
    ) -> None:
        self._index, self._check = index, check
        self._trusted, self._timeouts = tuple(trusted), timeouts

    def listings(self, files: Sequence[LocalFile]) -> Listings:
        """Return the pages of the projects of some distributions.

        Raises:
            UnavailableError: One could not be fetched.
        """
        from ops.supply_chain.adapters.index.client import PackageIndex

        with tempfile.TemporaryDirectory(prefix="sealwright-index-") as cache:
            client = PackageIndex(
                Path(cache), url=self._index.simple_url, trusted=self._trusted, timeouts=self._timeouts
            )
            return client.project_files(projects_of(files))

    def bytes_served(self, files: Sequence[LocalFile], there: Sequence[IndexFile]) -> ServedProblems:
        """Download listed files and compare their bytes with the release.

        Args:
            files: The distributions.
            there: What the index lists of them, in the same order.
        """
        from ops.supply_chain.adapters.index.client import PackageIndex
        from ops.supply_chain.adapters.index.downloads import Wanted

        wanted = [Wanted(file.url, ("sha256",)) for file in there]
        with tempfile.TemporaryDirectory(prefix="sealwright-index-") as cache:
            client = PackageIndex(
                Path(cache), url=self._index.simple_url, trusted=self._trusted, timeouts=self._timeouts
            )
            found = client.download(wanted)
        result = ServedProblems({}, {}, {})
        for file, question in zip(files, wanted, strict=True):
            if question in found.failed:
                result.unknown[file.name] = found.failed[question].message
            elif found.served[question].hashes != (f"{SHA256}{file.sha256}",):
                text = f"expected sha256:{file.sha256}, found {', '.join(found.served[question].hashes)}"
                result.wrong[file.name] = f"the index serves other bytes than it lists: {text}"
        return result

    def attestations(self, files: Sequence[LocalFile]) -> ServedProblems:
        """Check the publish attestations that the index serves; nothing where none is expected."""
        from ops.supply_chain.adapters.http.credentials import origins_of
        from ops.supply_chain.adapters.http.store import AnswerStore
        from ops.supply_chain.adapters.index.integrity import provenance_of

        check = self._check
        if check is None:
            return ServedProblems({}, {}, {})
        asked = {_asked(file): file for file in files}
        with tempfile.TemporaryDirectory(prefix="sealwright-index-") as cache:
            answers = provenance_of(
                asked,
                url=self._index.integrity_url,
                accounts={},
                configured=origins_of(self._index.integrity_url),
                store=AnswerStore(Path(cache)),
                timeouts=self._timeouts,
            )
        result = ServedProblems({}, {}, {})
        for question, answer in answers.items():
            name, found = asked[question].name, check(question, answer)
            problem = "; ".join(found.problems)
            if found.state is EvidenceState.ABSENT:
                result.absent[name] = "the index serves no attestation of it"
            elif found.state is EvidenceState.BAD:
                result.wrong[name] = f"on the index, {problem}"
            elif found.state is not EvidenceState.VERIFIED:
                result.unknown[name] = problem
        return result


def _asked(file: LocalFile) -> DistributionFile:
    release = release_of(file.name)
    return DistributionFile(
        project=release.project, version=str(release.version), filename=file.name, sha256=file.sha256
    )


def require_checkable(found: ServedProblems) -> None:
    """Stop where something could not be checked.

    Raises:
        UnavailableError: Of the first such file.
    """
    if found.unknown:
        name, reason = min(found.unknown.items())
        raise UnavailableError(f"{name}: {reason}", hint="Run again when the index answers.")
