"""What is changed at GitHub: a draft made, assets sent and removed, the draft published.

Nothing that changes something is simply sent again. A lost answer may mean "done", so that each attempt after
the first begins by looking; that is what makes a publication safe to interrupt and to run again.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from ops.supply_chain.adapters.github.answers import read_asset, read_release
from ops.supply_chain.adapters.github.api import CREATED, NO_CONTENT, NOT_FOUND, UNPROCESSABLE, Reply
from ops.supply_chain.adapters.github.releases import Releases
from ops.supply_chain.adapters.github.transfer import digest_of, send
from ops.supply_chain.adapters.http.batch import gather
from ops.supply_chain.adapters.http.exchange import OK
from ops.supply_chain.adapters.http.failure import Failed
from ops.supply_chain.contracts.values.publication import UPLOADED, LocalFile, RemoteAsset, RemoteRelease
from ops.supply_chain.core.errors import OutputError

_log = logging.getLogger(__name__)


class Publishing(Releases):
    """The releases of one repository, to be changed."""

    async def create_draft(self, tag: str, facts: dict[str, object]) -> RemoteRelease:
        """Make a draft, or return one that a lost answer left.

        Args:
            tag: Of the release to be.
            facts: Further fields of GitHub's: name, body, target.
        Raises:
            UnavailableError: It cannot be made.
        """
        path, attempt = f"{self.path}/releases", 0
        sent = {**facts, "tag_name": tag, "draft": True}
        while True:
            try:
                reply = await self._change("POST", path, sent, CREATED)
                return read_release(reply.document)
            except Failed as failure:
                attempt += 1
                await self.api.wait_or_give_up(self.api.url_of(path), failure, attempt)
            if found := await self.drafts(tag):
                return found[-1]

    async def delete_assets(self, assets: Sequence[RemoteAsset]) -> None:
        """Remove assets of a draft; one that is gone already is fine.

        Raises:
            UnavailableError: One cannot be removed.
        """
        await gather([asset.id for asset in assets], self._delete_asset, {})

    async def send_files(self, release: RemoteRelease, folder: Path, files: Sequence[LocalFile]) -> None:
        """Send files to a draft, several at a time, each until it lies there whole.

        Args:
            release: The draft.
            folder: Where the files lie.
            files: Those whose names are free there.
        Raises:
            UnavailableError: One cannot be sent.
            InputError: GitHub gives a file another name.
            OutputError: A file was changed, or does not come back as it was sent.
        """
        by_name = {file.name: file for file in files}

        async def one(name: str) -> None:
            await self._send_file(release, folder, by_name[name])
            _log.info("sent %s", name)

        await gather(sorted(by_name), one, {})

    async def digests(self, assets: Sequence[RemoteAsset]) -> dict[int, str]:
        """Read assets back and return the SHA-256 of each, by its number.

        Raises:
            UnavailableError: One cannot be downloaded.
        """
        by_id, found = {asset.id: asset for asset in assets}, dict[int, str]()

        async def one(number: int) -> str:
            return await digest_of(self.api, self.path.removeprefix("/repos/"), by_id[number])

        await gather(sorted(by_id), one, found)
        return found

    async def publish(self, release: RemoteRelease, facts: dict[str, object]) -> None:
        """Make a draft public, in one step.

        Args:
            release: A draft that is complete.
            facts: Its fields of GitHub's from now on: name, body, target, kind.
        Raises:
            UnavailableError: It could not be confirmed to be public.
        """
        path, attempt = f"{self.path}/releases/{release.id}", 0
        while True:
            try:
                await self._change("PATCH", path, {**facts, "tag_name": release.tag, "draft": False}, OK)
            except Failed as failure:
                attempt += 1
                await self.api.wait_or_give_up(self.api.url_of(path), failure, attempt)
                now = await self.release(release.id)
                if now is None or now.draft:
                    continue
            return

    async def _send_file(self, release: RemoteRelease, folder: Path, file: LocalFile) -> None:
        attempt = 0
        while True:
            try:
                reply = await send(self.api, release, folder, file)
                if reply.status == CREATED:
                    return await self._require_as_sent(read_asset(reply.document), file)
                failure = Failed(f"refuses {file.name}: {reply.said}", transient="already_exists" in reply.said)
            except Failed as failed:
                failure = failed
            attempt += 1
            await self.api.wait_or_give_up(release.upload_url, failure, attempt)
            if await self._is_there(release, file):
                return None

    async def _is_there(self, release: RemoteRelease, file: LocalFile) -> bool:
        """Look what a failed attempt left: the whole file, or something that is in the way and is removed."""
        there = [asset for asset in await self.assets(release.id) if asset.name == file.name]
        for asset in there:
            if asset.state == UPLOADED and asset.size == file.size:
                digest = asset.sha256 or (await self.digests([asset]))[asset.id]
                if digest == file.sha256:
                    return True
        await self.delete_assets(there)
        return False

    async def _require_as_sent(self, asset: RemoteAsset, file: LocalFile) -> None:
        if asset.name != file.name:
            await self.delete_assets([asset])
            raise OutputError(
                f"{file.name}: GitHub calls it {asset.name!r}",
                hint="Checksums and signatures name files: release it under a name that GitHub keeps.",
            )
        if asset.sha256 and asset.sha256 != file.sha256:
            await self.delete_assets([asset])
            raise Failed(f"has other bytes of {file.name} than were sent (sha256:{asset.sha256})", transient=True)

    async def _delete_asset(self, number: int) -> None:
        path, attempt = f"{self.path}/releases/assets/{number}", 0
        while True:
            try:
                await self._change("DELETE", path, None, NO_CONTENT, NOT_FOUND)
            except Failed as failure:
                attempt += 1
                await self.api.wait_or_give_up(self.api.url_of(path), failure, attempt)
            else:
                return

    async def _change(self, method: str, path: str, sent: object, *accepted: int) -> Reply:
        wanted = frozenset({*accepted, UNPROCESSABLE})
        reply = await self.api.once(method, self.api.url_of(path), accepted=wanted, sent=sent)
        if reply.status == UNPROCESSABLE:
            raise Failed(f"refuses that: {reply.said}")
        return reply
