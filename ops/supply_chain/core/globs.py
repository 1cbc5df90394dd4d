"""Globs over the paths of a project, as its configuration writes them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

_GLOB = re.compile(r"\*\*/|\*\*|\*|\?")
_GLOB_MEANING = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def path_matcher(globs: Iterable[str]) -> Callable[[str], bool]:
    """Return a function that decides whether one of some globs matches a path.

    Args:
        globs: `*` and `?` stay within a folder, `**` crosses folders; without any, nothing matches.
    Returns:
        Takes a path relative to the project, with `/`.
    """
    patterns = [re.compile(_translate(glob)) for glob in globs]
    return lambda path: any(pattern.fullmatch(path) for pattern in patterns)


def _translate(glob: str) -> str:
    plain = glob.strip().removeprefix("./").rstrip("/")
    parts: list[str] = []
    position = 0
    for match in _GLOB.finditer(plain):
        parts += [re.escape(plain[position : match.start()]), _GLOB_MEANING[match[0]]]
        position = match.end()
    return "".join([*parts, re.escape(plain[position:])])
