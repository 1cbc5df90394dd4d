"""Constraints: they install nothing, and give the version of what a requirements file requires without one.

Source: https://pip.pypa.io/en/stable/user_guide/#constraints-files
"""

from __future__ import annotations

from collections import defaultdict

import msgspec

from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.contracts.values.lock import Pin, PinSourceKind
from ops.supply_chain.dependencies.locks.names import quote
from ops.supply_chain.dependencies.locks.rules import PinProblem, problems_of


class Constraints:
    """The exact versions that the constraints of one requirements file give."""

    def __init__(self) -> None:
        self._by_name: dict[str, list[Pin]] = defaultdict(list)

    @property
    def are_none(self) -> bool:
        """True if no line gives a version."""
        return not self._by_name

    def add(self, pin: Pin) -> None:
        """Add a line of a constraints file; one without exact version gives none."""
        if pin.version and pin.source.kind is PinSourceKind.INDEX:
            self._by_name[pin.name].append(pin)

    def apply(self, pin: Pin, specifier: str) -> tuple[Pin, tuple[PinProblem, ...]] | None:
        """Give a requirement its version.

        Args:
            pin: As required.
            specifier: The versions that the requirement allows.
        Returns:
            The pin with version, and with the constraint's hashes if it has none of its own, and its problems; None
            if it has a version or an address itself, or if no single constraint that always holds gives one.
        """
        if pin.version or pin.source.kind is not PinSourceKind.INDEX or pin.name not in self._by_name:
            return None
        found = [known for known in self._by_name[pin.name] if known.marker in ("", pin.marker)]
        versions = {known.version for known in found}
        if len(versions) != 1 or not _allows(specifier, found[0].version):
            return None
        hashes = pin.hashes or tuple(sorted({text for known in found for text in known.hashes}))
        pinned = msgspec.structs.replace(pin, version=found[0].version, hashes=hashes)
        return pinned, problems_of(pinned)


def unread_constraint(path: str, line: int, target: str) -> Finding:
    """Return the finding for constraints at an address or outside the project, which are not read.

    Args:
        path: The file that names them.
        line: Where.
        target: As written.
    """
    return Finding(
        code="lock.constraint-unread",
        severity=Severity.INFO,
        message=f"the constraints {quote(target)} were not read: they are not a file of the project",
        next_step="Copy them into the project, so that the versions that they give are known.",
        path=path,
        line=line,
    )


def _allows(specifier: str, version: str) -> bool:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        return SpecifierSet(specifier).contains(version, prereleases=True)
    except (InvalidSpecifier, ValueError):
        return False
