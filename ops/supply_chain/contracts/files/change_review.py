"""`dist/change/N.json`: what a change does to a project's dependencies, and what it exposes."""

from __future__ import annotations

from typing import Literal

from ops.supply_chain.contracts.base import Contract, Count
from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.core.outcome import Outcome


class ChangedPackage(Contract, frozen=True, kw_only=True):
    """One difference of a package, in the words of `compare_sboms`; `text` is it as one line."""

    kind: str
    ecosystem: str
    name: str
    version: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    text: str


class ReviewedCommits(Contract, frozen=True, kw_only=True):
    """Full hashes: the commit under review, the base that it is compared with, the commit whose configuration decided.

    `branch` is the name of the base.
    """

    head: str
    base: str
    policy: str
    branch: str


class ChangeReview(Contract, frozen=True, kw_only=True):
    """The whole file.

    `new` are findings that the change brings: they decide. `existing` are in the base as well, `fixed` in the base
    only. `unexamined` are those of `new` about what was not examined. All are sorted by severity,
    waived ones last. `packages` are sorted by kind, worst first, then name.
    `counts` has the number of packages by kind of change, and of findings.
    """

    schema: Literal["change-review/1"]
    component: str
    outcome: Outcome
    commits: ReviewedCommits
    counts: dict[str, Count]
    packages: tuple[ChangedPackage, ...]
    new: tuple[Finding, ...]
    existing: tuple[Finding, ...]
    fixed: tuple[Finding, ...]
    unexamined: tuple[Finding, ...]
    notes: tuple[str, ...]
