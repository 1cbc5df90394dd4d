"""What one comparison of the registry with the advisories shows, as the backlog takes it over."""

from __future__ import annotations

from typing import NamedTuple

from ops.supply_chain.contracts.files.backlog import AffectedVersion
from ops.supply_chain.contracts.values.exploitation import Exploitation
from ops.supply_chain.contracts.values.finding import Severity


class Subject(NamedTuple):
    """What items of one vulnerability have in common: a component of a product of a supplier, without versions."""

    supplier: str
    product: str
    component: str


class Observation(NamedTuple):
    """A vulnerability of a subject.

    `names` are in display order. `versions` are those that the newest documents of the product list, `older` those of
    earlier versions of it. `received` is the day on which the first document with one of them came. Dates are ISO dates,
    or empty.
    """

    subject: Subject
    names: tuple[str, ...]
    severity: Severity
    received: str
    versions: tuple[AffectedVersion, ...] = ()
    older: tuple[AffectedVersion, ...] = ()
    score: str = ""
    vector: str = ""
    malware: bool = False
    summary: str = ""
    published: str = ""
    fixed_version: str = ""
    clear_version: str = ""
    exploitation: Exploitation = Exploitation()
    conflicts: tuple[str, ...] = ()


class SubjectCheck(NamedTuple):
    """Whether a subject could be checked for vulnerabilities that the advisories do not report of it any more.

    `documents` are the digests of the newest accepted documents of the product, newest first; none if there is none.
    `versions` are those of the component that they list. `newest_day` is when the newest came, an ISO date. `reason` is why
    it was not checked, or empty.
    """

    documents: tuple[str, ...]
    versions: frozenset[str] = frozenset()
    newest_day: str = ""
    reason: str = ""


class Due(NamedTuple):
    """A due date, an ISO date, or empty; and what it is counted from."""

    day: str
    basis: str
