"""Comparison of a lock with its manifest: the recorded hash of the manifest, then each dependency."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from ops.supply_chain.contracts.values.lock import Lock, LockKind
from ops.supply_chain.dependencies.drift.consistency import Mismatch, mismatches
from ops.supply_chain.dependencies.drift.content_hash import pipfile_agrees, poetry_agrees
from ops.supply_chain.dependencies.drift.declared import DeclaredManifest, manifest_of, parse_manifest
from ops.supply_chain.formats.pyproject import MAIN

_POETRY_HASH = re.compile(r'^content-hash = "(?P<hash>[^"\n]*)"', re.MULTILINE)
_PYLOCK_NAME = re.compile(r"pylock\.(?P<name>[^.]+)\.toml")


def compare_with_manifest(lock: Lock, lock_text: str, manifest_text: str) -> tuple[Mismatch, ...] | None:
    """Return the differences between a lock and its manifest.

    Args:
        lock: Of any kind but requirements; its `source` is the manifest.
        lock_text: Its bytes as text.
        manifest_text: The manifest's.
    Returns:
        First that of the recorded hash, then in the order of the manifest; None if the manifest leaves its
        dependencies to a build backend or is a script, so that they are unknown without running code.
    Raises:
        InputError: The manifest is malformed.
    """
    if not lock.source.endswith(("pyproject.toml", "Pipfile")):
        return None
    document = parse_manifest(manifest_text, where=lock.source)
    manifest = manifest_of(document, where=lock.source)
    if manifest.dynamic:
        return None
    recorded = list(_recorded(lock, lock_text, document))
    return (*recorded, *mismatches(lock, _of_its_group(lock, manifest), where=lock.source))


def _recorded(lock: Lock, text: str, manifest: dict[str, Any]) -> Iterator[Mismatch]:
    if lock.kind is LockKind.POETRY:
        found = list(_POETRY_HASH.finditer(text))
        line = text.count("\n", 0, found[-1].start()) + 1 if found else 0
        if not found or not poetry_agrees(text, found[-1]["hash"], manifest):
            yield Mismatch(message=f"its content-hash does not match {lock.source}", line=line)
    if lock.kind is LockKind.PIPFILE and not pipfile_agrees(_pipfile_hash(text), manifest):
        yield Mismatch(message=f"its _meta.hash does not match {lock.source}", line=1)


def _pipfile_hash(text: str) -> str:
    found = json.loads(text).get("_meta", {}).get("hash", {})
    return str(found.get("sha256", "")) if isinstance(found, dict) else ""


def _of_its_group(lock: Lock, manifest: DeclaredManifest) -> DeclaredManifest:
    """Select the group or extra that a `pylock.<name>.toml` is named after, if there is one."""
    if lock.kind is not LockKind.PYLOCK:
        return manifest
    match = _PYLOCK_NAME.fullmatch(posixpath.basename(lock.path))
    return msgspec.structs.replace(manifest, declared=manifest.of_group(match["name"] if match else MAIN))
