"""Makes OSV records and snapshots for tests."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any


def affected(
    name: str = "foo", *ranges: str, versions: tuple[str, ...] = (), ecosystem: str = "PyPI", **extra: Any
) -> dict[str, Any]:
    """Make one `affected` entry; a range is written `introduced 0, fixed 1.0`, or `GIT introduced 0`."""
    found: dict[str, Any] = {"package": {"ecosystem": ecosystem, "name": name}, **extra}
    if ranges:
        found["ranges"] = [_range(text) for text in ranges]
    if versions:
        found["versions"] = list(versions)
    return found


def _range(text: str) -> dict[str, Any]:
    git = text.startswith("GIT ")
    events = [dict([event.split(" ", 1)]) for event in text.removeprefix("GIT ").split(", ")]
    return {"type": "GIT" if git else "ECOSYSTEM", "events": events} | ({"repo": "https://x.example"} if git else {})


def record(name: str, *entries: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Make one record, modified and published on fixed days unless said otherwise."""
    return {
        "schema_version": "1.7.5",
        "id": name,
        "modified": "2026-11-19T00:00:00Z",
        "published": "2026-02-01T00:00:00Z",
        "affected": list(entries),
        **fields,
    }


def snapshot(*records: dict[str, Any] | bytes) -> bytes:
    """Make a zip with one `<id>.json` per record; bytes are taken as they are."""
    members = {}
    for place, item in enumerate(records):
        name = f"RAW-{place}.json" if isinstance(item, bytes) else f"{item['id']}.json"
        members[name] = item if isinstance(item, bytes) else json.dumps(item).encode()
    return archive(members)


def archive(members: dict[str, bytes]) -> bytes:
    """Make a zip of named members, the same bytes every time."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in members.items():
            made.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return packed.getvalue()
