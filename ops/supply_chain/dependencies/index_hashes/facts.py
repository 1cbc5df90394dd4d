"""What can be found out about a subject, without place: a fact becomes a finding at each line that pins it."""

from __future__ import annotations

from typing import NamedTuple

from ops.supply_chain.contracts.values.finding import Severity
from ops.supply_chain.core.text import printable
from ops.supply_chain.dependencies.index_hashes.subjects import Subject

AGAIN = "{again}"
"""Stands in a next step for the command that locks the package again; it depends on the kind of lock."""

LONGEST_REASON = 200
_ASK = "Install and release nothing with it: ask the keepers of the project and of the index why its bytes changed."


class Fact(NamedTuple):
    """A finding without its place."""

    code: str
    severity: Severity
    message: str
    next_step: str


def replaced(subject: Subject, name: str, wanted: str, served: str) -> Fact:
    """The index serves a file of that name with another hash."""
    message = f"{subject.label}: expected {name} with {wanted}, found it on the index with {served}"
    return Fact("hash.replaced", Severity.CRITICAL, message, _ASK)


def missing(subject: Subject, wanted: str, *, name: str = "", files: int, elsewhere: str = "") -> Fact:
    """The index serves the version, and no file with that hash."""
    what = f"{name} with {wanted}" if name else f"a file with {wanted}"
    found = f"that hash on {printable(elsewhere)} alone" if elsewhere else f"none among the {files} of that version"
    step = f"See why the index took it down; if it was never there, the lock was tampered with. Then {AGAIN}"
    return Fact("hash.missing", Severity.HIGH, f"{subject.label}: expected {what} on the index, found {found}", step)


def version_missing(subject: Subject, elsewhere: str = "") -> Fact:
    """The index has the project, and no file of the version."""
    found = f"its hash on {printable(elsewhere)} alone" if elsewhere else "none"
    message = f"{subject.label}: expected files of that version on the index, found {found}"
    step = f"See why it was removed, then choose another version: {AGAIN}"
    return Fact("hash.version-missing", Severity.HIGH, message, step)


def project_missing(subject: Subject) -> Fact:
    """The index has no such project."""
    message = f"{subject.label}: expected the project {subject.page.name} on the index, found none"
    step = (
        "See why it was removed, and replace it; until then anyone may be able to register that name. "
        "If it is a private package, name its index in the lock."
    )
    return Fact("hash.project-missing", Severity.HIGH, message, step)


def yanked(subject: Subject, names: tuple[str, ...], reason: str, *, whole: bool) -> Fact:
    """Files that the lock records are yanked."""
    what = "the version" if whole else ", ".join(map(printable, names))
    why = printable(reason.strip())[:LONGEST_REASON]
    said = f'saying "{why}"' if why else "without a reason"
    message = f"{subject.label}: its makers yanked {what}, {said}"
    return Fact("hash.yanked", Severity.MEDIUM, message, f"Move to a version that is not yanked: {AGAIN}")


def of_status(subject: Subject, status: str, reason: str, *, offers_files: bool) -> Fact | None:
    """What a project's status (PEP 792) has to say; None for an active one."""
    why = printable(reason.strip())[:LONGEST_REASON]
    said = f"{subject.label}: the index calls the project {printable(status)[:40]}" + (
        f', saying "{why}"' if why else ""
    )
    known = {
        "active": None,
        "quarantined": Fact(
            "hash.quarantined",
            Severity.CRITICAL,
            said if offers_files else f"{said}, and offers no file of that version",
            "Install and release nothing with it: the index holds it for suspected malware. Replace it.",
        ),
        "archived": Fact("hash.archived", Severity.INFO, said, "Expect no more fixes: plan to replace it."),
        "deprecated": Fact("hash.deprecated", Severity.INFO, said, "Plan to move to what replaces it."),
    }
    other = Fact("hash.unknown-status", Severity.LOW, said, "Look at the project's page what that means.")
    return known.get(status, other)


def bytes_differ(subject: Subject, name: str, wanted: tuple[str, ...], served: tuple[str, ...], size: int) -> Fact:
    """The server sends other bytes than the lock records."""
    expected, found = ", ".join(wanted), ", ".join(served)
    message = (
        f"{subject.label}: expected {name} with {expected}, found {found} in the {size} bytes that its server sent"
    )
    return Fact("hash.bytes-differ", Severity.CRITICAL, message, _ASK)


def unhashed(label: str) -> Fact:
    """The lock gives no hash or no version to compare."""
    message = f"{label}: the lock has no exact version with hashes, so that nothing can be compared"
    return Fact("hash.unhashed", Severity.HIGH, message, f"Pin it with == and hashes: {AGAIN}")


def not_examined(label: str, why: str, remedy: str) -> Fact:
    """It could not be looked at."""
    return Fact("hash.not-examined", Severity.INFO, f"{label}: not looked at: {why}", remedy)
