"""What GitHub has of a repository's releases: asked, and nothing changed."""

from __future__ import annotations

from urllib.parse import quote

import msgspec

from ops.supply_chain.adapters.github.answers import read_asset, read_list, read_object, read_release
from ops.supply_chain.adapters.github.api import NOT_FOUND, UNPROCESSABLE, GithubApi, Reply
from ops.supply_chain.adapters.http.failure import Failed
from ops.supply_chain.contracts.values.publication import RemoteAsset, RemoteRelease

PAGE = 100
"""The most that a page of a list can have."""

MOST_PAGES = 100
"""GitHub lists 10,000 releases at most."""

MOST_TAGS_DEEP = 5
ABSENT = frozenset({NOT_FOUND})


class Releases:
    """The releases of one repository.

    Args:
        api: Asked through it.
        repository: `OWNER/REPO`.
    """

    def __init__(self, api: GithubApi, repository: str) -> None:
        self.api = api
        self.path = f"/repos/{repository}"

    async def published(self, tag: str) -> RemoteRelease | None:
        """Return the published release of a tag, or None."""
        path = f"{self.path}/releases/tags/{quote(tag, safe='')}"
        return await self._whole(path, await self.api.ask(path, accepted=ABSENT))

    async def release(self, number: int) -> RemoteRelease | None:
        """Return a release by its number, draft or not, or None."""
        path = f"{self.path}/releases/{number}"
        return await self._whole(path, await self.api.ask(path, accepted=ABSENT))

    async def drafts(self, tag: str) -> tuple[RemoteRelease, ...]:
        """Return all drafts for a tag, oldest first."""
        path = f"{self.path}/releases"
        found = [self._read(path, document) for document in await self._all(path)]
        mine = sorted(
            (release for release in found if release.draft and release.tag == tag), key=lambda release: release.id
        )
        return tuple([await self._with_assets(release) for release in mine])

    async def all_published(self) -> tuple[RemoteRelease, ...]:
        """Return all published releases with their assets, the newest first."""
        path = f"{self.path}/releases"
        found = [self._read(path, document) for document in await self._all(path)]
        return tuple([await self._with_assets(release) for release in found if not release.draft])

    async def assets(self, number: int) -> tuple[RemoteAsset, ...]:
        """Return all assets of a release, what broken uploads left included, sorted by name."""
        path = f"{self.path}/releases/{number}/assets"
        try:
            found = [read_asset(document) for document in await self._all(path)]
        except Failed as failure:
            raise self.api.unusable(self.api.url_of(path), failure) from None
        return tuple(sorted(found, key=lambda asset: (asset.name, asset.id)))

    async def tag_commit(self, tag: str) -> str:
        """Return the hash of the commit that a tag points to, or an empty string if the tag does not exist."""
        path = f"{self.path}/git/ref/tags/{quote(tag, safe='')}"
        reply = await self.api.ask(path, accepted=ABSENT)
        if reply.status == NOT_FOUND:
            return ""
        try:
            kind, found = read_object(reply.document)
            for _ in range(MOST_TAGS_DEEP):
                if kind == "tag":  # an annotated one, which is an object of its own
                    kind, found = read_object((await self.api.ask(f"{self.path}/git/tags/{found}")).document)
            failure = None if kind == "commit" else Failed("has a tag that leads to no commit")
        except Failed as failed:
            failure = failed
        if failure is not None:
            raise self.api.unusable(self.api.url_of(path), failure)
        return found

    async def has_commit(self, commit: str) -> bool:
        """Return whether a commit exists."""
        accepted = frozenset({NOT_FOUND, UNPROCESSABLE})
        reply = await self.api.ask(f"{self.path}/git/commits/{quote(commit, safe='')}", accepted=accepted)
        return reply.status not in accepted

    async def _whole(self, path: str, reply: Reply) -> RemoteRelease | None:
        if reply.status == NOT_FOUND:
            return None
        return await self._with_assets(self._read(path, reply.document))

    async def _with_assets(self, release: RemoteRelease) -> RemoteRelease:
        return msgspec.structs.replace(release, assets=await self.assets(release.id))

    def _read(self, path: str, document: object) -> RemoteRelease:
        try:
            return read_release(document)
        except Failed as failure:
            raise self.api.unusable(self.api.url_of(path), failure) from None

    async def _all(self, path: str) -> list[object]:
        found: list[object] = []
        for page in range(1, MOST_PAGES + 1):
            reply = await self.api.ask(f"{path}?per_page={PAGE}&page={page}")
            try:
                rows = read_list(reply.document)
            except Failed as failure:
                raise self.api.unusable(self.api.url_of(path), failure) from None
            found += rows
            if len(rows) < PAGE:
                return found
        raise self.api.unusable(self.api.url_of(path), Failed(f"lists more than {MOST_PAGES * PAGE} of them"))
