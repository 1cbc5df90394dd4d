"""Documents into the store and the registry: bytes first, then a batch of them in one transaction.

A run that is killed in between leaves documents in the store that the registry does not have: the next run with them, or
`--rebuild`, adds them. The rules decide about a whole batch; if one of them cannot, each document is decided alone, so that a
document never spoils its neighbours.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from ops.supply_chain.adapters.files.supplier_files import GivenDocument
from ops.supply_chain.adapters.files.supplier_store import StoredDocument, SupplierStore
from ops.supply_chain.adapters.registry.writer import RegistryWriter
from ops.supply_chain.adapters.rego.engine import evaluate
from ops.supply_chain.adapters.rego.rule_files import Policy, load_policy
from ops.supply_chain.contracts.config.suppliers import SupplierEntry
from ops.supply_chain.contracts.values.registry import (
    IntakeDecision,
    IntakeReason,
    RegisteredDocument,
    RegistryEntry,
)
from ops.supply_chain.gather.suppliers.read import read_document
from ops.supply_chain.gather.suppliers.signatures import SupplierSignatures
from ops.supply_chain.runner.arguments import HOME
from ops.supply_chain.suppliers.decision import PROFILE, DocumentDecision, decisions, undecided
from ops.supply_chain.suppliers.documents import named_supplier, policy_document
from ops.supply_chain.suppliers.screen import IntakeLine

BATCH_DOCUMENTS = 50
BATCH_BYTES = 16 << 20
"""A batch ends at either."""


class IntakeRules(NamedTuple):
    """What decides: the suppliers, the verifier of their signatures, the policy."""

    suppliers: tuple[SupplierEntry, ...]
    signatures: SupplierSignatures
    policy: Policy


class _Prepared(NamedTuple):
    place: str
    entry: RegistryEntry
    question: dict[str, object]


def intake_rules(root: Path, suppliers: Sequence[SupplierEntry], trusted_root: Path | None) -> IntakeRules:
    """Return what decides about documents.

    Raises:
        UsageError: An entry of the configuration, or the trusted root, cannot be used.
        InputError: A rule cannot be read.
    """
    return IntakeRules(tuple(suppliers), SupplierSignatures(root, suppliers, trusted_root), _policy())


def rule_texts() -> tuple[dict[str, str], dict[str, str]]:
    """Return the title of each rule, by its code, and what to do where it denies."""
    rules = _policy().rules
    return {rule.code: rule.metadata.title for rule in rules}, {rule.code: rule.metadata.fix for rule in rules}


def _policy() -> Policy:
    return load_policy([("policy:", HOME / "policy")], [PROFILE], {})


def ingest(
    given: Iterable[GivenDocument],
    *,
    store: SupplierStore,
    writer: RegistryWriter,
    rules: IntakeRules,
    now: str,
    supplier: str,
) -> Iterator[IntakeLine]:
    """Store documents and decide about them; yield the line of each, batch by batch, once it is stored.

    Args:
        given: The documents.
        store: Where their bytes are kept.
        writer: The registry.
        rules: What decides.
        now: The time, as `YYYY-MM-DDTHH:MM:SSZ`.
        supplier: The supplier that was stated; empty if none was.
    Raises:
        StageError: Store or registry cannot be written; the batches before are stored.
    """
    batch: list[_Prepared] = []
    size = 0
    for document in given:
        if document.problem:
            yield IntakeLine(document.place, IntakeDecision.REFUSED, "", (IntakeReason("", document.problem),))
            continue
        stored = store.add(
            document.data, name=document.name, ingested=now, supplier=supplier, signatures=document.signatures
        )
        batch.append(_prepared(stored, document.place, rules))
        size += len(document.data)
        if len(batch) >= BATCH_DOCUMENTS or size >= BATCH_BYTES:
            yield from _finish(batch, writer, rules)
            batch, size = [], 0
    yield from _finish(batch, writer, rules)


def rebuild(store: SupplierStore, writer: RegistryWriter, rules: IntakeRules) -> Iterator[IntakeLine]:
    """Fill the registry again from the stored documents, and decide about each by today's rules."""
    writer.clear()
    batch: list[_Prepared] = []
    for digest in store.digests():
        stored = store.read(digest)
        batch.append(_prepared(stored, stored.record.name, rules))
        if len(batch) >= BATCH_DOCUMENTS:
            yield from _finish(batch, writer, rules)
            batch = []
    yield from _finish(batch, writer, rules)


def _prepared(stored: StoredDocument, place: str, rules: IntakeRules) -> _Prepared:
    record = stored.record
    read = read_document(stored.data, record.name)
    signature = rules.signatures.verify(stored)
    supplier = named_supplier(rules.suppliers, read, signature, record.supplier)
    document = RegisteredDocument(
        digest=record.sha256,
        kind=read.kind,
        format=read.format,
        supplier=supplier.name if supplier else record.supplier,
        product=read.product,
        product_version=read.product_version,
        ingested=record.ingested,
        decision=IntakeDecision.QUARANTINED,
        name=record.name,
        size=record.size,
        stated=read.stated,
        signer=signature.signer,
    )
    question = policy_document(document, read, signature, supplier, record.supplier)
    entry = RegistryEntry(
        document=document, components=read.components, digests=read.digests, statements=read.statements
    )
    return _Prepared(place, entry, question)


def _finish(batch: Sequence[_Prepared], writer: RegistryWriter, rules: IntakeRules) -> Iterator[IntakeLine]:
    if not batch:
        return
    distinct = {prepared.entry.document.digest: prepared for prepared in batch}
    decided = _decided([prepared.question for prepared in distinct.values()], rules.policy)
    entries = [_with(prepared.entry, decided[digest]) for digest, prepared in distinct.items()]
    new = dict(zip(distinct, writer.ingest(entries), strict=True))
    writer.decide([entry.document for entry in entries if not new[entry.document.digest]])
    for prepared in batch:
        digest = prepared.entry.document.digest
        found = decided[digest]
        yield IntakeLine(
            prepared.place,
            found.decision,
            prepared.entry.document.supplier,
            found.reasons,
            digest,
            known=not new[digest],
        )
        new[digest] = False


def _with(entry: RegistryEntry, decided: DocumentDecision) -> RegistryEntry:
    document = replace(entry.document, decision=decided.decision, reasons=decided.reasons)
    return replace(entry, document=document)


def _decided(questions: list[dict[str, object]], policy: Policy) -> dict[str, DocumentDecision]:
    digests = [str(question["digest"]) for question in questions]
    verdicts = evaluate(policy, {"documents": questions})
    if len(questions) > 1 and undecided(verdicts, digests):
        alone = (_decided([question], policy) for question in questions)
        return {digest: found for part in alone for digest, found in part.items()}
    return decisions(verdicts, digests, policy.data)
