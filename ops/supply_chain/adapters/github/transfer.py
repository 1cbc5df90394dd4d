"""An asset's bytes on their way out and in: bounded, hashed as they go, resumed where they broke off."""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from ops.supply_chain.adapters.github.address import require_own_upload_host
from ops.supply_chain.adapters.github.api import CREATED, UNPROCESSABLE, GithubApi, Reply
from ops.supply_chain.adapters.http.exchange import OK, PARTIAL
from ops.supply_chain.adapters.http.failure import Failed
from ops.supply_chain.contracts.values.publication import LocalFile, RemoteAsset, RemoteRelease
from ops.supply_chain.core.digests import sha256_file
from ops.supply_chain.core.errors import InputError, OutputError
from ops.supply_chain.core.files import FILE_MODE

CHUNK_BYTES = 1 << 18
PART_PREFIX, PART_SUFFIX = ".sealwright-", ".part"
"""Name of what is not whole yet: hidden, with the asset's number and size between."""


async def send(api: GithubApi, release: RemoteRelease, folder: Path, file: LocalFile) -> Reply:
    """Send one file to a release, once.

    Returns:
        The reply, whose status is 201, or 422 where GitHub refuses it.
    Raises:
        Failed: No answer, or none that can be used; the file may or may not be there now.
        InputError: The file cannot be read.
        OutputError: The file is no longer what was verified.
    """
    require_own_upload_host(api.api, release.upload_url)
    fields = {"Content-Type": file.media_type, "Content-Length": str(file.size)}
    url = f"{release.upload_url}?name={quote(file.name, safe='')}"
    accepted = frozenset({CREATED, UNPROCESSABLE})
    return await api.once("POST", url, accepted=accepted, content=_pieces(folder / file.name, file), fields=fields)


async def _pieces(path: Path, file: LocalFile) -> AsyncIterator[bytes]:
    digest, left = hashlib.sha256(), file.size
    try:
        with path.open("rb") as handle:
            while left and (piece := handle.read(min(CHUNK_BYTES, left))):
                digest.update(piece)
                left -= len(piece)
                # The last piece goes out only when all of them are known to be the verified ones.
                if not left and (handle.read(1) or digest.hexdigest() != file.sha256):
                    raise _changed(path)
                yield piece
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    if left:
        raise _changed(path)


def _changed(path: Path) -> OutputError:
    return OutputError(f"{path}: was changed after it was verified", hint="Make the release again, and publish that.")


async def digest_of(api: GithubApi, repository: str, asset: RemoteAsset) -> str:
    """Read an asset back and return its SHA-256, asking again where that may help.

    Raises:
        UnavailableError: It cannot be downloaded, or has another size than GitHub says.
    """
    url, attempt = asset_url(api, repository, asset), 0
    while True:
        digest = hashlib.sha256()
        try:
            async with aclosing(receive(api, url, asset.size)) as pieces:
                async for piece in pieces:
                    digest.update(piece)
            return digest.hexdigest()
        except Failed as failure:
            attempt += 1
            await api.wait_or_give_up(url, failure, attempt)


async def save(api: GithubApi, repository: str, asset: RemoteAsset, target: Path) -> None:
    """Download an asset to a file that is whole under its name or not there; continue what broke off.

    Args:
        api: Asked through it.
        repository: `OWNER/REPO`.
        asset: Its name is safe, its size allowed.
        target: Where it goes.
    Raises:
        UnavailableError: It cannot be downloaded.
        InputError: Its bytes are not those that GitHub names by digest.
        OutputError: The folder cannot be written.
    """
    url, part = (
        asset_url(api, repository, asset),
        target.with_name(f"{PART_PREFIX}{asset.id}-{asset.size}{PART_SUFFIX}"),
    )
    try:
        # Without a digest, a file of an earlier run cannot be identified; a link leads elsewhere.
        if not asset.sha256 or part.is_symlink():
            part.unlink(missing_ok=True)
        continued = part.exists()
        await _fill(api, url, asset, part)
        if continued and sha256_file(part) != asset.sha256:
            part.unlink()  # what the earlier run left was damaged: once more from the start
            await _fill(api, url, asset, part)
        _finish(part, asset, target)
    except OSError as error:
        raise OutputError(f"{target}: cannot be written: {error.strerror or error}") from error


async def receive(api: GithubApi, url: str, size: int, *, offset: int = 0) -> AsyncGenerator[bytes, None]:
    """Ask for an asset's bytes from an offset to its end.

    Where the server does not know ranges and sends everything, what is before the offset is passed over.

    Raises:
        Failed: It broke off, or is not as long as it should be.
    """
    fields = {"Accept": "application/octet-stream", **({"Range": f"bytes={offset}-"} if offset else {})}
    async with api.stream("GET", url, fields=fields) as response:
        partial = response.status_code == PARTIAL and bool(offset)
        if response.status_code != OK and not partial:
            await api.refuse(response)
        if response.headers.get("content-encoding", "identity") not in ("identity", ""):
            raise Failed("compressed a file, so it is unclear which bytes are meant")
        at = offset if partial else 0
        if partial and not response.headers.get("content-range", "").startswith(f"bytes {offset}-"):
            raise Failed(f"sent another range than was asked for, from {offset}")
        async for piece in response.aiter_raw():
            if at + len(piece) > size:
                raise Failed(f"sent more than the {size} bytes that it announced")
            if at + len(piece) > offset:
                yield piece[max(0, offset - at) :]
            at += len(piece)
    if at != size:
        raise Failed(f"broke off after {at} of {size} bytes", transient=True)


def asset_url(api: GithubApi, repository: str, asset: RemoteAsset) -> str:
    """Return where an asset's bytes are asked for: made by us, whatever the API's answer says."""
    return api.url_of(f"/repos/{repository}/releases/assets/{asset.id}")


async def _fill(api: GithubApi, url: str, asset: RemoteAsset, part: Path) -> None:
    attempt = 0
    with part.open("ab") as handle:
        while handle.tell() < asset.size:
            start = handle.tell()
            try:
                await _append(api, url, asset, handle)
            except Failed as failure:
                attempt = 1 if handle.tell() >= start + CHUNK_BYTES else attempt + 1
                await api.wait_or_give_up(url, failure, attempt)
        handle.flush()
        os.fsync(handle.fileno())


async def _append(api: GithubApi, url: str, asset: RemoteAsset, handle: BinaryIO) -> None:
    async with aclosing(receive(api, url, asset.size, offset=handle.tell())) as pieces:
        async for piece in pieces:
            handle.write(piece)


def _finish(part: Path, asset: RemoteAsset, target: Path) -> None:
    found = sha256_file(part)
    if asset.sha256 and found != asset.sha256:
        part.unlink()
        raise InputError(
            f"{asset.name}: expected sha256:{asset.sha256}, which is what GitHub says, found sha256:{found}",
            hint="Something on the way changes files: download over another network, and notify the publisher.",
        )
    part.chmod(FILE_MODE)
    part.replace(target)
