"""Folders outside the project: what is in them is not the project's, and no lock fixes it.

A reader takes every folder for a package of the project; only here is the place of the lock known.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import unquote

import msgspec

from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.contracts.values.lock import LockEntry, Pin, PinSourceKind
from ops.supply_chain.dependencies.locks.pins import CACHED_PINS
from ops.supply_chain.dependencies.locks.rules import problems_of

_SCHEME = re.compile(r"file:(?://(?:localhost(?=/))?)?", re.IGNORECASE)
_ABSOLUTE = re.compile(r"[/~]|[A-Za-z]:")
_OWN_ROOT = "${PROJECT_ROOT}"
"""What pdm writes for the folder of its lock."""


def is_outside(folder: str, url: str) -> bool:
    """Return whether a folder in a lock is outside the project, or can be.

    Args:
        folder: The folder of the lock, relative to the project.
        url: As written in the lock: a path, or a `file:` address.
    """
    path = unquote(_SCHEME.sub("", url)).replace("\\", "/")
    path = (
        path.lstrip("/").removeprefix(_OWN_ROOT).lstrip("/") or "." if path.lstrip("/").startswith(_OWN_ROOT) else path
    )
    if _ABSOLUTE.match(path) or "${" in path:
        return True
    return posixpath.normpath(posixpath.join(folder, path)).split("/", 1)[0] == ".."


def without_outside(entries: Iterable[LockEntry]) -> tuple[list[LockEntry], list[Finding]]:
    """Take the mark of the project's own packages from those that are in a folder outside it.

    Args:
        entries: As read.
    Returns:
        The entries, and the findings of those that changed.
    """
    kept: list[LockEntry] = []
    findings: list[Finding] = []
    for entry in entries:
        pin = entry.pin
        is_folder = pin.local and pin.source.kind is PinSourceKind.PATH
        if is_folder and is_outside(posixpath.dirname(entry.path), pin.source.url):
            pin = _foreign(pin)
            findings += [problem.at(pin, entry.path, entry.line) for problem in problems_of(pin)]
        kept.append(entry if pin is entry.pin else msgspec.structs.replace(entry, pin=pin))
    return kept, findings


@lru_cache(maxsize=CACHED_PINS)
def _foreign(pin: Pin) -> Pin:
    return msgspec.structs.replace(pin, local=False)
