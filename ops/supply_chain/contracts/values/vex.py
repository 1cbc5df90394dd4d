"""VEX independent of its format.

Read: a `VexDocument` of statements, each about targets. Written: an `Assessment` for each open
vulnerability of a package. The terms are OpenVEX's; each format's reader and writer translates.

Source: OpenVEX v0.2.0, https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md
"""

from __future__ import annotations

import re
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

import msgspec

from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core.text import printable


class VexStatus(StrEnum):
    """The status of a vulnerability in a package."""

    NOT_AFFECTED = "not_affected"
    AFFECTED = "affected"
    FIXED = "fixed"
    UNDER_INVESTIGATION = "under_investigation"


class Justification(StrEnum):
    """The reason for the status not_affected."""

    COMPONENT_NOT_PRESENT = "component_not_present"
    CODE_NOT_PRESENT = "vulnerable_code_not_present"
    CODE_NOT_IN_EXECUTE_PATH = "vulnerable_code_not_in_execute_path"
    CANNOT_BE_CONTROLLED = "vulnerable_code_cannot_be_controlled_by_adversary"
    INLINE_MITIGATIONS = "inline_mitigations_already_exist"


class VexSubject(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A product, or a component of one, by everything that a document identifies it with.

    `label` is its name there. `purls` are as written; `cpes`; `digests` as `sha-256:HEX` in lower case; `links` are
    BOM-Links. `version` is the exact version that the document gives besides, or `versions` a `vers` range.
    """

    label: str = ""
    purls: tuple[str, ...] = ()
    cpes: tuple[str, ...] = ()
    digests: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    version: str = ""
    versions: str = ""


class VexBinding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a statement is bound to: a product as a whole, or a component of it.

    `problem` is why it is bound to nothing, in words that follow "the statement"; empty if there is none. `product` is None
    where the document does not name one.
    """

    product: VexSubject | None = None
    component: VexSubject | None = None
    problem: str = ""


class VexTarget(msgspec.Struct, frozen=True, kw_only=True):
    """The subject of a statement.

    `name` is a PyPI package in PEP 503 form; `version` its exact version, or `versions` a `vers:pypi/`
    range. `within` is the purl of the product to which the statement is limited, empty if the package
    itself is the product. `problem` is why it can match nothing ("names no exact version"), or empty, and `step` what to
    do about that, empty for the step that all such targets share. `label` is its name in the document. `binding` is the
    same for packages of any ecosystem, `detail` what is stated of it in words: the impact, the action, or notes.
    """

    label: str
    name: str = ""
    version: str = ""
    versions: str = ""
    within: str = ""
    problem: str = ""
    step: str = ""
    binding: VexBinding = VexBinding()
    detail: str = ""


class VexStatement(msgspec.Struct, frozen=True, kw_only=True):
    """One statement.

    `names` are the vulnerability's id and aliases, the id first. `timestamp` is None if the document has
    none that can be ordered. `latest` is the latest of all times that the statement and its document give, with UTC
    for those without a time zone; None if there is none. `place` is its JSON path.
    """

    names: tuple[str, ...]
    status: VexStatus
    place: str
    justification: Justification | None = None
    timestamp: datetime | None = None
    latest: datetime | None = None
    targets: tuple[VexTarget, ...] = ()


class VexTrust(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a document is by an author in `[[vex_authors]]`.

    `basis` is how the author is known (`digest`, or `signed by NAME`), empty if the document does not count; `problem` is
    then why, and `step` what to do.
    """

    basis: str = ""
    problem: str = "is by an author that was not checked"
    step: str = ""


class VexDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One document that was read. `file` is its file name, `id` as the document gives it, else the file name.

    `authors` are those that it names, in its order, and `role` their role; both empty where it gives none. `sha256` is
    over its bytes. A document is not trusted until its author was checked. `issued` is the document's own time, None if
    it has none that can be ordered; `revision` its edition as written. `draft` is True if it decides nothing yet,
    `withdrawn` if it takes back what an earlier edition of it stated.
    """

    file: str
    id: str
    format: str
    statements: tuple[VexStatement, ...]
    authors: tuple[str, ...] = ()
    role: str = ""
    sha256: str = ""
    trust: VexTrust = VexTrust()
    issued: datetime | None = None
    revision: str = ""
    draft: bool = False
    withdrawn: bool = False

    @property
    def author(self) -> str:
        """All authors in one text that can be shown; empty without any."""
        return ", ".join(map(printable, self.authors))

    @property
    def attribution(self) -> str:
        """Author, role and how the author is known, in words."""
        role = f" ({printable(self.role)})" if self.role else ""
        basis = f", {self.trust.basis}" if self.trust.basis else ""
        return f"{self.author or 'an author that it does not name'}{role}{basis}"


class Acceptance(msgspec.Struct, frozen=True, kw_only=True):
    """A live waiver as used in VEX and ignore lists.

    `since` is the start of the day it was written, `until` its expiry date, `ends` the end of that day; both times
    in UTC.
    """

    id: str
    reason: str
    since: datetime
    until: date
    ends: datetime
    package: str = ""
    versions: str = ""
    justification: str = ""


class VexFinding(NamedTuple):
    """A finding of the records, with the live waiver that covers it, if any."""

    finding: Finding
    acceptance: Acceptance | None


class Assessment(msgspec.Struct, frozen=True, kw_only=True):
    """The project's statement on one vulnerability of one package.

    `name` is the best known id, `aliases` the others, sorted. `detail` is the reason or the next step.
    `since` is the time of the statement, None for the document's own timestamp.
    """

    package: str
    version: str
    name: str
    aliases: tuple[str, ...]
    status: VexStatus
    detail: str
    severity: Severity
    justification: Justification | None = None
    since: datetime | None = None


class AppliedVex(NamedTuple):
    """The VEX that suppresses a finding, read back from the finding; `by` is its author, empty in an older record."""

    document: str
    status: VexStatus
    justification: Justification | None
    by: str = ""


_LABEL = re.compile(
    r"VEX: (?P<document>.+?), (?P<status>not_affected|fixed)(?: \((?P<why>[a-z_]+)\))?(?:, by (?P<by>.+))?"
)

_LIST = re.compile(", +")


def waived_label(document: str, status: VexStatus, justification: Justification | None, *, by: str = "") -> str:
    """Return the `waived_by` of a finding that VEX suppresses.

    Args:
        document: The document's identifier.
        status: Its statement.
        justification: The reason for `not_affected`.
        by: The document's author, and how the author is known.
    """
    why = f" ({justification.value})" if justification else ""
    author = f", by {printable(by)}" if by else ""
    # No comma and space within the identifier: the first ones end it.
    return f"VEX: {_LIST.sub(',', printable(document))}, {status.value}{why}{author}"


def read_waived_label(text: str) -> AppliedVex | None:
    """Read `waived_label` back; None for a text of any other form."""
    found = _LABEL.fullmatch(text)
    if not found:
        return None
    why = found["why"]
    known = Justification(why) if why in set(Justification) else None
    return AppliedVex(found["document"], VexStatus(found["status"]), known, found["by"] or "")
