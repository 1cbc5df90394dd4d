"""Environment markers: whether one can be true, with some extras and dependency groups, in whatever environment.

Source: https://packaging.python.org/en/latest/specifications/dependency-specifiers/#environment-markers;
https://packaging.python.org/en/latest/specifications/pylock-toml/ (`extras`, `dependency_groups`)
"""

from __future__ import annotations

import re
from functools import lru_cache

from ops.supply_chain.core.names import normalise

_ATOM = r"""(?:"[^"]*"|'[^']*'|[a-z_.]+)"""
_TOKEN = re.compile(
    rf"\s*(?:(?P<paren>[()])|(?P<left>{_ATOM})\s*(?P<how>===|==|!=|<=|>=|<|>|~=|not\s+in|in)\s*(?P<right>{_ATOM})"
    r"|(?P<word>and|or)\b)"
)


@lru_cache(maxsize=65536)
def may_apply(marker: str, extras: frozenset[str]) -> bool:
    """Return whether a marker can be true in some environment with these extras.

    Args:
        marker: As `packaging` writes it; empty always applies.
        extras: PEP 503 names.
    """
    tokens = list(_TOKEN.finditer(marker))
    if "".join(token[0] for token in tokens).strip() != marker.strip():
        return True  # not a form that we know: possible is the answer that hides nothing
    value, rest = _any_of(tokens, extras)
    return value if not rest else True


def _any_of(tokens: list[re.Match[str]], extras: frozenset[str]) -> tuple[bool, list[re.Match[str]]]:
    # Grammar: marker_or = marker_and *("or" marker_and); marker_and = marker_expr *("and" marker_expr)
    value, rest = _all_of(tokens, extras)
    while rest and rest[0]["word"] == "or":
        other, rest = _all_of(rest[1:], extras)
        value = value or other
    return value, rest


def _all_of(tokens: list[re.Match[str]], extras: frozenset[str]) -> tuple[bool, list[re.Match[str]]]:
    value, rest = _one_of(tokens, extras)
    while rest and rest[0]["word"] == "and":
        other, rest = _one_of(rest[1:], extras)
        value = value and other
    return value, rest


def _one_of(tokens: list[re.Match[str]], extras: frozenset[str]) -> tuple[bool, list[re.Match[str]]]:
    if tokens and tokens[0]["paren"] == "(":
        value, rest = _any_of(tokens[1:], extras)
        return value, rest[1:]
    return (_comparison(tokens[0], extras), tokens[1:]) if tokens else (True, [])


def _comparison(token: re.Match[str], extras: frozenset[str]) -> bool:
    left, how, right = token["left"], token["how"], token["right"]
    if (left == "extra" and how == "==") or (right in ("extras", "dependency_groups") and how == "in"):
        return normalise((right if left == "extra" else left).strip("\"'")) in extras
    if right == "extra" and how == "==":
        return normalise(left.strip("\"'")) in extras
    return True
