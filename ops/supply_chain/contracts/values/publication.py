"""A release in a folder, and the same release at a code host; these values are never written to disk.

Source: https://docs.github.com/en/rest/releases/releases and https://docs.github.com/en/rest/releases/assets
"""

from __future__ import annotations

import re

import msgspec

ASSET_NAME = re.compile(r"(?=.{1,200}\Z)[A-Za-z0-9](?:[A-Za-z0-9._+-]*[A-Za-z0-9])?")
"""What an asset may be called: what GitHub keeps as it is, and what is one plain file in any folder.

"GitHub renames asset filenames that have special characters, non-alphanumeric characters, and leading or
trailing periods."
"""

REPOSITORY = re.compile(r"(?P<owner>[A-Za-z0-9][A-Za-z0-9-]{0,99})/(?P<name>(?!\.{1,2}\Z)[A-Za-z0-9._-]{1,100})")
"""`OWNER/REPO`."""

TAG = re.compile(r"(?!.*(?:\.\.|//|/\.|\.lock\Z|\.lock/))[A-Za-z0-9](?:[A-Za-z0-9._+/=-]{0,198}[A-Za-z0-9_+-])?")
"""A tag's name; a subset of what `git check-ref-format` allows, without anything that needs quoting."""

UPLOADED = "uploaded"
"""State of an asset that is whole. An upload that broke off leaves one in the state `starter` or `open`."""


class LocalFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file to publish: its name in the release's folder, digest, size in bytes, media type."""

    name: str
    sha256: str
    size: int
    media_type: str = "application/octet-stream"


class RemoteAsset(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a release at the host; `sha256` is empty if the host does not report it."""

    id: int
    name: str
    size: int
    state: str
    sha256: str = ""


class RemoteRelease(msgspec.Struct, frozen=True, kw_only=True):
    """A release at the host; a draft is seen by those who may write only.

    `assets` are sorted by name, those of broken uploads included. `upload_url` has no template part.
    """

    id: int
    tag: str
    draft: bool
    body: str
    upload_url: str
    url: str
    immutable: bool
    assets: tuple[RemoteAsset, ...]
