"""The authors whose VEX documents suppress findings: `[[vex_authors]]` compared with a document and its signature.

A signature proves who signed, so a signed document is known by its signer. Without one the author is only a text in the
document: the maintainers fix the very bytes that they checked by their digest.

Source: docs/configuration.md, "[[vex_authors]]"; docs/adr/0019-authors-of-vex.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ops.supply_chain.contracts.config.file import CONFIG_NAME
from ops.supply_chain.contracts.config.vex import VexAuthor
from ops.supply_chain.contracts.values.release_naming import ReleaseNaming
from ops.supply_chain.contracts.values.signature_names import bundle_name
from ops.supply_chain.contracts.values.verified_bundle import VerifiedBundle
from ops.supply_chain.contracts.values.vex import VexDocument, VexTrust
from ops.supply_chain.core.errors import ErrorClass, UsageError
from ops.supply_chain.core.text import printable
from ops.supply_chain.trust.identities.check import identity_problem
from ops.supply_chain.trust.identities.matching import SignedRun, matching, mismatches

KIND = "vex"
"""What a bundle beside a VEX document is over, as the `for` of an entry names it."""

DIGEST = "digest"
ADVICE = "docs/configuration.md describes [[vex_authors]]."

_SHA256 = re.compile(r"[0-9a-f]{64}")
_UNSIGNED_KEYS = ("since", "until", "repository", "ref", "event", "runner", "signs")


class VexSignature(NamedTuple):
    """The bundle beside a document: `proof` if it verified, else `problem`; both are empty if there is none.

    `broken` is True if the bundle was checked and does not verify.
    """

    proof: VerifiedBundle | None = None
    problem: str = ""
    broken: bool = False


def checked_authors(entries: Iterable[VexAuthor]) -> tuple[VexAuthor, ...]:
    """Return the entries unchanged if all of them are valid.

    Raises:
        UsageError: An entry names neither a signer with an issuer nor an author with a digest, or is invalid.
    """
    found = tuple(entries)
    for position, entry in enumerate(found):
        problem = _problem(entry)
        if problem:
            raise UsageError(
                f"{CONFIG_NAME}: vex_authors[{position}]: {problem}", hint=ADVICE, kind=ErrorClass.CONFIGURATION
            )
    return found


def _problem(entry: VexAuthor) -> str:
    if entry.sha256 and not _SHA256.fullmatch(entry.sha256):
        return f"'sha256' is {entry.sha256!r}, expected 64 lower-case hexadecimal digits"
    if entry.is_for_signed:
        return identity_problem(entry)
    if not (entry.name.strip() and entry.sha256):
        return "expected 'identity' (or 'identity_regex') with 'issuer', or 'name' with 'sha256'"
    conditions = [key for key in _UNSIGNED_KEYS if getattr(entry, key)]
    return "has conditions on a signature, but names no 'identity' and 'issuer'" if conditions else ""


def trust_of(document: VexDocument, authors: Sequence[VexAuthor], signature: VexSignature) -> VexTrust:
    """Return whether a document is by an author in `[[vex_authors]]`, and how that is known.

    Args:
        document: As it was read, with its digest.
        authors: As `checked_authors` returns them.
        signature: The bundle next to it.
    """
    if signature.broken:
        return _broken(document, signature)
    if any(_names(entry, document) and entry.sha256 == document.sha256 for entry in authors if not entry.is_for_signed):
        return VexTrust(basis=DIGEST, problem="")
    if signature.proof is not None:
        return _signed(document, authors, signature.proof)
    return _unsigned(document, authors, signature)


def _names(entry: VexAuthor, document: VexDocument) -> bool:
    return bool(entry.name) and entry.name in {*document.authors, *map(printable, document.authors), document.author}


def _signed(document: VexDocument, authors: Sequence[VexAuthor], proof: VerifiedBundle) -> VexTrust:
    signers = [entry for entry in authors if entry.is_for_signed and _is_narrowed_to(entry, document)]
    run = SignedRun(proof.extensions, KIND)
    who = f"{printable(proof.san)}, issuer {printable(proof.issuer)}"
    found = matching(signers, proof.san, proof.issuer, proof.signed_at, run)
    if found is not None:
        role = f"{printable(found.role)}, " if found.role else ""
        return VexTrust(basis=f"signed by {role}{who}", problem="")
    near = mismatches(signers, proof.san, proof.issuer, proof.signed_at, run)
    reasons = sorted({why for _, why in near if why != "has another name"})
    more = f" (an identity of that name {'; '.join(reasons)})" if reasons else ""
    entry = _entry(identity=proof.san, issuer=proof.issuer)
    return VexTrust(
        problem=f"is signed by {who}, which [[vex_authors]] does not list{more}",
        step=f"If its statements may suppress findings, add to {CONFIG_NAME}, a line for each part: {entry}",
    )


def _is_narrowed_to(entry: VexAuthor, document: VexDocument) -> bool:
    return (not entry.name or _names(entry, document)) and entry.sha256 in ("", document.sha256)


def _broken(document: VexDocument, signature: VexSignature) -> VexTrust:
    bundle = printable(bundle_name(document.file, ReleaseNaming.VERSIONED))
    return VexTrust(
        problem=f"has a signature that does not verify: {signature.problem}",
        step=f"Get {printable(document.file)} and {bundle} from the issuer again, and compare the document's "
        f"sha256:{document.sha256} with theirs.",
    )


def _unsigned(document: VexDocument, authors: Sequence[VexAuthor], signature: VexSignature) -> VexTrust:
    state = signature.problem or "is not signed"
    bundle = printable(bundle_name(document.file, ReleaseNaming.VERSIONED))
    if not document.author:
        return VexTrust(
            problem=f"{state}, and names no author",
            step=f"Ask the issuer for a document that names its author, or for its signature {bundle}; the digest is "
            f"sha256:{document.sha256}.",
        )
    unsigned = [entry for entry in authors if not entry.is_for_signed]
    why = "its author is not in [[vex_authors]]"
    if any(_names(entry, document) for entry in unsigned):
        why = "[[vex_authors]] lists its author with another digest"
    elif any(entry.sha256 == document.sha256 for entry in unsigned):
        why = "[[vex_authors]] lists its digest with another author"
    signers = f", or put {bundle} next to it" if any(entry.is_for_signed for entry in authors) else ""
    entry = _entry(name=document.author, sha256=document.sha256)
    return VexTrust(
        problem=f"{state}, and {why}",
        step=f"If that author issued it and its statements may suppress findings, add to {CONFIG_NAME}, a line for each part: {entry}{signers}",
    )


def _entry(**keys: str) -> str:
    """Return an entry of `[[vex_authors]]` as findings show it: the table's head, then its keys, in one line."""
    import tomli_w

    lines = tomli_w.dumps({key: printable(text) for key, text in keys.items()}).splitlines()
    return f"[[vex_authors]] {', '.join(lines)}"
