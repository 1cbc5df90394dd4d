"""What an index serves of a version, for those who verify it: files, which are kept, and their provenance objects."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import urljoin

from ops.supply_chain.adapters.http.batch import gather_each, run
from ops.supply_chain.adapters.http.client import HttpClient, Timeouts
from ops.supply_chain.adapters.http.credentials import Credentials
from ops.supply_chain.adapters.http.exchange import HttpRequest
from ops.supply_chain.adapters.http.failure import Failed
from ops.supply_chain.adapters.http.store import AnswerStore
from ops.supply_chain.adapters.index.address import IndexAddress, accounts_for, read_address
from ops.supply_chain.adapters.index.client import PackageIndex
from ops.supply_chain.adapters.index.core_metadata import REFUSED_TYPES
from ops.supply_chain.adapters.index.integrity import provenance_of
from ops.supply_chain.contracts.values.attestation import DistributionFile, ProvenanceAnswer
from ops.supply_chain.contracts.values.package_index import IndexFile, PageAddress, ProjectListing
from ops.supply_chain.core.addresses import INDEX_URL, INTEGRITY_URL
from ops.supply_chain.core.digests import CHUNK_BYTES
from ops.supply_chain.core.errors import StageError
from ops.supply_chain.core.files import write_atomic

SYSTEM = "distribution file"
REMEDY = "Check that this machine can reach that server (network, proxy, certificates), then run again."
OFFLINE_REMEDY = "Run without --offline."
MOST_FILE_BYTES = 4 << 30
"""Of one file whose size the index does not say; where it does, no more than that is read."""

DOWNLOAD_TIMEOUTS = Timeouts(total_seconds=1800, concurrency=8)


@dataclass(frozen=True, kw_only=True)
class IndexSource:
    """Addresses of an index and its Integrity API, and how they are asked.

    `url` and `integrity_url` are empty for the public ones, or what follows from `url`. `trusted` are further configured
    addresses, which may be private.
    """

    cache: Path
    url: str = ""
    integrity_url: str = ""
    trusted: tuple[str, ...] = ()
    offline: bool = False
    timeouts: Timeouts | None = None


@dataclass(frozen=True, kw_only=True)
class SavedFile:
    """A downloaded file: SHA-256 and size of what came, which is what lies in its folder."""

    sha256: str
    size: int


class ServedPackages:
    """Asks an index, those that a lock names, and their Integrity APIs.

    Args:
        source: The addresses.
    Raises:
        UsageError: An address is malformed.
    """

    def __init__(self, source: IndexSource) -> None:
        self._source = source
        self._index = read_address(source.url or INDEX_URL, where="--index")
        self._trusted = [read_address(address, where="[index].trusted").origin for address in source.trusted]
        self._pages = PackageIndex(
            source.cache, url=source.url, trusted=source.trusted, offline=source.offline, timeouts=source.timeouts
        )

    def listings(
        self, wanted: Collection[PageAddress]
    ) -> tuple[dict[PageAddress, ProjectListing | None], dict[PageAddress, StageError]]:
        """Return the project pages, None where there is no such project, and why the others could not be fetched."""
        pages = self._pages.pages(wanted, lambda _, listing: listing)
        return pages.read, pages.failed

    def provenance(self, files: Iterable[DistributionFile], home: str = "") -> dict[DistributionFile, ProvenanceAnswer]:
        """Return the response of the Integrity API for each file; a failure is a response with a reason.

        Args:
            files: Any order; each distinct file is asked for once.
            home: The index that a lock names, empty for the default index.
        """
        wanted = sorted(set(files))
        if self._source.offline:
            return {
                file: ProvenanceAnswer(reason="not asked, this run is offline", remedy=OFFLINE_REMEDY)
                for file in wanted
            }
        index = read_address(home, where="index of a lock") if home else self._index
        service = self._integrity(index)
        # The account of the environment is for what is configured, never for an index that a lock names.
        own = [index, service] if index.url == self._index.url else []
        return provenance_of(
            wanted,
            url=service.url,
            accounts=accounts_for(*own),
            configured=[*self._trusted, *(address.origin for address in own)],
            store=AnswerStore(self._source.cache / "http"),
            timeouts=self._source.timeouts,
        )

    def save(self, files: Collection[IndexFile], folder: Path) -> tuple[dict[str, SavedFile], dict[str, StageError]]:
        """Download files of the default index into a folder, each whole under its name or not there.

        Args:
            files: With distinct names.
            folder: Where they go.
        Returns:
            By name what came, and why the others did not.
        Raises:
            OutputError: The folder cannot be written.
        """
        saved: dict[str, SavedFile] = {}
        failed: dict[str, StageError] = {}
        by_name = {file.filename: file for file in files}

        async def work() -> None:
            client = HttpClient(
                SYSTEM,
                remedy=REMEDY,
                timeouts=self._source.timeouts or DOWNLOAD_TIMEOUTS,
                offline=self._source.offline,
                credentials=Credentials(accounts_for(self._index)),
                configured=[self._index.origin, *self._trusted],
            )
            async with client:

                async def fetch(name: str) -> SavedFile:
                    return await _save(client, by_name[name], folder / name)

                at_once = DOWNLOAD_TIMEOUTS.concurrency
                await gather_each(sorted(by_name), fetch, saved, failed, group=lambda _: "", at_once=at_once)

        run(work())
        return saved, failed

    def _integrity(self, index: IndexAddress) -> IndexAddress:
        if index.url == self._index.url and self._source.integrity_url:
            return read_address(self._source.integrity_url, where="--integrity-api")
        root = INTEGRITY_URL if index.url == INDEX_URL else urljoin(index.url, "/integrity/")
        return read_address(root, where="Integrity API")


async def _save(client: HttpClient, file: IndexFile, target: Path) -> SavedFile:
    limit = MOST_FILE_BYTES if file.size is None else min(file.size, MOST_FILE_BYTES)
    question = HttpRequest(
        file.url,
        limit,
        refused_types=REFUSED_TYPES,
        absent=frozenset(),
        packed=False,
        hashed=("sha256",),
        spooled=True,
    )
    answer = await client.get(question)
    if answer is None or answer.file is None:
        raise client.unusable(file.url, Failed("is not there"))
    with answer.file as spooled:
        if file.size is not None and answer.size != file.size:
            raise client.unusable(file.url, Failed(f"has {answer.size} bytes, the index says {file.size}"))
        write_atomic(target, _pieces(spooled), durable=False)
    return SavedFile(sha256=answer.digests["sha256"], size=answer.size)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(CHUNK_BYTES):
        yield piece
