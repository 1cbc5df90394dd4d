"""Globs over the paths of a project, as its configuration writes them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

_STARS = re.compile(r"\*\*/|\*\*|\*")
_ANY = ("*", "**")
_MEANING = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*"}


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
    stars = list(_STARS.finditer(plain))
    ends = [*(star.start() for star in stars[1:]), len(plain)]
    parts = [_literal(plain[: stars[0].start()] if stars else plain)]
    for position, (star, end) in enumerate(zip(stars, ends, strict=False)):
        between = _literal(plain[star.end() : end])
        following = stars[position + 1][0] if position + 1 < len(stars) else ""
        # Where another star follows, the first place of the text between them is as good as any later one, and trying
        # these would take a time that is exponential in the number of stars.
        first = star[0] == "*" and following in _ANY and bool(between)
        parts.append(f"(?>[^/]*?{between})" if first else _MEANING[star[0]] + between)
    return "".join(parts)


def _literal(text: str) -> str:
    return "[^/]".join(map(re.escape, text.split("?")))
