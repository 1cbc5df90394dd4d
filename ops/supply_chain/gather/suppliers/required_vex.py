"""SBOMs whose supplier must send a VEX: decided about again when there is one.

A document is decided about alone, so an SBOM waits in quarantine until a VEX about its product is accepted: one that came
before it, after it, or in the same run. This runs once all documents of a run are registered.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ops.supply_chain.adapters.registry.reader import RegistryReader
from ops.supply_chain.contracts.values.registry import DocumentKind, RegisteredDocument
from ops.supply_chain.gather.suppliers.intake import GivenTask, decide
from ops.supply_chain.gather.suppliers.statements import StatementFinder
from ops.supply_chain.suppliers.matching import SupplierStatement, is_about_product
from ops.supply_chain.suppliers.screen import IntakeLine

if TYPE_CHECKING:
    from ops.supply_chain.adapters.registry.address import RegistryAddress
    from ops.supply_chain.adapters.registry.writer import RegistryWriter
    from ops.supply_chain.gather.suppliers.ingestion import IntakeSetting

RULE = "suppliers.vex"


def with_vex(
    lines: list[IntakeLine], *, setting: IntakeSetting, writer: RegistryWriter, address: RegistryAddress
) -> list[IntakeLine]:
    """Decide again about SBOMs that wait for a VEX; return the lines of the run as they are then.

    Args:
        lines: Of the run.
        setting: What decides, and where the bytes are.
        writer: The registry.
        address: The same registry, to read it.
    Returns:
        The lines, and one more for each earlier SBOM that is decided otherwise now.
    Raises:
        StageError: The registry cannot be read or written.
    """
    required = {entry.name for entry in setting.suppliers if entry.vex_required}
    if not required:
        return lines
    with RegistryReader(address) as reader:
        waiting = [document for document in reader.documents() if document.supplier in required and _waits(document)]
        if not waiting:
            return lines
        statements = StatementFinder(reader, setting.suppliers, setting.store).counting(reader.all_statements())
    answered = {document.digest: _names(document, statements) for document in waiting}
    found = {digest: names for digest, names in answered.items() if names}
    tasks = [
        GivenTask(document.name, setting.store.read(document.digest))
        for document in waiting
        if document.digest in found
    ]
    if not tasks:
        return lines
    before = {document.digest: document for document in waiting}
    decided = [item.entry.document for item in decide(setting.rules(), tasks, found)]
    changed = [document for document in decided if document.reasons != before[document.digest].reasons]
    writer.decide(changed)
    return _again(lines, changed)


def _waits(document: RegisteredDocument) -> bool:
    return document.kind is DocumentKind.SBOM and any(reason.code == RULE for reason in document.reasons)


def _names(document: RegisteredDocument, statements: Sequence[SupplierStatement]) -> frozenset[str]:
    """Return the vulnerabilities that other documents of its supplier have statements about, in its version of the product."""
    return frozenset(
        name.upper()
        for item in statements
        if item.document.supplier == document.supplier
        and item.document.digest != document.digest
        and is_about_product(item, document)
        for name in (item.statement.vulnerability, *item.statement.aliases)
    )


def _again(lines: Sequence[IntakeLine], changed: Sequence[RegisteredDocument]) -> list[IntakeLine]:
    of = {document.digest: document for document in changed}
    found = [
        line._replace(decision=of[line.digest].decision, reasons=of[line.digest].reasons) if line.digest in of else line
        for line in lines
    ]
    there = {line.digest for line in lines}
    return found + [
        IntakeLine(document.name, document.decision, document.supplier, document.reasons, document.digest, known=True)
        for document in changed
        if document.digest not in there
    ]
