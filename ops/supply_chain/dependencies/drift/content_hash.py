"""The hash of the manifest that a lock records, computed again and compared.

Source: https://github.com/python-poetry/poetry/blob/main/src/poetry/packages/locker.py (content-hash, Poetry 2.5.1),
https://github.com/sarugaku/plette (`_meta.hash`, as in pipenv 2026.10.3); tests compare both with the tools' output.
pdm's hash depends on settings outside the manifest, so only pdm checks it.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

_POETRY_LEGACY = ("dependencies", "source", "extras", "dev-dependencies")
_POETRY_PROJECT = ("requires-python", "dependencies", "optional-dependencies")
_POETRY_MADE = re.compile(r"\A#[^\n]*?\bPoetry (?P<major>\d+)\.(?P<minor>\d+)")
_GROUPS_SINCE = (2, 3)
_PIPFILE_KNOWN = ("source", "packages", "dev-packages", "requires", "scripts", "pipfile", "pipenv")


def poetry_agrees(lock_text: str, recorded: str, pyproject: dict[str, Any]) -> bool:
    """Return whether a `poetry.lock` was made from this `pyproject.toml`.

    Args:
        lock_text: The lock, whose first line names the version of Poetry.
        recorded: Its `content-hash`.
        pyproject: The parsed manifest.
    """
    made = _POETRY_MADE.search(lock_text)
    # Before Poetry 2.3 the dependency groups were not part of it.
    old = made is not None and (int(made["major"]), int(made["minor"])) < _GROUPS_SINCE
    return recorded in {_poetry(pyproject, groups=True), *([_poetry(pyproject, groups=False)] if old else [])}


def pipfile_agrees(recorded: str, pipfile: dict[str, Any]) -> bool:
    """Return whether a `Pipfile.lock` was made from this `Pipfile`.

    Args:
        recorded: The lock's `_meta.hash.sha256`.
        pipfile: The parsed manifest.
    """
    if "source" not in pipfile:
        return True  # pipenv then takes the sources of the machine
    content = {
        "_meta": {"sources": pipfile["source"], "requires": pipfile.get("requires", {})},
        "default": pipfile.get("packages", {}),
        "develop": pipfile.get("dev-packages", {}),
    }
    content |= {section: table for section, table in pipfile.items() if section not in _PIPFILE_KNOWN}
    return recorded == _sha256(content, separators=(",", ":"))


def _poetry(pyproject: dict[str, Any], *, groups: bool) -> str:
    project = _part(pyproject, "project")
    asked = {key: project[key] for key in _POETRY_PROJECT if project.get(key) is not None}
    grouped = _part(pyproject, "dependency-groups") if groups else {}
    settings = _part(_part(pyproject, "tool"), "poetry")
    own = {key: settings[key] for key in (*_POETRY_LEGACY, "group") if settings.get(key) is not None}
    if not asked and not grouped:
        return _sha256({**dict.fromkeys(_POETRY_LEGACY), **own})
    content = {"project": asked, "dependency-groups": grouped}
    return _sha256({**{key: value for key, value in content.items() if value}, "tool": {"poetry": own}})


def _part(table: dict[str, Any], key: str) -> dict[str, Any]:
    found = table.get(key)
    return found if isinstance(found, dict) else {}


def _sha256(content: dict[str, Any], separators: tuple[str, str] | None = None) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=separators, default=str).encode()).hexdigest()
