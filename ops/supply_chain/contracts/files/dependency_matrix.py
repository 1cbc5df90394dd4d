"""The dependency matrix: direct dependencies, owners, licences."""

from __future__ import annotations

from ops.supply_chain.contracts.base import Contract, Count
from ops.supply_chain.contracts.config.dependencies import Lifecycle


class DependencyRow(Contract, frozen=True, kw_only=True):
    """One direct dependency in the matrix.

    `name` is in PEP 503 form. `versions` are sorted. `licence` is from an SBOM, empty where `licence_gap` is the
    reason for its absence. `owner` is empty where it has none.
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

    `left_over` are names in `[[dependencies]]` that are not direct dependencies, `twice` those with more than one
    entry, `untold` the locks without information on what is direct, whose dependencies are missing. `source` names the
    SBOM of the licences, empty where there was none.
    """

    rows: tuple[DependencyRow, ...]
    left_over: tuple[str, ...]
    twice: tuple[str, ...]
    untold: tuple[str, ...]
    source: str

    @property
    def without_owner(self) -> Count:
        """The number of dependencies without an owner."""
        return sum(not row.owner for row in self.rows)
