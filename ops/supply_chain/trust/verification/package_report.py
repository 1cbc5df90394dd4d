"""The result of verifying what an index serves, as text and as plain data for JSON (`package-verification/1`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from ops.supply_chain.contracts.files.package_verification import (
    SCHEMA,
    EvidenceState,
    PackageVerification,
    ServedPackage,
)
from ops.supply_chain.contracts.files.verification import VERIFIER_VERSION
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.core.text import excerpt, plural, printable

_ORDER = (EvidenceState.BAD, EvidenceState.UNCHECKED, EvidenceState.ABSENT, EvidenceState.VERIFIED)
_MOST_OF_A_PACKAGE = 3
_RESULTS = {
    Outcome.PASS: "verified",
    Outcome.FAIL: "NOT VERIFIED, do not install it",
    Outcome.NOT_EXAMINED: "not verified, because not everything could be examined",
}


def document(verification: PackageVerification, *, verified_at: str) -> dict[str, Any]:
    """Return the result as plain data; `verified_at` is RFC 3339."""
    return {
        "schema": SCHEMA,
        "verified_at": verified_at,
        "verifier_version": VERIFIER_VERSION,
        "outcome": verification.outcome,
        "in_words": headline(verification),
        "lock": verification.of_lock,
        "release": verification.release,
        "tolerated": verification.tolerated,
        "packages": [
            {
                "name": package.name,
                "version": package.version,
                "state": package.state,
                "problem": package.problem,
                "notes": list(package.notes),
                "files": [asdict(file) for file in package.files],
            }
            for package in verification.packages
        ],
        "notes": list(verification.notes),
    }


def counts(verification: PackageVerification) -> dict[str, int]:
    """Return how many packages there are, in all and in each state."""
    states = {"verified": EvidenceState.VERIFIED, "absent": EvidenceState.ABSENT, "bad": EvidenceState.BAD}
    return {
        "packages": len(verification.packages),
        "files": sum(len(package.files) for package in verification.packages),
        **{name: verification.count(state) for name, state in states.items()},
        "not_examined": verification.count(EvidenceState.UNCHECKED),
    }


def headline(verification: PackageVerification) -> str:
    """Return the result in one line."""
    result = _RESULTS[verification.outcome]
    if verification.tolerated and verification.outcome is Outcome.PASS:
        result = "accepted, not verified, because its release is only accepted"
    if verification.of_lock:
        each = ", ".join(f"{verification.count(state)} {state.in_words}" for state in reversed(_ORDER))
        if verification.outcome is Outcome.PASS:
            result = "attestations verified where there are any"
        return f"{excerpt(verification.of_lock)}: {plural(len(verification.packages), 'package')}: {each}; {result}"
    names = ", ".join(f"{package.name} {excerpt(package.version)}" for package in verification.packages)
    return f"{names}: {result}"


def text(verification: PackageVerification, *, verified: bool = True) -> str:
    """Return the result as text: the headline, then packages and files, the worst first.

    Args:
        verification: The result.
        verified: Whether files that are verified are shown too.
    """
    lines = [headline(verification)]
    if verification.release:
        lines.append(f"  release   {verification.release}")
    for state in _ORDER:
        for package in verification.packages:
            if package.state is state:
                lines += _package(verification, package, verified=verified)
    lines += [f"note: {note}" for package in verification.packages for note in package.notes]
    lines += [f"note: {note}" for note in verification.notes]
    return "\n".join(printable(line) for line in lines)


def problems_of(package: ServedPackage) -> list[str]:
    """Return why a package is not verified, one clause each; the first few, and how many more."""
    found = [package.problem] if package.problem else []
    found += [f"{file.filename}: {'; '.join(file.problems)}" for file in package.files if file.problems]
    more = len(found) - _MOST_OF_A_PACKAGE
    return [*found[:_MOST_OF_A_PACKAGE], *([f"{more} more files"] if more > 0 else [])]


def _package(verification: PackageVerification, package: ServedPackage, *, verified: bool) -> Iterator[str]:
    if verification.of_lock:
        if package.state is EvidenceState.ABSENT and not package.problem:
            return  # normal for most of an index: counted, not listed
        if package.state is EvidenceState.VERIFIED and not verified:
            return
        yield f"{package.state.in_words:<21} {package.name} {excerpt(package.version)}{_by(package)}"
        yield from (f"{'':<21}   {problem}" for problem in problems_of(package))
        return
    for file in package.files:
        accepted = verification.tolerated and file.state is EvidenceState.VERIFIED
        yield f"{'accepted' if accepted else file.state.in_words:<21} {file.filename}"
        yield from (f"{'':<21}   sha256 {file.sha256}" for _ in range(bool(file.sha256)))
        yield from (f"{'':<21}   {clause}" for clause in (*file.proofs, *file.problems))


def _by(package: ServedPackage) -> str:
    proofs = [proof for file in package.files for proof in file.proofs]
    return f": {proofs[0]}" if package.state is EvidenceState.VERIFIED and proofs else ""
