"""SPDX licence expressions and identifiers: what is wrong with one.

Source: SPDX 2.3 annex D (https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions/); the list of licences is that of
`packaging.licenses`, deprecated identifiers are those of https://spdx.org/licenses/#deprecated.
"""

from __future__ import annotations

import re
from functools import lru_cache

LONGEST_EXPRESSION = 4000
DEEPEST_EXPRESSION = 40
"""Bounds on a licence expression, in characters and parentheses; the longest real one has some 300."""

_EXTERNAL_LICENCE = re.compile(r"DocumentRef-[A-Za-z0-9.-]+:(?=LicenseRef-)")
_WORD = re.compile(r"[A-Za-z0-9.+-]+")
_DEPRECATED = frozenset(
    {
        "agpl-1.0", "agpl-3.0", "bsd-2-clause-freebsd", "bsd-2-clause-netbsd", "bzip2-1.0.5", "ecos-2.0", "gfdl-1.1",
        "gfdl-1.2", "gfdl-1.3", "gpl-1.0", "gpl-1.0+", "gpl-2.0", "gpl-2.0+", "gpl-2.0-with-autoconf-exception",
        "gpl-2.0-with-bison-exception", "gpl-2.0-with-classpath-exception", "gpl-2.0-with-font-exception",
        "gpl-2.0-with-gcc-exception", "gpl-3.0", "gpl-3.0+", "gpl-3.0-with-autoconf-exception",
        "gpl-3.0-with-gcc-exception", "lgpl-2.0", "lgpl-2.0+", "lgpl-2.1", "lgpl-2.1+", "lgpl-3.0", "lgpl-3.0+",
        "net-snmp", "nunit", "standardml-nj", "wxwindows",
    }
)  # fmt: skip


@lru_cache(maxsize=4096)
def licence_fault(expression: str) -> str:
    """Return what is wrong with an SPDX licence expression; empty where nothing is.

    `DocumentRef-x:LicenseRef-y` is read as the SPDX grammar has it. Case does not matter.
    Source: SPDX 2.3 annex D; the list is the one in `packaging.licenses`.
    """
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

    if len(expression) > LONGEST_EXPRESSION or expression.count("(") > DEEPEST_EXPRESSION:
        return f"expected an SPDX licence expression, found {len(expression)} characters with {expression.count('(')} parentheses"
    try:
        canonicalize_license_expression(_EXTERNAL_LICENCE.sub("", expression))
    except (InvalidLicenseExpression, KeyError) as error:
        return f"expected an SPDX licence expression, found {expression!r}: {error}"
    return ""


@lru_cache(maxsize=4096)
def licence_id_fault(identifier: str) -> str:
    """Return what is wrong with a single SPDX licence or exception identifier; empty where nothing is."""
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

    if len(identifier.split()) == 1 and not {"(", ")"} & set(identifier):
        for prefix in ("", "MIT WITH "):
            try:
                if canonicalize_license_expression(prefix + identifier) == prefix + identifier:
                    return ""
            except InvalidLicenseExpression:
                continue
    return f"expected an identifier of the SPDX licence list, found {identifier!r}"


@lru_cache(maxsize=4096)
def deprecated_identifiers(expression: str) -> tuple[str, ...]:
    """Return the identifiers of an expression that the licence list has deprecated, as written, each once."""
    return tuple(dict.fromkeys(word for word in _WORD.findall(expression) if word.lower() in _DEPRECATED))
