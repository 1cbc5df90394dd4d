"""Poetry's version ranges, as PEP 440 specifiers.

PEP 440 specifiers are ranges of Poetry too, so that one reader serves `[tool.poetry]`, `poetry.lock`, Pipfiles and the
standard tables.

Source: https://python-poetry.org/docs/dependency-specification/ (caret, tilde, wildcard, exact, `||`);
https://github.com/python-poetry/poetry-core `constraints/version/parser.py`, for what the page leaves open;
https://packaging.python.org/en/latest/specifications/version-specifiers/
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet

_ALTERNATIVES = re.compile(r"\s*\|\|?\s*")
_BETWEEN_TERMS = re.compile(r"\s*,\s*|\s+")
_AFTER_OPERATOR = re.compile(r"([<>=!~^])\s+")
_ANY = re.compile(r"v?[xX*](?:\.[xX*])*")
_TERM = re.compile(
    r"(?P<operator>\^|~=|~|===?|=|!=|<=?|>=?|)v?(?P<version>[0-9][0-9A-Za-z.!+_-]*?)(?P<wildcard>(?:\.\*)*)"
)
_EXACT = frozenset({"", "=", "=="})
_SIGNIFICANT_PARTS = 3
"""A caret looks for the part that may not change among major, minor and patch; later parts are always free."""


class PoetryRange(NamedTuple):
    """A range: PEP 440 specifiers of which a version must meet one; an empty specifier allows any version."""

    alternatives: tuple[str, ...]

    @property
    def specifier(self) -> str | None:
        """The range as one PEP 440 specifier; None where it has alternatives, which no specifier can express."""
        return self.alternatives[0] if len(self.alternatives) == 1 else None

    def admits(self, version: str) -> bool:
        """Return whether a locked version is in the range. Pre-releases count: someone chose to lock one.

        Raises:
            ValueError: The version is not a PEP 440 version.
        """
        from packaging.version import Version

        parsed = Version(version)
        return any(_specifiers(text).contains(parsed, prereleases=True) for text in self.alternatives)


@lru_cache(maxsize=4096)
def parse_range(text: str) -> PoetryRange:
    """Read a range.

    Args:
        text: As written: `^1.2`, `~1.2`, `1.2.*`, `>=1,<2 || ^3`, `1!2.0`; empty and `*` allow any version.
    Raises:
        ValueError: It is not a range.
    """
    return PoetryRange(tuple(_all_of(part) for part in _ALTERNATIVES.split(text.strip())) if text.strip() else ("",))


def _all_of(text: str) -> str:
    # "allow trailing commas for robustness"; `>= 1.2` may have a space, `>=1.2 <2` has one between two terms.
    terms = _BETWEEN_TERMS.split(_AFTER_OPERATOR.sub(r"\1", text.rstrip(", ").strip()))
    return str(_specifiers(",".join(filter(None, map(_pep440, terms)))))


def _pep440(term: str) -> str:
    """Return the specifier of one term; empty for any version."""
    if _ANY.fullmatch(term):
        return ""
    match = _TERM.fullmatch(term)
    if match is None:
        raise ValueError(f"expected a version range, found {term!r}")
    operator, version = match["operator"], match["version"]
    if match["wildcard"]:
        if operator not in _EXACT | {"!="}:
            raise ValueError(f"expected no wildcard after {operator!r}, found {term!r}")
        return f"{'!=' if operator == '!=' else '=='}{version}.*"
    if operator in _EXACT:
        return f"=={version}"
    if operator == "~=" and "." not in version:
        operator = "~"  # PEP 440 has no `~=1`; Poetry reads it as `~1`
    return f">={version},<{_upper(operator, version)}" if operator in {"^", "~"} else f"{operator}{version}"


def _upper(operator: str, version: str) -> str:
    """Return the first release that is too new, its epoch included."""
    from packaging.version import Version

    parsed = Version(version)
    parts = parsed.release
    if operator == "~":  # `~1.2.3` and `~1.2` allow 1.2.x, `~1` allows 1.x
        place = min(len(parts) - 1, 1)
    else:  # `^1.2.3` is below 2, `^0.2.3` below 0.3, `^0.0` below 0.1: the leftmost part that is not zero stays
        significant = parts[:_SIGNIFICANT_PARTS]
        place = next((at for at, part in enumerate(significant) if part), len(significant) - 1)
    release = ".".join(map(str, [*parts[:place], parts[place] + 1]))
    return f"{parsed.epoch}!{release}" if parsed.epoch else release


@lru_cache(maxsize=4096)
def _specifiers(text: str) -> SpecifierSet:
    from packaging.specifiers import SpecifierSet

    return SpecifierSet(text)  # InvalidSpecifier is a ValueError
