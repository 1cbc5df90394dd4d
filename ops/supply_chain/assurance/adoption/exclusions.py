"""Folders of a project whose locks and declarations are no part of it: examples, documentation, fixtures of tests."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from ops.supply_chain.contracts.config.locks import ExcludedPath

_REASONS = (
    (re.compile(r"(?:examples?|samples?|demos?|tutorials?)"), "examples, which are not shipped"),
    (re.compile(r"(?:docs?|documentation)"), "documentation, which is not shipped"),
    (re.compile(r"(?:[^/]+/)*?(?:fixtures?|test[-_]?data)"), "fixtures of tests"),
    (re.compile(r"(?:[^/]+/)*?tests?/(?:[^/]+/)*?(?:data|resources|assets|projects)"), "data of tests"),
)
_ORDINARY = re.compile(r"[A-Za-z0-9._/-]+")
"""Characters of a folder that mean themselves in a glob."""


def folders_to_exclude(paths: Iterable[str], *, members: Collection[str] = ()) -> tuple[ExcludedPath, ...]:
    """Return the folders that could be left out, as globs with a reason, sorted.

    Args:
        paths: The project's files, relative to it, with `/`.
        members: Globs of the members of a workspace, which its lock covers: their folders stay.
    """
    kept = {member.lstrip("./").partition("/")[0] for member in members}
    found: dict[str, str] = {}
    for folder in {path.rpartition("/")[0] for path in paths}:
        parts = folder.split("/")
        if parts[0] in kept or not _ORDINARY.fullmatch(folder):
            continue
        for depth in range(1, len(parts) + 1):
            part = "/".join(parts[:depth])
            reason = next((reason for pattern, reason in _REASONS if pattern.fullmatch(part)), "")
            if reason:
                found[f"{part}/**"] = reason
                break
    return tuple(ExcludedPath(path=glob, reason=found[glob]) for glob in sorted(found))
