"""GitHub's answers as our types: what we need is checked, everything else is passed over.

Source: https://docs.github.com/en/rest/releases/releases, schemas `release` and `release-asset`
"""

from __future__ import annotations

import re
from typing import Any, TypeVar

from ops.supply_chain.adapters.http.failure import Failed
from ops.supply_chain.contracts.values.publication import RemoteAsset, RemoteRelease
from ops.supply_chain.core.text import printable

T = TypeVar("T")

_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")
_HASH = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def read_release(document: object, assets: tuple[RemoteAsset, ...] = ()) -> RemoteRelease:
    """Read a release.

    Args:
        document: Its JSON data.
        assets: Those of the list of assets. The release's own list is not read: it leaves out what broken
            uploads left.
    Raises:
        Failed: It is none.
    """
    table = _table(document, "release")
    return RemoteRelease(
        id=_get(table, "id", int, "release"),
        tag=_get(table, "tag_name", str, "release"),
        draft=_get(table, "draft", bool, "release"),
        body=table["body"] if isinstance(table.get("body"), str) else "",
        # The address ends in a template of RFC 6570: `{?name,label}`.
        upload_url=_get(table, "upload_url", str, "release").partition("{")[0],
        url=printable(table["html_url"]) if isinstance(table.get("html_url"), str) else "",
        immutable=table.get("immutable") is True,
        assets=tuple(sorted(assets, key=lambda asset: (asset.name, asset.id))),
    )


def read_asset(document: object) -> RemoteAsset:
    """Read an asset.

    Raises:
        Failed: It is none.
    """
    table = _table(document, "asset")
    digest = table.get("digest")
    found = _DIGEST.fullmatch(digest) if isinstance(digest, str) else None
    return RemoteAsset(
        id=_get(table, "id", int, "asset"),
        name=_get(table, "name", str, "asset"),
        size=_get(table, "size", int, "asset"),
        state=printable(_get(table, "state", str, "asset")),
        sha256=found[1] if found else "",
    )


def read_object(document: object) -> tuple[str, str]:
    """Read what a git reference or an annotated tag points at.

    Returns:
        Its kind (`commit`, `tag`) and hash.
    Raises:
        Failed: It points at nothing.
    """
    pointed = _table(_table(document, "reference").get("object"), "reference")
    found = _get(pointed, "sha", str, "reference")
    if not _HASH.fullmatch(found):
        raise Failed("answered with a reference to something that is not a hash")
    return _get(pointed, "type", str, "reference"), found


def read_list(document: object) -> list[Any]:
    """Read a list.

    Raises:
        Failed: It is none.
    """
    if not isinstance(document, list):
        raise Failed("answered with something that is not a list")
    return document


def _table(document: object, what: str) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise Failed(f"answered with something that is not a {what}")
    return document


def _get(table: dict[str, Any], key: str, kind: type[T], what: str) -> T:
    value = table.get(key)
    # JSON's true is a Python int as well.
    odd = kind is int and (isinstance(value, bool) or (isinstance(value, int) and value < 0))
    if not isinstance(value, kind) or odd:
        raise Failed(f"answered with a {what} whose {key} is not as documented")
    return value
