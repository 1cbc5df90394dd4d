"""Package names compared the one right way.

Source: PEP 503, https://packaging.python.org/en/latest/specifications/name-normalization/
"""

from __future__ import annotations

import re
from functools import lru_cache

_RUNS = re.compile(r"[-_.]+")


@lru_cache(maxsize=65536)
def normalise(name: str) -> str:
    """Return the PEP 503 form of a package name: lower case, runs of `-`, `_`, `.` as one `-`."""
    return _RUNS.sub("-", name).lower()


PURL_START = "pkg:"
"""How the name of a package of another ecosystem begins in findings, waivers and classifications: it is a package URL."""


def finding_package(name: str) -> str:
    """Return a package as findings name it: a package URL as it is, a name of PyPI in its PEP 503 form."""
    return name.strip() if name.startswith(PURL_START) else normalise(name)
