"""Which assets to upload, keep and replace, and what the next step of a publication is.

A publication goes absent -> draft -> complete -> published and never back. Each step is worked out from what
is at the host now, not from what an earlier run remembers, so that a run that was killed at any moment is
simply run again. The only step after which the world sees anything is the last one, and it is taken only
from `complete`: every file there, whole, with the digest that was verified, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

import msgspec

from ops.supply_chain.contracts.values.publication import UPLOADED, LocalFile, RemoteAsset, RemoteRelease


class PublicationState(StrEnum):
    """How far a publication is."""

    ABSENT = "absent"
    DRAFT = "draft"
    COMPLETE = "complete"
    PUBLISHED = "published"
    DIFFERS = "differs"  # published, and not what would be published: never touched


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What to do with each file and each asset; every list is sorted by name.

    `replace` are assets that have other content under a name that we publish, `remove` what broken uploads of
    other names left, `unread` whole assets of the right size whose digest the host does not report,
    `extra` whole assets that are not part of the release.
    """

    upload: tuple[LocalFile, ...] = ()
    keep: tuple[LocalFile, ...] = ()
    replace: tuple[RemoteAsset, ...] = ()
    remove: tuple[RemoteAsset, ...] = ()
    unread: tuple[RemoteAsset, ...] = ()
    extra: tuple[RemoteAsset, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether the assets are exactly the files."""
        return not (self.upload or self.replace or self.remove or self.unread or self.extra)


def make_plan(
    files: Iterable[LocalFile], assets: Iterable[RemoteAsset], digests: Mapping[int, str] | None = None
) -> Plan:
    """Compare the files to publish with the assets at the host.

    Args:
        files: What was verified, each name once.
        assets: Those of the release, in any order and state; no name twice, as the host guarantees.
        digests: SHA-256 by asset id of assets read back because the host does not report a digest.
    Returns:
        The plan. What is replaced is also in `upload`.
    """
    wanted = {file.name: file for file in files}
    known = digests or {}
    keep: list[LocalFile] = []
    lists: dict[str, list[RemoteAsset]] = {"replace": [], "remove": [], "unread": [], "extra": []}
    for asset in sorted(assets, key=lambda asset: (asset.name, asset.id)):
        file = wanted.get(asset.name)
        verdict = _judge(file, asset, asset.sha256 or known.get(asset.id, ""))
        if verdict == "keep" and file is not None:
            keep.append(file)
        else:
            lists[verdict].append(asset)
    there = {file.name for file in keep} | {asset.name for asset in lists["unread"]}
    upload = tuple(wanted[name] for name in sorted(wanted.keys() - there))
    return Plan(upload=upload, keep=tuple(keep), **{name: tuple(found) for name, found in lists.items()})


def _judge(file: LocalFile | None, asset: RemoteAsset, sha256: str) -> str:
    whole = asset.state == UPLOADED
    if file is None:
        return "extra" if whole else "remove"
    if not whole or asset.size != file.size:
        return "replace"
    if not sha256:
        return "unread"
    return "keep" if sha256 == file.sha256 else "replace"


def state_of(release: RemoteRelease | None, plan: Plan) -> PublicationState:
    """Say how far a publication is.

    Args:
        release: The published one if there is one, else the draft, else None.
        plan: For its assets.
    """
    if release is None:
        return PublicationState.ABSENT
    if not release.draft:
        return PublicationState.PUBLISHED if plan.complete else PublicationState.DIFFERS
    return PublicationState.COMPLETE if plan.complete else PublicationState.DRAFT


def choose_draft(drafts: Sequence[RemoteRelease], files: Sequence[LocalFile]) -> RemoteRelease | None:
    """Choose among drafts for one tag: the one with most of our bytes uploaded, else the oldest.

    A host whose answer got lost, or that lists late what it made, can leave more than one.
    """

    def worth(release: RemoteRelease) -> tuple[int, int]:
        return -sum(file.size for file in make_plan(files, release.assets).keep), release.id

    return min(drafts, key=worth, default=None)


def differences(plan: Plan) -> tuple[str, ...]:
    """Say in a sentence each how the assets are not the files, sorted by asset name."""
    replaced = {asset.name for asset in plan.replace}
    found = [(asset.name, _how(asset, plan)) for asset in plan.replace]
    found += [(file.name, "is missing there") for file in plan.upload if file.name not in replaced]
    found += [(asset.name, "is there and not in this release") for asset in plan.extra]
    found += [(asset.name, f"is left of an upload that broke off (state {asset.state})") for asset in plan.remove]
    found += [(asset.name, "could not be compared") for asset in plan.unread]
    return tuple(f"{name}: {what}" for name, what in sorted(found))


def _how(asset: RemoteAsset, plan: Plan) -> str:
    file = next(file for file in plan.upload if file.name == asset.name)
    if asset.state != UPLOADED:
        return f"is left of an upload that broke off (state {asset.state})"
    if asset.size != file.size:
        return f"expected {file.size} bytes, found {asset.size}"
    return f"expected sha256:{file.sha256}, found {'sha256:' + asset.sha256 if asset.sha256 else 'another digest'}"
