"""The dependency matrix: direct dependencies, owners, licences."""

from __future__ import annotations

from ops.supply_chain.contracts.base import Contract, Count
from ops.supply_chain.contracts.config.dependencies import Lifecycle


class DependencyRow(Contract, frozen=True, kw_only=True):
    """One direct dependency in the matrix.

    `name` is in PEP 503 form. `versions` are sorted. `licence` is what an SBOM says, empty where `licence_gap`
    says why there is none. `owner` is empty where it has none.
    """

    name: str
    versions: tuple[str, ...]
    owner: str
    lifecycle: Lifecycle
    licence: str
    licence_gap: str
    notes: str


class DependencyMatrix(Contract, frozen=True, kw_only=True):
    """Every direct dependency, sorted by name.

    `left_over` are names in `[[dependencies]]` that are no direct dependency, `twice` those that stand there more
    than once, `untold` the locks that do not tell what is direct: the matrix then lacks theirs. `source` says
    which SBOM the licences are from, empty where there was none.
    """

    rows: tuple[DependencyRow, ...]
    left_over: tuple[str, ...]
    twice: tuple[str, ...]
    untold: tuple[str, ...]
    source: str

    @property
    def without_owner(self) -> Count:
        """How many dependencies nobody looks after."""
        return sum(not row.owner for row in self.rows)
