"""Which release the files are, as the predicate release v0.1.

Source: https://github.com/in-toto/attestation/blob/main/spec/predicates/release.md
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote

_NAME = re.compile(r"(?P<name>.+?)-(?P<version>[0-9][^-]*)(?:-.+\.whl|\.tar\.gz)", re.DOTALL)
_RUNS = re.compile(r"[-_.]+")


def release_predicate(component: str, version: str, distributions: Sequence[str]) -> dict[str, str]:
    """Return the predicate: the package on the index if all distributions are of one release of it, else the component.

    Args:
        component: N.
        version: V.
        distributions: File names of the wheels and source distributions; perhaps none.
    """
    found = {_package(name) for name in distributions}
    kind, name, stated = "generic", component, version
    if len(found) == 1 and ("", "") not in found:
        kind, (name, stated) = "pypi", found.pop()
    return {"purl": f"pkg:{kind}/{quote(name, safe='')}@{quote(stated, safe='')}"}


def _package(file_name: str) -> tuple[str, str]:
    """Return name in PEP 503 form and version of a distribution; empty texts if its name has another form."""
    match = _NAME.fullmatch(file_name)
    return (_RUNS.sub("-", match["name"]).lower(), match["version"]) if match else ("", "")
