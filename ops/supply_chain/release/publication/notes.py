"""The notes of a published release: what it consists of, by digest, and how a customer checks it.

Untrusted text (names, identities, roles) is written as a code span or a code block, where Markdown has no links,
mentions or HTML. Text that people wrote into a draft is kept; our section is between two marks and is rewritten by
each run. The same release gives the same bytes.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence

import msgspec

from ops.supply_chain.contracts.config.signing import SigningIdentity
from ops.supply_chain.contracts.values.publication import LocalFile
from ops.supply_chain.contracts.values.release_naming import ReleaseNaming, naming_of
from ops.supply_chain.contracts.values.signature_names import bundle_name, bundle_suffix
from ops.supply_chain.formats import markdown

BEGIN, END = "<!-- sealwright:begin -->", "<!-- sealwright:end -->"
MOST_CHARACTERS = 120_000
"""GitHub refuses a body of more than 125,000 characters."""

ROOT = ' --trusted-root "$TRUSTED_ROOT"'
ROOT_HELP = "# $TRUSTED_ROOT is the trusted root that you have from elsewhere, not the one in this release"
"""Someone who can replace the release can replace a trusted root that comes with it."""


class NotesFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the notes say.

    `files` are all files of the release sorted by name, `signatures` the names of those that only sign
    others. `checksums` and `verifier` are names among them, or empty. `identities` are those who may have signed it;
    empty in mode `checksums`. `commit` is empty outside git. `private_root` says that it was signed by another
    instance than the public one, whose trusted root a customer's tools do not have.
    """

    component: str
    version: str
    repository: str
    tag: str
    commit: str
    files: tuple[LocalFile, ...]
    signatures: frozenset[str]
    identities: tuple[SigningIdentity, ...]
    checksums: str = ""
    private_root: bool = False
    verifier: str = ""


def notes(facts: NotesFacts, *, existing: str = "") -> str:
    """Write the body of the release.

    Args:
        facts: What to say.
        existing: The body that the draft has now.
    Returns:
        Markdown: the existing text with our section in its place, or at its end.
    """
    whole = merged(existing, _section(facts, _table(facts)))
    if len(whole) <= MOST_CHARACTERS:
        return whole
    short = f"The table of {len(facts.files)} files is too long for this page; {markdown.code(facts.checksums)} has it."
    return merged(existing, _section(facts, [short]))


def merged(existing: str, section: str) -> str:
    """Replace our section of an earlier run, or append it to the existing text."""
    before, begin, rest = existing.partition(BEGIN)
    _, end, after = rest.partition(END)
    if begin and end:
        return before + section + after
    kept = existing.replace(BEGIN, "").replace(END, "").rstrip()
    return f"{kept}\n\n{section}\n" if kept else f"{section}\n"


def _section(facts: NotesFacts, table: Sequence[str]) -> str:
    source = f" Built from commit {markdown.code(facts.commit)}." if facts.commit else ""
    lines = [
        BEGIN,
        f"## Check {markdown.code(f'{facts.component} {facts.version}')} before you use it",
        "",
        f"{_signed(facts)}{source}",
        "",
        markdown.fenced(_commands(facts), "sh"),
        "",
        "### Files",
        "",
        *table,
        "",
        END,
    ]
    return "\n".join(lines)


def _table(facts: NotesFacts) -> list[str]:
    rows = [
        f"| {markdown.code(file.name)} | {file.size} | {markdown.code(file.sha256)} |"
        for file in facts.files
        if file.name not in facts.signatures
    ]
    return ["| file | bytes | SHA-256 |", "|---|---:|---|", *rows]


def _signed(facts: NotesFacts) -> str:
    if not _bundled(facts):
        return "**This release is not signed**: its digests are published, and nothing vouches for them."
    count = sum(1 for file in facts.files if file.name not in facts.signatures)
    return f"{count} files; each has a signature in the file of the same name plus `{bundle_suffix(_naming(facts))}`."


def _naming(facts: NotesFacts) -> ReleaseNaming:
    return naming_of({file.name for file in facts.files})


def _bundled(facts: NotesFacts) -> bool:
    names = {file.name for file in facts.files}
    return bool(facts.identities) and bundle_name(facts.checksums, naming_of(names)) in names


def _commands(facts: NotesFacts) -> list[str]:
    folder = f"{facts.component}-{facts.version}"
    where = f"{facts.tag} --repo {facts.repository} --dir {folder}"
    lines = [f"gh release download {where}", f"cd {folder}"]
    if _bundled(facts):
        lines += [ROOT_HELP] if facts.private_root else []
        one_of = "  # one of these, see SECURITY.md" if len(facts.identities) > 1 else ""
        lines += [f"{_cosign(facts, identity, facts.checksums)}{one_of}" for identity in facts.identities]
    if facts.checksums:
        lines.append(f"sha256sum --check {shlex.quote(facts.checksums)}")
    exact = [identity for identity in facts.identities if identity.identity]
    if facts.verifier and exact and _bundled(facts):
        who = f"--identity {shlex.quote(exact[0].identity)} --issuer {shlex.quote(exact[0].issuer)}"
        who += ROOT if facts.private_root else ""
        # The verifier comes from the same place as the release: run it only after its own signature verifies.
        first = _cosign(facts, exact[0], facts.verifier)
        lines.append(f"{first} && python {shlex.quote(facts.verifier)} . {who}")
    return lines


def _cosign(facts: NotesFacts, identity: SigningIdentity, name: str) -> str:
    # cosign does not anchor a pattern; ours are matched from the first to the last character.
    who = (
        f"--certificate-identity {shlex.quote(identity.identity)}"
        if identity.identity
        else f"--certificate-identity-regexp {shlex.quote(f'^(?:{identity.identity_regex})$')}"
    )
    root = ROOT if facts.private_root else ""
    bundle = shlex.quote(bundle_name(name, _naming(facts)))
    issuer = f"--certificate-oidc-issuer {shlex.quote(identity.issuer)}"
    return f"cosign verify-blob --bundle {bundle}{root} {who} {issuer} {shlex.quote(name)}"
