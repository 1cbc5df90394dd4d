"""The package index: its project pages, the core metadata of its files, who publishes a project.

A pin is requested from the index that its lock names and no other, so that no public project can replace a
private one. "Does not exist" is a result; "did not answer" is an `UnavailableError` with the number and names of
those that could not be fetched.

Source: https://packaging.python.org/en/latest/specifications/simple-repository-api/ (1.4), PEP 658, PEP 714.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from ops.supply_chain.adapters.http.client import HttpClient, Timeouts
from ops.supply_chain.adapters.index.address import accounts_for, read_address
from ops.supply_chain.adapters.index.downloads import (
    NOTHING_RECEIVED,
    TIMEOUTS,
    ByteReceiver,
    Downloads,
    Wanted,
    download,
)
from ops.supply_chain.adapters.index.pin_metadata import PinMetadata
from ops.supply_chain.adapters.index.project_pages import Pages, read_pages
from ops.supply_chain.adapters.index.session import SYSTEM, IndexSession, Limits
from ops.supply_chain.contracts.values.core_metadata import CoreMetadata
from ops.supply_chain.contracts.values.lock import Pin
from ops.supply_chain.contracts.values.package_index import (
    IndexFile,
    MetadataAnswer,
    PageAddress,
    ProjectInfo,
    ProjectListing,
)
from ops.supply_chain.core.addresses import INDEX_JSON_URL, INDEX_URL
from ops.supply_chain.core.errors import UnavailableError

T = TypeVar("T")


class PackageIndex:
    """Asks a package index, and those that locks name, with a cache.

    Args:
        cache: The cache folder; `http/` and `metadata/` below it are used.
        url: Address of the default index's simple API; empty means the public one.
        json_url: Root of its project JSON; empty means the public one where `url` is the public one.
        trusted: Further configured addresses: they may be private, and netrc's account is sent to them.
        offline: True uses the cache only.
        timeouts: Time limits and number of attempts.
        limits: Most bytes of an answer.
    Raises:
        UsageError: An address is malformed.
    """

    def __init__(
        self,
        cache: Path,
        *,
        url: str = "",
        json_url: str = "",
        trusted: Collection[str] = (),
        offline: bool = False,
        timeouts: Timeouts | None = None,
        limits: Limits | None = None,
    ) -> None:
        simple = read_address(url or INDEX_URL, where="[index].url")
        project = read_address(json_url or INDEX_JSON_URL, where="[index].json_url")
        self._url = simple.url
        # The names of a private index must not be sent to the public one because no other address is configured.
        self._json_url = project.url if json_url or simple.url == INDEX_URL else ""
        self._accounts = accounts_for(*([simple] if url else []), *([project] if json_url else []))
        others = [read_address(address, where="[index].trusted").origin for address in trusted]
        self._timeouts = timeouts
        self._session = IndexSession(
            cache,
            accounts=self._accounts,
            configured=frozenset({simple.origin, project.origin, *others}),
            offline=offline,
            timeouts=timeouts or Timeouts(),
            limits=limits or Limits(),
        )
        self._pins = PinMetadata(self._session, self._url, cache / "metadata")

    def project_files(self, names: Iterable[str]) -> dict[str, ProjectListing | None]:
        """Return the files that the default index offers now.

        Args:
            names: Projects, in any spelling.
        Returns:
            PEP 503 name -> listing, or None where the index has no such project; sorted by name.
        Raises:
            UnavailableError: At least one could not be fetched.
        """

        async def ask(client: HttpClient, name: str) -> ProjectListing | None:
            return await self._session.listing(client, self._url, name)

        return self._session.ask_all("project pages", names, ask)

    def pages(
        self, asked: Collection[PageAddress], reader: Callable[[PageAddress, ProjectListing | None], T]
    ) -> Pages[T]:
        """Fetch project pages, each from its own index; failures are part of the result.

        Args:
            asked: Any order.
            reader: Makes of a page what is kept of it; the listing is None where the index has no such project.
        Returns:
            What was read, and why the rest was not.
        Raises:
            UsageError: The netrc file is broken.
            OutputError: The cache cannot be written.
        """
        return read_pages(self._session, self._url, asked, reader)

    def download(
        self,
        wanted: Collection[Wanted],
        receiver: ByteReceiver = NOTHING_RECEIVED,
    ) -> Downloads:
        """Download files and hash them; see `adapters.index.downloads`."""
        timeouts = self._timeouts or TIMEOUTS
        return download(
            wanted,
            accounts=self._accounts,
            configured=self._session.configured,
            offline=self._session.offline,
            timeouts=timeouts,
            largest=self._session.limits.download_bytes,
            receiver=receiver,
        )

    def correct_metadata(self, home: str, file: IndexFile, metadata: CoreMetadata) -> CoreMetadata | None:
        """Replace the cached metadata of a file where it differs from what the file's bytes say.

        Args:
            home: The index of the file, as in `PageAddress`.
            file: The bytes had one of its hashes.
            metadata: From the bytes.
        Returns:
            The wrong metadata that was in the cache; None where there was none.
        Raises:
            OutputError: The cache cannot be written.
        """
        return self._pins.correct(home, file, metadata)

    def project_json(self, names: Iterable[str]) -> dict[str, ProjectInfo | None]:
        """Return who publishes each project, from the default index's project JSON.

        Args:
            names: Projects, in any spelling.
        Returns:
            PEP 503 name -> publisher, or None where the index has no such project; sorted by name.
        Raises:
            UnavailableError: At least one could not be fetched, or no JSON address is known.
        """

        async def ask(client: HttpClient, name: str) -> ProjectInfo | None:
            return await self._session.publisher(client, self._json_url, name)

        if not self._json_url:
            raise UnavailableError(
                f"{SYSTEM} {self._url}: no address of its project JSON is known",
                hint="Set json_url beside url in [index] of .security-config.toml.",
            )
        return self._session.ask_all("publishers", names, ask)

    def core_metadata(self, pins: Sequence[Pin]) -> MetadataAnswer:
        """Return the core metadata of pins; metadata that was fetched once comes from the cache for ever.

        Args:
            pins: In any order, repeated or not; those that come from no index are answered as missing.
        Returns:
            Metadata for each pin, or one sentence why there is none.
        Raises:
            UnavailableError: At least one could not be fetched and is not in the cache.
            UsageError: A lock names an index by something that is no address.
            OutputError: The cache cannot be written.
        """
        return self._pins.of(pins)
