"""Download a GitHub release into a folder: everything it has, within limits, whole or not at all.

Nothing in the release is trusted: names must be plain names, sizes have limits
before the first byte is asked for, and the bytes to the digest where GitHub gives one. That they are the
publisher's is for signatures to show.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from ops.supply_chain.adapters.files.folders import files_in, measure
from ops.supply_chain.adapters.github.address import api_from_environment, token_from_environment
from ops.supply_chain.adapters.github.api import TIMEOUTS, GithubApi
from ops.supply_chain.adapters.github.releases import Releases
from ops.supply_chain.adapters.github.transfer import PART_PREFIX, PART_SUFFIX, save
from ops.supply_chain.adapters.http.batch import gather, run
from ops.supply_chain.adapters.http.client import Timeouts
from ops.supply_chain.contracts.values.publication import (
    ASSET_NAME,
    REPOSITORY,
    TAG,
    UPLOADED,
    LocalFile,
    RemoteAsset,
    RemoteRelease,
)
from ops.supply_chain.core.errors import ErrorClass, InputError, OutputError, UnavailableError, UsageError

DOWNLOADS_AT_ONCE = 8


class DownloadLimits(NamedTuple):
    """The most that a release to download may have: files, bytes of one, bytes of all."""

    files: int = 1000
    file_bytes: int = 2 << 30
    total_bytes: int = 8 << 30


class Downloaded(NamedTuple):
    """A release and its files, sorted by name; `fetched` are the names that were not there whole before."""

    release: RemoteRelease
    files: tuple[LocalFile, ...]
    fetched: tuple[str, ...]


def download_release(
    repository: str,
    tag: str,
    folder: Path,
    *,
    limits: DownloadLimits | None = None,
    timeouts: Timeouts | None = None,
    offline: bool = False,
    replace: bool = False,
) -> Downloaded:
    """Download all files of a published release into a folder; continue where an earlier run broke off.

    The API is asked at `GITHUB_API_URL`, with the token of the environment where there is one.

    Args:
        repository: `OWNER/REPO`.
        tag: Of the release.
        folder: Made if missing; may hold files of this release, and nothing else that is not hidden.
        limits: The most that it may have.
        timeouts: Time limits and number of attempts, and how many exchanges at a time.
        offline: True makes it an error.
        replace: True if the folder is used by this download only: other files in it are removed instead of being an error.
    Raises:
        UsageError: Repository, tag, environment or folder is not usable.
        UnavailableError: There is no such release, it is larger than allowed, or it cannot be downloaded.
        InputError: A name could lead out of the folder, an upload never ended, or bytes are not as GitHub says.
        OutputError: The folder cannot be written.
    """
    if not REPOSITORY.fullmatch(repository) or not TAG.fullmatch(tag):
        raise UsageError(f"{repository!r} {tag!r}: expected OWNER/REPO and a tag", kind=ErrorClass.COMMAND_LINE)
    api, token = api_from_environment(), token_from_environment()
    chosen = timeouts or TIMEOUTS._replace(concurrency=DOWNLOADS_AT_ONCE)

    async def work() -> Downloaded:
        exchanges = GithubApi(api, token, timeouts=chosen, offline=offline)
        try:
            there = Releases(exchanges, repository)
            return await _download(there, repository, tag, folder, limits or DownloadLimits(), replace=replace)
        finally:
            await exchanges.close()

    return run(work())


def is_published(repository: str, tag: str, *, timeouts: Timeouts | None = None, offline: bool = False) -> bool:
    """Return whether a tag has a published release that can be seen, with the token of the environment where there is one.

    Raises:
        UsageError: The environment is not usable.
        UnavailableError: GitHub did not answer, or `offline` is set.
    """
    api, token = api_from_environment(), token_from_environment()

    async def work() -> bool:
        exchanges = GithubApi(api, token, timeouts=timeouts or TIMEOUTS, offline=offline)
        try:
            return await Releases(exchanges, repository).published(tag) is not None
        finally:
            await exchanges.close()

    return run(work())


def published_releases(
    repository: str, *, timeouts: Timeouts | None = None, offline: bool = False
) -> tuple[RemoteRelease, ...]:
    """Return the published releases that can be seen, with their assets, as GitHub lists them: the newest first.

    Raises:
        UsageError: The environment is not usable.
        UnavailableError: GitHub did not answer, or `offline` is set.
    """
    api, token = api_from_environment(), token_from_environment()

    async def work() -> tuple[RemoteRelease, ...]:
        exchanges = GithubApi(api, token, timeouts=timeouts or TIMEOUTS, offline=offline)
        try:
            return await Releases(exchanges, repository).all_published()
        finally:
            await exchanges.close()

    return run(work())


async def _download(
    there: Releases, repository: str, tag: str, folder: Path, limits: DownloadLimits, *, replace: bool
) -> Downloaded:
    release = await there.published(tag)
    if release is None:
        raise UnavailableError(
            f"GitHub {repository}: there is no published release {tag} that can be seen",
            hint="Check repository and tag; a private one needs a token in GH_TOKEN or GITHUB_TOKEN.",
        )
    _require_harmless(release, limits)
    _prepare(folder, release, replace=replace)
    missing = {asset.name: asset for asset in release.assets if not _is_whole(folder / asset.name, asset)}

    async def one(name: str) -> None:
        await save(there.api, repository, missing[name], folder / name)

    await gather(sorted(missing), one, {})
    _remove_parts(folder)
    return Downloaded(release, tuple(_measured(folder, asset) for asset in release.assets), tuple(sorted(missing)))


def _require_harmless(release: RemoteRelease, limits: DownloadLimits) -> None:
    assets = release.assets
    names = [asset.name.lower() for asset in assets]
    for asset in assets:
        where = f"release {release.tag}, asset {asset.name!r}"
        if not ASSET_NAME.fullmatch(asset.name) or ".." in asset.name:
            raise InputError(f"{where}: is no name that is safe to write", hint="Notify the publisher.")
        if names.count(asset.name.lower()) > 1:
            raise InputError(f"{where}: there is another one whose name differs in case only")
        if asset.state != UPLOADED or not asset.size:
            raise InputError(f"{where}: its upload never ended (state {asset.state})", hint="Notify the publisher.")
    _require_within(assets, limits, release.tag)


def _require_within(assets: Sequence[RemoteAsset], limits: DownloadLimits, tag: str) -> None:
    total, largest = sum(asset.size for asset in assets), max((asset.size for asset in assets), default=0)
    rows = (
        (len(assets), limits.files, "files"),
        (largest, limits.file_bytes, "bytes in one file"),
        (total, limits.total_bytes, "bytes in all"),
    )
    for found, most, what in rows:
        if found > most:
            raise UnavailableError(
                f"release {tag}: has {found} {what}, and at most {most} are downloaded",
                hint="If that is right, download it by hand and verify the folder.",
            )
    if not assets:
        raise InputError(f"release {tag}: has no files")


def _prepare(folder: Path, release: RemoteRelease, *, replace: bool) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be made: {error.strerror or error}") from error
    others = sorted(set(files_in(folder)) - {asset.name for asset in release.assets})
    if replace:
        _remove_others(folder, others)
    elif others:
        raise UsageError(
            f"{folder}: has {others[0]!r} in it, which is no file of release {release.tag}",
            hint="Give an empty or new folder.",
            kind=ErrorClass.COMMAND_LINE,
        )


def _remove_others(folder: Path, names: Sequence[str]) -> None:
    try:
        for name in names:
            (folder / name).unlink()
    except OSError as error:
        raise OutputError(f"{folder}: cannot be cleared: {error.strerror or error}") from error


def _is_whole(path: Path, asset: RemoteAsset) -> bool:
    # Without a digest, a file of an earlier run cannot be identified.
    if not asset.sha256 or path.is_symlink() or not path.is_file():
        return False
    found = measure(path)
    return (found.sha256, found.size) == (asset.sha256, asset.size)


def _measured(folder: Path, asset: RemoteAsset) -> LocalFile:
    found = measure(folder / asset.name)
    return LocalFile(name=asset.name, sha256=found.sha256, size=found.size)


def _remove_parts(folder: Path) -> None:
    for path in folder.glob(f"{PART_PREFIX}*{PART_SUFFIX}"):
        path.unlink(missing_ok=True)
