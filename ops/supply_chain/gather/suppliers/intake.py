"""The decision about documents that are stored: what they are, whose they are, and what the rules say.

The rules decide about a whole batch; if one of them cannot, each document is decided alone, so that a document never spoils
its neighbours.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from ops.supply_chain.adapters.files.supplier_store import StoredDocument
from ops.supply_chain.adapters.rego.engine import CompiledPolicy, evaluate
from ops.supply_chain.adapters.rego.rule_files import Policy, load_policy
from ops.supply_chain.contracts.config.suppliers import SupplierEntry
from ops.supply_chain.contracts.values.registry import (
    IntakeDecision,
    RegisteredDocument,
    RegistryEntry,
)
from ops.supply_chain.core.start import TREE
from ops.supply_chain.gather.suppliers.read import read_document
from ops.supply_chain.gather.suppliers.signatures import SupplierSignatures
from ops.supply_chain.suppliers.decision import PROFILE, DocumentDecision, decisions, undecided
from ops.supply_chain.suppliers.documents import ReadDocument, named_supplier, policy_document


class GivenTask(NamedTuple):
    """A stored document to be decided about, and its place as people see it; `problem` if it is known that it cannot be read."""

    place: str
    stored: StoredDocument
    problem: str = ""


class DecidedDocument(NamedTuple):
    """A document with the decision about it, as it is registered."""

    place: str
    entry: RegistryEntry


class IntakeRules(NamedTuple):
    """What decides: the suppliers, the verifier of their signatures, the policy; `compiled` where many documents come."""

    suppliers: tuple[SupplierEntry, ...]
    signatures: SupplierSignatures
    policy: Policy
    compiled: CompiledPolicy | None = None

    def for_many(self) -> IntakeRules:
        """Return the same, for a process that decides about many batches."""
        return self._replace(compiled=CompiledPolicy(self.policy))


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
    return load_policy([("policy:", TREE / "policy")], [PROFILE], {})


def decide(
    rules: IntakeRules, documents: Sequence[GivenTask], answered: Mapping[str, frozenset[str]] = MappingProxyType({})
) -> list[DecidedDocument]:
    """Read documents, verify their signatures and decide about them; return them in the order given.

    Args:
        rules: What decides.
        documents: Those to decide about.
        answered: Digest of an SBOM -> vulnerabilities that its supplier's accepted VEX has statements about.
    Raises:
        UnavailableError: A schema that one is checked with is not installed.
    """
    prepared = [_prepared(document, rules, answered.get(document.stored.record.sha256)) for document in documents]
    distinct = {item.entry.document.digest: item for item in prepared}
    decided = _decided([item.question for item in distinct.values()], rules) if distinct else {}
    return [DecidedDocument(item.place, _with(item.entry, decided[item.entry.document.digest])) for item in prepared]


def _prepared(given: GivenTask, rules: IntakeRules, answered: frozenset[str] | None) -> _Prepared:
    stored = given.stored
    record = stored.record
    read = ReadDocument(problem=given.problem) if given.problem else read_document(stored.data, record.name)
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
        revision=read.revision,
        identifiers=read.identifiers,
    )
    question = policy_document(document, read, signature, supplier, record.supplier, answered)
    entry = RegistryEntry(document=document, listed=read.listed, digests=read.digests, statements=read.statements)
    return _Prepared(given.place, entry, question)


def _with(entry: RegistryEntry, decided: DocumentDecision) -> RegistryEntry:
    document = replace(entry.document, decision=decided.decision, reasons=decided.reasons)
    return replace(entry, document=document)


def _decided(questions: list[dict[str, object]], rules: IntakeRules) -> dict[str, DocumentDecision]:
    """Return the decision by digest; documents that differ for the rules in their digests alone are decided about once."""
    alike: defaultdict[bytes, list[str]] = defaultdict(list)
    distinct: dict[str, dict[str, object]] = {}
    for question in questions:
        group = alike[msgspec.json.encode({**question, "digest": ""})]
        group.append(str(question["digest"]))
        distinct.setdefault(group[0], question)
    found = _decided_apart(list(distinct.values()), rules)
    return {digest: found[group[0]] for group in alike.values() for digest in group}


def _decided_apart(questions: list[dict[str, object]], rules: IntakeRules) -> dict[str, DocumentDecision]:
    digests = [str(question["digest"]) for question in questions]
    document: dict[str, Any] = {"documents": questions}
    verdicts = rules.compiled.evaluate(document) if rules.compiled else evaluate(rules.policy, document)
    if len(questions) > 1 and undecided(verdicts, digests):
        alone = (_decided_apart([question], rules) for question in questions)
        return {digest: found for part in alone for digest, found in part.items()}
    return decisions(verdicts, digests, rules.policy.data)
