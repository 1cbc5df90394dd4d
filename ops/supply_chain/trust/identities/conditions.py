"""Conditions on an identity: for which repository, ref, event and runner it may sign, and which files.

A condition that cannot be checked, because the certificate does not name it, does not hold.

Source: docs/customer-guide.md, "Conditions on an identity".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from ops.supply_chain.contracts.config.signing import SIGNABLE, SIGNABLE_GROUPS, SigningIdentity
from ops.supply_chain.core.text import excerpt
from ops.supply_chain.trust.identities.run import events_of, refs_of, repositories_of, repository_of, runners_of

_REPOSITORY = re.compile(r"[A-Za-z0-9.-]+(?::[0-9]+)?(?:/[A-Za-z0-9._-]+){2,}")
_OWNER_AND_NAME = re.compile(r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+")
_WORD = re.compile(r"[a-z0-9_-]+")
_SPECIFIC = re.compile(r"refs/(?:heads|tags|pull)/[^*]|refs/tags/\*")
"""A ref with a star says at least which kind of ref: a branch needs the beginning of its name."""


def unmet(identity: SigningIdentity, extensions: Mapping[str, str], kind: str) -> str:
    """Return why the conditions of an identity do not hold; empty if all of them do.

    Args:
        identity: The identity.
        extensions: The certificate's Fulcio extensions, by dotted number.
        kind: What is signed: one of `SIGNABLE`.
    """
    named: tuple[tuple[str, str, set[str], Callable[[str, str], bool]], ...] = (
        ("repository", _address(identity.repository), repositories_of(extensions), str.__eq__),
        ("ref", identity.ref, refs_of(extensions), _is_ref),
        ("event", identity.event, events_of(extensions), str.__eq__),
        ("runner", identity.runner, runners_of(extensions), str.__eq__),
    )
    for what, wanted, found, same in named:
        if wanted and not (found and all(same(wanted, text) for text in found)):
            shown = ", ".join(map(excerpt, sorted(found))) or "none in the certificate"
            return f"is for the {what} {excerpt(wanted)}, found {shown}"
    if identity.signs and not {kind, group_of(kind)} & set(identity.signs):
        return f"may sign {', '.join(identity.signs)} only"
    return ""


def condition_problem(identity: SigningIdentity) -> str:
    """Return what is wrong with the conditions of an entry; empty if nothing is."""
    if identity.repository and not _REPOSITORY.fullmatch(_address(identity.repository)):
        return f"'repository' is {identity.repository!r}, expected https://HOST/OWNER/NAME or OWNER/NAME"
    if identity.ref and not (identity.ref.startswith("refs/") and identity.ref.isprintable()):
        return f"'ref' is {identity.ref!r}, expected a full ref such as refs/tags/v1.0 or refs/tags/*"
    if "*" in identity.ref and not _SPECIFIC.match(identity.ref):
        return f"'ref' is {identity.ref!r}, which matches every ref"
    for key, text in (("event", identity.event), ("runner", identity.runner)):
        if text and not _WORD.fullmatch(text):
            return f"'{key}' is {text!r}, expected a word such as {'push' if key == 'event' else 'github-hosted'}"
    unknown = sorted(set(identity.signs) - set(SIGNABLE) - set(SIGNABLE_GROUPS))
    return f"'for' has {unknown[0]!r}, expected {', '.join((*SIGNABLE_GROUPS, *SIGNABLE))}" if unknown else ""


def group_of(kind: str) -> str:
    """Return the group of a kind: `files` or `attestations`."""
    return "attestations" if kind.endswith("attestation") else "files"


def _address(repository: str) -> str:
    """Return a repository as `host/owner/name`; `owner/name` is one at GitHub."""
    found = repository_of(repository)
    return f"github.com/{found}" if _OWNER_AND_NAME.fullmatch(repository.strip()) else found


def _is_ref(pattern: str, ref: str) -> bool:
    """Compare a ref; a star is any text without a line break."""
    return bool(re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), ref))
