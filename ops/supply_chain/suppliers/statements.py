"""Which of suppliers' statements about a vulnerability counts for a component of a product.

- A statement about a component of a product counts in that product and version only; one about a product counts for all of
  its components; one about a package alone counts where its author may speak for that package.
- Of one author, the latest statement about the same thing counts. Where two are of the same time, or one has none, the one
  that leaves more open does: affected, under investigation, fixed, not affected.
- Of several authors, the vendor of the product counts before the vendor of the component, and that one before anyone else.
- A statement that can be about the component, and is not known to be (a CPE, a version that cannot be compared), never counts:
  it is possible, and shown. So are those that lose.

Source: https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md, docs/suppliers.md
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ops.supply_chain.contracts.values.registry import (
    RegisteredDocument,
    RegisteredStatement,
    RegistryHit,
)
from ops.supply_chain.contracts.values.vex import VexStatus
from ops.supply_chain.suppliers.matching import Author, SupplierStatement, applies
from ops.supply_chain.suppliers.statement_set import StatementSet

__all__ = ["Effective", "SupplierStatement", "effective"]

_CLOSED = (VexStatus.FIXED.value, VexStatus.NOT_AFFECTED.value)


class Effective(NamedTuple):
    """What counts for a component about a vulnerability.

    `status` is OpenVEX's, empty if no statement counts; then `statement` and `document` are None. `overridden` are earlier
    statements of the same author, `conflicts` statements that state another status and lose, `possible` those that may be
    about the component; each in a fixed order.
    """

    status: str = ""
    statement: RegisteredStatement | None = None
    document: RegisteredDocument | None = None
    overridden: tuple[SupplierStatement, ...] = ()
    conflicts: tuple[SupplierStatement, ...] = ()
    possible: tuple[SupplierStatement, ...] = ()

    @property
    def closes(self) -> bool:
        """True if the component need not be dealt with: it is fixed, or not affected for a reason that is stated."""
        return self.statement is not None and _closes(self.statement)


def effective(hit: RegistryHit, names: Iterable[str], statements: Sequence[SupplierStatement]) -> Effective:
    """Return what counts for a component about a vulnerability.

    Args:
        hit: The component in its document.
        names: All identifiers of the vulnerability, in any case.
        statements: Those that may count, in any order; others than about the vulnerability are left out. A `StatementSet` is
            searched, another sequence is made into one.
    """
    found = statements if isinstance(statements, StatementSet) else StatementSet(statements)
    by_author: defaultdict[tuple[Author, str], list[SupplierStatement]] = defaultdict(list)
    possible: list[SupplierStatement] = []
    for item in found.about(hit, names):
        author, about = applies(item, hit)
        if about:
            by_author[author, "" if item.document.own else item.document.supplier].append(item)
        elif about is None:
            possible.append(item)
    if not by_author:
        return Effective(possible=tuple(possible))
    overridden: list[SupplierStatement] = []
    lasting: list[tuple[Author, SupplierStatement]] = []
    for (author, _), items in sorted(by_author.items()):
        newest = max(item.statement.stated for item in items)
        for item in items:
            if item.statement.stated and item.statement.stated < newest:
                overridden.append(item)
            else:
                lasting.append((author, item))
    _, counts = min(lasting, key=lambda pair: (pair[0], _openness(pair[1].statement), _newest(pair[1])))
    conflicts = [item for _, item in lasting if item.statement.status != counts.statement.status]
    return Effective(
        counts.statement.status,
        counts.statement,
        counts.document,
        tuple(overridden),
        tuple(conflicts),
        tuple(possible),
    )


def _closes(statement: RegisteredStatement) -> bool:
    if statement.status == VexStatus.NOT_AFFECTED.value:
        return bool(statement.justification or statement.detail.strip())
    return statement.status == VexStatus.FIXED.value


def _openness(statement: RegisteredStatement) -> int:
    """Return the place of a status among those of the same time: what leaves more open comes first."""
    if statement.status == VexStatus.AFFECTED.value:
        return 0
    if not _closes(statement):
        return 1
    return 2 + _CLOSED.index(statement.status)


def _newest(item: SupplierStatement) -> tuple[list[int], str, int]:
    return [-ord(sign) for sign in item.statement.stated], item.document.digest, item.statement.place
