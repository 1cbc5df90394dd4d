"""OpenVEX as the predicate of an attestation: its statements are about the attestation's subjects.

A statement that names no product is about the subjects; one that names another product is about nothing.

Source: https://github.com/openvex/spec/blob/main/ATTESTING.md, https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from ops.supply_chain.contracts.values.vex import VexBinding, VexDocument, VexStatement, VexSubject, VexTarget
from ops.supply_chain.formats.json_reader import Node
from ops.supply_chain.formats.purl import read_purl
from ops.supply_chain.risk.vex.subjects import Multiplication, digest_of, subject_problem

FOREIGN = "names a product that is no subject of the attestation"


def about_subjects(document: VexDocument, statement: dict[str, Any] | None) -> VexDocument:
    """Return a document with its statements bound to the subjects of its attestation; unchanged if it came in none.

    Args:
        document: As it was read.
        statement: The in-toto statement.
    Raises:
        UnexpectedShapeError: The subjects are broken; the message has the JSON path.
    """
    if statement is None or document.format != "OpenVEX":
        return document
    node, counted = Node(statement)["subject"], Multiplication()
    subjects = [_subject(row) for row in node.rows()]
    statements = []
    for item in document.statements:
        counted.take(max(1, len(item.targets)) * len(subjects), node)
        statements.append(_bound(item, subjects))
    return replace(document, statements=tuple(statements))


def _subject(node: Node) -> VexSubject:
    name, digests = node.text_of("name"), node["digest"].fields()
    return VexSubject(
        label=name,
        purls=(name,) if read_purl(name) is not None else (),
        digests=tuple(filter(None, (digest_of(key, value.text()) for key, value in digests))),
    )


def _bound(statement: VexStatement, subjects: list[VexSubject]) -> VexStatement:
    if not statement.targets:
        about = [
            VexTarget(
                label=item.label, problem=FOREIGN, binding=VexBinding(product=item, problem=subject_problem(item))
            )
            for item in subjects
        ]
        return replace(statement, targets=tuple(about))
    return replace(statement, targets=tuple(_checked(target, subjects) for target in statement.targets))


def _checked(target: VexTarget, subjects: list[VexSubject]) -> VexTarget:
    product = target.binding.product
    if product is None or any(_same(product, subject) for subject in subjects):
        return target
    return replace(target, binding=replace(target.binding, problem=target.binding.problem or FOREIGN))


def _same(product: VexSubject, subject: VexSubject) -> bool:
    """Return whether a product is a subject: by its name, its package URL, or a digest, also one that is its version."""
    if product.label == subject.label != "" or not set(product.digests).isdisjoint(subject.digests):
        return True
    purls = [purl for purl in map(read_purl, product.purls) if purl is not None]
    named = [purl for purl in map(read_purl, subject.purls) if purl is not None]
    versions = {
        f"{algorithm.replace('-', '')}:{value}" for algorithm, _, value in (d.partition(":") for d in subject.digests)
    }
    return any(purl.version in versions or purl in named for purl in purls)
