"""Products and components of any ecosystem, as VEX documents identify them.

Source: https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md#product-data-structure,
https://docs.oasis-open.org/csaf/csaf/v2.0/os/csaf-v2.0-os.html#3133-full-product-name-type---product-identification-helper
"""

from __future__ import annotations

import re

from ops.supply_chain.contracts.values.vex import VexSubject
from ops.supply_chain.core.text import excerpt
from ops.supply_chain.formats.json_reader import Node
from ops.supply_chain.formats.purl import read_purl
from ops.supply_chain.formats.received.collect import algorithm_name

MOST_SUBJECTS = 100_000
"""Products and components that the lists of one document multiply out to; what is only listed is not counted."""

_HEX = re.compile(r"(?:[0-9a-f]{2})+")


class Multiplication:
    """Counts what lists of a document multiply out to: products times subcomponents, threats times the members of groups."""

    def __init__(self) -> None:
        self._left = MOST_SUBJECTS

    def take(self, count: int, node: Node) -> None:
        """Count some more.

        Raises:
            UnexpectedShapeError: There are more than a document may have.
        """
        self._left -= count
        if self._left < 0:
            raise node.broken(f"multiplies out to more than {MOST_SUBJECTS} products and components in the document")


def digest_of(algorithm: str, value: str) -> str:
    """Return a digest as `sha-256:HEX` in lower case, however a format spells the algorithm: `sha256`, `SHA-256`.

    Returns:
        Empty where it is none.
    """
    name, digits = algorithm_name(algorithm), value.strip().lower()
    return f"{name}:{digits}" if name and _HEX.fullmatch(digits) else ""


def subject_problem(subject: VexSubject) -> str:
    """Return why a subject identifies nothing; empty if it does."""
    named = {purl for purl in map(read_purl, subject.purls) if purl is not None}
    if len({(purl.type, purl.namespace, purl.name) for purl in named}) > 1 or len({purl.version for purl in named}) > 1:
        return "names a package by package URLs that differ"
    if not named and not (subject.cpes or subject.digests or subject.links):
        what = f", only by {excerpt(subject.label)}" if subject.label else ""
        return f"identifies no product by a package URL, a CPE, a digest or a BOM-Link{what}"
    return ""
