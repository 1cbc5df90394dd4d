"""Suppliers' statements out of the registry: those that may count."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ops.supply_chain.adapters.registry.reader import RegistryReader
from ops.supply_chain.contracts.config.suppliers import SupplierEntry
from ops.supply_chain.contracts.values.registry import IntakeDecision
from ops.supply_chain.suppliers.statements import SupplierStatement


def statements_about(
    reader: RegistryReader, names: Iterable[str], suppliers: Sequence[SupplierEntry]
) -> tuple[SupplierStatement, ...]:
    """Return the statements about a vulnerability that may count: `effective` decides which one does, for each component.

    Args:
        reader: The registry.
        names: All identifiers of the vulnerability, in any case.
        suppliers: As they are configured; a statement of any other does not count.
    Returns:
        Those of accepted documents that no newer one has superseded, in the order of time and document.
    Raises:
        StageError: The registry failed.
    """
    speaks_for = {entry.name: entry.products for entry in suppliers}
    return tuple(
        SupplierStatement(document, statement, speaks_for.get(document.supplier, ()))
        for document, statement in reader.statements(names)
        if document.decision is IntakeDecision.ACCEPTED
        and document.current
        and (document.own or document.supplier in speaks_for)
    )
