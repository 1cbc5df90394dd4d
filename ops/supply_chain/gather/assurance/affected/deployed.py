"""The search in a deployed folder: the Python distributions that are installed there, and the digests of its files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ops.supply_chain.adapters.files.deployed import InstalledDistribution, read_deployed
from ops.supply_chain.contracts.values.registry import PackageName, RegisteredComponent
from ops.supply_chain.core.names import normalise
from ops.supply_chain.core.text import printable
from ops.supply_chain.suppliers.affected.model import FoundPlace, PlaceKind, PlaceStatus, Problem
from ops.supply_chain.suppliers.affected.search import Search

NOTHING_INSTALLED = "Give the folder that contains what is installed, such as site-packages."


class Deployment(NamedTuple):
    """A folder: its distributions, the digests of its files with the first file of each, and what was not read."""

    folder: str
    distributions: tuple[InstalledDistribution, ...]
    digests: dict[str, str]
    files: int
    problems: tuple[Problem, ...]

    def places(self, search: Search) -> Iterator[FoundPlace]:
        """Yield the installed distributions that are wanted."""
        for item in self.distributions:
            decided = search.decide(RegisteredComponent(0, PackageName("pypi", "", normalise(item.name)), item.version))
            if decided is not None:
                yield FoundPlace(
                    kind=PlaceKind.DEPLOYED,
                    status=decided.status,
                    owner=self.folder,
                    package=normalise(item.name),
                    version=item.version,
                    where=item.path,
                    reason=decided.reason,
                    fixed=decided.fixed,
                    ids=decided.ids,
                )

    def places_of_digest(self, digest: str) -> Iterator[FoundPlace]:
        """Yield the first file that has a digest."""
        if digest in self.digests:
            yield FoundPlace(
                kind=PlaceKind.DEPLOYED,
                status=PlaceStatus.AFFECTED,
                owner=self.folder,
                package=self.digests[digest],
                version="",
                where=self.digests[digest],
            )


def read_deployment(folder: Path) -> Deployment:
    """Read a folder; what cannot be read is a problem."""
    found = read_deployed(folder)
    shown = printable(str(folder))
    problems = [Problem(f"{shown} was not searched as a whole: {printable(text)}") for text in found.problems]
    if not found.distributions:
        problems.append(Problem(f"{shown}: no installed distribution was found in it", NOTHING_INSTALLED))
    return Deployment(shown, found.distributions, found.digests, found.files, tuple(problems))
