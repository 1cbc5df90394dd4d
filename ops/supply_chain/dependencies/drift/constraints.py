"""Whether a version meets a constraint, in the words of Poetry, pipenv or PEP 440.

Source: https://python-poetry.org/docs/dependency-specification/ (caret, tilde, wildcard, exact, `||`), PEP 440.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet

_SHORTHAND = re.compile(r"(?P<sign>\^|~(?!=))\s*v?(?P<version>\d[^\s,|]*)")
_BARE = re.compile(r"v?\d[\w.+!-]*(?:\.\*)?")
_JOIN = re.compile(r"\s*,\s*|\s+(?=[<>=!~^])")


def admits(constraint: str, version: str) -> bool:
    """Tell whether a locked version is one that a constraint allows.

    Args:
        constraint: PEP 440 specifiers, or Poetry's; empty and `*` allow all.
        version: As locked. Pre-releases count: somebody chose to lock one.
    Raises:
        ValueError: The constraint or the version is not understood.
    """
    from packaging.version import Version

    parsed = Version(version)
    return any(_all_of(part.strip()).contains(parsed, prereleases=True) for part in constraint.split("||"))


def _all_of(text: str) -> SpecifierSet:
    from packaging.specifiers import SpecifierSet

    # "= 1.2" and ">= 1.2" may have a space, which would else look like the end of one constraint.
    tight = re.sub(r"([<>=!~^]+)\s+", r"\1", text)
    return SpecifierSet(",".join(filter(None, map(_pep440, _JOIN.split(tight)))))


def _pep440(text: str) -> str:
    if text in ("", "*"):
        return ""
    short = _SHORTHAND.fullmatch(text)
    if short is not None:
        return f">={short['version']},<{_next(short['sign'], short['version'])}"
    if _BARE.fullmatch(text):
        return f"=={text}"
    return f"={text}" if text.startswith("=") and not text.startswith("==") else text


def _next(sign: str, version: str) -> str:
    """Return the first version that is too new: `^` keeps the leftmost part that is not 0, `~` the minor one."""
    from packaging.version import Version

    parts = list(Version(version).release)
    if sign == "~":
        keep = min(len(parts), 2)
    else:
        keep = next((at for at, part in enumerate(parts) if part), len(parts) - 1) + 1
    return ".".join(map(str, [*parts[: keep - 1], parts[keep - 1] + 1])) + ".dev0"
