"""GitHub releases, to be published, for code that is not asynchronous; `github_download` downloads one.

Everything that GitHub or the way to it can do wrong ends in an `UnavailableError`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from ops.supply_chain.adapters.github.address import api_from_environment, token_from_environment
from ops.supply_chain.adapters.github.api import TIMEOUTS, GithubApi
from ops.supply_chain.adapters.github.publishing import Publishing
from ops.supply_chain.adapters.http.client import Timeouts
from ops.supply_chain.contracts.values.publication import LocalFile, RemoteAsset, RemoteRelease
from ops.supply_chain.core.errors import ErrorClass, UsageError

T = TypeVar("T")

NO_TOKEN = "no token: publishing needs one that may write the repository's contents"  # noqa: S105 - a message


class Github:
    """One repository's releases, to be published; use it as a context manager.

    Args:
        repository: `OWNER/REPO`.
        timeouts: Time limits and number of attempts, and how many exchanges at a time.
    Raises:
        UsageError: The environment names no token or an address that is none.
    """

    def __init__(self, repository: str, *, timeouts: Timeouts | None = None) -> None:
        self._api, self._token = api_from_environment(), token_from_environment()
        if not self._token:
            raise UsageError(NO_TOKEN, hint="Put it into GH_TOKEN or GITHUB_TOKEN.", kind=ErrorClass.NO_TOKEN)
        self._repository = repository
        self._timeouts = timeouts or TIMEOUTS
        self._runner = asyncio.Runner()
        self._exchanges: GithubApi | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self._exchanges is not None:
                self._runner.run(self._exchanges.close())
        finally:
            self._runner.close()

    def published(self, tag: str) -> RemoteRelease | None:
        """Return the published release of a tag, or None."""
        return self._do(lambda there: there.published(tag))

    def drafts(self, tag: str) -> tuple[RemoteRelease, ...]:
        """Return all drafts for a tag, oldest first."""
        return self._do(lambda there: there.drafts(tag))

    def release(self, number: int) -> RemoteRelease | None:
        """Return a release by its number, or None."""
        return self._do(lambda there: there.release(number))

    def tag_commit(self, tag: str) -> str:
        """Return the hash of the commit that a tag points to, or an empty string if the tag does not exist."""
        return self._do(lambda there: there.tag_commit(tag))

    def has_commit(self, commit: str) -> bool:
        """Return whether a commit exists."""
        return self._do(lambda there: there.has_commit(commit))

    def create_draft(self, tag: str, **facts: object) -> RemoteRelease:
        """Make a draft, with further fields of GitHub's."""
        return self._do(lambda there: there.create_draft(tag, facts))

    def delete_assets(self, assets: Sequence[RemoteAsset]) -> None:
        """Remove assets of a draft."""
        self._do(lambda there: there.delete_assets(assets))

    def send_files(self, release: RemoteRelease, folder: Path, files: Sequence[LocalFile]) -> None:
        """Send files to a draft, several at a time, each until it lies there whole."""
        self._do(lambda there: there.send_files(release, folder, files))

    def digests(self, assets: Sequence[RemoteAsset]) -> dict[int, str]:
        """Read assets back and return the SHA-256 of each, by its number."""
        return self._do(lambda there: there.digests(assets))

    def publish(self, release: RemoteRelease, **facts: object) -> None:
        """Make a complete draft public in one step, with these fields of GitHub's."""
        self._do(lambda there: there.publish(release, facts))

    def _do(self, question: Callable[[Publishing], Coroutine[Any, Any, T]]) -> T:
        async def work() -> T:
            if self._exchanges is None:
                self._exchanges = GithubApi(self._api, self._token, timeouts=self._timeouts)
            return await question(Publishing(self._exchanges, self._repository))

        return self._runner.run(work())
