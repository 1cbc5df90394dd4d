"""The manifest of a retained release, and the entry that remains of a pruned one.

`data/artifacts/supply-chain/N/V/manifest.json` and `data/artifacts/supply-chain/N/pruned.json`.

Source: docs/stages/retain_artifacts.md
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from ops.supply_chain.contracts.base import Contract, Count, Sha256, Timestamp

Day = Annotated[str, msgspec.Meta(pattern=r"\A\d{4}-\d{2}-\d{2}\Z")]
"""A calendar day in UTC."""

Sequence = Annotated[int, msgspec.Meta(ge=1)]
"""Place of a release in its component's chain; the first is 1."""


class ManifestFile(Contract, frozen=True, kw_only=True):
    """One retained file."""

    name: str
    sha256: Sha256
    size: Count
    media_type: str


class PreviousRelease(Contract, frozen=True, kw_only=True):
    """The release that was newest when this one was retained, by its manifest's digest."""

    version: str
    manifest_sha256: Sha256


class Manifest(Contract, frozen=True, kw_only=True):
    """One retained release.

    `created` is the timestamp in the released files, `retained_at` when they were retained,
    `retained_until` the last day on which they must not be removed. `files` are sorted by name and are
    all files of the folder but the manifest. `sequence` is one more than that of `previous`.
    """

    schema: Literal["manifest/1"]
    component: str
    version: str
    created: Timestamp
    retained_at: Timestamp
    retained_until: Day
    sequence: Sequence
    previous: PreviousRelease | None
    provenance_sha256: Sha256
    files: tuple[ManifestFile, ...]


class PrunedRelease(Contract, frozen=True, kw_only=True):
    """What remains of a release that was removed when its time was over."""

    version: str
    sequence: Sequence
    manifest_sha256: Sha256
    retained_until: Day
    pruned_at: Timestamp


class PrunedReleases(Contract, frozen=True, kw_only=True):
    """All pruned releases of one component, sorted by sequence: why the chain begins where it does."""

    schema: Literal["pruned/1"]
    releases: tuple[PrunedRelease, ...]


class HeldRelease(msgspec.Struct, frozen=True, kw_only=True):
    """What was found in one release's folder; never written.

    `manifest` and `manifest_sha256` are None and empty where it cannot be read. `problems` is one
    sentence for each thing that is not as the manifest says; empty means intact.
    """

    component: str
    version: str
    manifest: Manifest | None
    manifest_sha256: str
    problems: tuple[str, ...]
