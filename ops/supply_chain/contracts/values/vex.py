"""VEX as it is read and as it is written, whatever format it stands in.

Read: a `VexDocument` of statements, each about targets. Written: an `Assessment` for each open
vulnerability of a package. The words are OpenVEX's; each format's reader and writer translates.

Source: OpenVEX v0.2.0; facts/standards.md section 4.
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
    """What a statement says of a vulnerability in a package."""

    NOT_AFFECTED = "not_affected"
    AFFECTED = "affected"
    FIXED = "fixed"
    UNDER_INVESTIGATION = "under_investigation"


class Justification(StrEnum):
    """Why something is not affected."""

    COMPONENT_NOT_PRESENT = "component_not_present"
    CODE_NOT_PRESENT = "vulnerable_code_not_present"
    CODE_NOT_IN_EXECUTE_PATH = "vulnerable_code_not_in_execute_path"
    CANNOT_BE_CONTROLLED = "vulnerable_code_cannot_be_controlled_by_adversary"
    INLINE_MITIGATIONS = "inline_mitigations_already_exist"


class VexTarget(msgspec.Struct, frozen=True, kw_only=True):
    """What a statement is about.

    `name` is a PyPI package in PEP 503 form; `version` its exact version, or `versions` a `vers:pypi/`
    range. `within` is the purl of the product in whose context alone the statement holds, empty where the
    package itself is the product. `problem` says why it can match nothing ("names no exact version"),
    empty where it can. `label` is how the document names it.
    """

    label: str
    name: str = ""
    version: str = ""
    versions: str = ""
    within: str = ""
    problem: str = ""


class VexStatement(msgspec.Struct, frozen=True, kw_only=True):
    """One statement.

    `names` are the vulnerability's id and aliases, the id first. `timestamp` is None where the document
    gives no moment that can be ordered. `place` is its JSON path.
    """

    names: tuple[str, ...]
    status: VexStatus
    place: str
    justification: Justification | None = None
    timestamp: datetime | None = None
    targets: tuple[VexTarget, ...] = ()


class VexDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One document that was read. `file` is its file name, `id` as the document gives it, else the file name."""

    file: str
    id: str
    format: str
    statements: tuple[VexStatement, ...]


class Acceptance(msgspec.Struct, frozen=True, kw_only=True):
    """A live waiver as VEX and ignore lists tell it.

    `since` is the first moment of the day it was written, `until` its last day, `ends` the first moment
    after that day; both moments in UTC.
    """

    id: str
    reason: str
    since: datetime
    until: date
    ends: datetime
    package: str = ""
    versions: str = ""
    justification: str = ""


class Judged(NamedTuple):
    """A finding of the records, and the live waiver that it is waived by, if one is."""

    finding: Finding
    acceptance: Acceptance | None


class Assessment(msgspec.Struct, frozen=True, kw_only=True):
    """What we say of one vulnerability of one package.

    `name` is the best known id, `aliases` the others, sorted. `detail` is the reason, or what to do.
    `since` is when it was said, None for the document's own moment.
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


class Applied(NamedTuple):
    """Whose word took a finding's force, read back from the finding."""

    document: str
    status: VexStatus
    justification: Justification | None


_LABEL = re.compile(r"VEX: (?P<document>.+), (?P<status>not_affected|fixed)(?: \((?P<why>[a-z_]+)\))?")


def waived_label(document: str, status: VexStatus, justification: Justification | None) -> str:
    """Return what a finding that VEX suppresses has in `waived_by`."""
    why = f" ({justification.value})" if justification else ""
    return f"VEX: {printable(document)}, {status.value}{why}"


def read_waived_label(text: str) -> Applied | None:
    """Read `waived_label` back; None for a text of any other form."""
    found = _LABEL.fullmatch(text)
    if not found:
        return None
    why = found["why"]
    known = Justification(why) if why in set(Justification) else None
    return Applied(found["document"], VexStatus(found["status"]), known)
