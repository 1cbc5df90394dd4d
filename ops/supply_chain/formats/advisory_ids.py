"""Identifiers of advisories: who issues them, and the page that describes one.

Source: https://ossf.github.io/osv-schema/#id-modified-fields (prefixes of identifiers)
"""

from __future__ import annotations

import re
from typing import NamedTuple

_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)+")


class IdAuthority(NamedTuple):
    """The issuer of identifiers with a prefix; `url` followed by an identifier is the page that describes it."""

    prefix: str
    name: str
    url: str


AUTHORITIES = (
    IdAuthority("CVE-", "NVD", "https://nvd.nist.gov/vuln/detail/"),
    IdAuthority("GHSA-", "GitHub Advisories", "https://github.com/advisories/"),
    IdAuthority("PYSEC-", "PyPA Advisory Database", "https://osv.dev/vulnerability/"),
    IdAuthority("", "OSV", "https://osv.dev/vulnerability/"),
)
"""In order of preference."""


def authority_of(name: str) -> IdAuthority:
    """Return the issuer of an identifier; OSV for all others."""
    return next(authority for authority in AUTHORITIES if name.upper().startswith(authority.prefix))


def advisory_page(name: str) -> str:
    """Return the address of the page that describes an advisory; empty for what is no identifier."""
    return f"{authority_of(name).url}{name}" if _IDENTIFIER.fullmatch(name) else ""
