"""Texts about the newest release: files, SBOMs, commands, identities, frameworks, retention.

Names of files and commands are those of the release that the evidence is about; without a release, each text states
that there is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ops.supply_chain.assurance.documents.claim_renderer import ClaimRenderer
from ops.supply_chain.assurance.documents.facts import DeferredCve, DescribedFile, DocumentFacts
from ops.supply_chain.contracts.config.compliance import CraRole
from ops.supply_chain.contracts.config.file import Config
from ops.supply_chain.contracts.config.periods import MANUFACTURER_YEARS
from ops.supply_chain.contracts.config.signing import SigningConfig, SigningMode
from ops.supply_chain.contracts.files.claims import ControlStatus, ControlVerdict
from ops.supply_chain.contracts.values.weakening import WEAKENED
from ops.supply_chain.core.errors import ErrorClass, UsageError
from ops.supply_chain.core.text import printable
from ops.supply_chain.formats import markdown

NOTHING_YET = "When this document was generated, no release had been made with this pipeline."
"""True also once the first release is made: its commit cannot contain a document about it."""

NO_COMMANDS = f"{NOTHING_YET} From the first release on, this section has the commands that verify it."

DAYS_IN_TEN_YEARS = 3653
"""The most days that ten years have."""

S2C2F_LEVELS: dict[int, tuple[str, ...]] = {
    1: ("ING-1", "ING-2", "SCA-1", "SCA-2", "INV-1", "UPD-1"),
    2: ("SCA-3", "INV-2", "UPD-2", "UPD-3", "AUD-2", "AUD-3", "ENF-1"),
    3: ("ING-3", "ING-4", "SCA-4", "SCA-5", "AUD-1", "ENF-2"),
    4: ("AUD-4", "REB-1", "REB-2", "REB-3", "REB-4", "FIX-1"),
}
"""Practices by maturity level, S2C2F v1.1."""

NOT_WEAKENED = "gate-not-weakened"
"""The claim that no setting made the release gate weaker."""

SLSA_CLAIMS = ("slsa-build-l1", "slsa-build-l2", "slsa-build-l3")
"""The claim of each Build level, lowest first."""

_PRACTICE = re.compile(r"(?:ING|SCA|INV|UPD|AUD|ENF|REB|FIX)-\d")
_STANDING = {
    ControlStatus.MET: "met",
    ControlStatus.NOT_MET: "not met",
    ControlStatus.NOT_EXAMINED: "not examined",
    ControlStatus.OUT_OF_SCOPE: "out of scope",
}


REHEARSED = "**This document describes a rehearsal, not a release.**"
"""What a document says at its top that rests on a rehearsal."""


def evidence_notice(facts: DocumentFacts) -> str:
    """Return the note at the top: the evidence that the document was computed from, and what weakened its gate."""
    weakened = weakened_notice(facts)
    return f"{_computed_from(facts)}\n>\n> {weakened}" if weakened else _computed_from(facts)


def weakened_notice(facts: DocumentFacts) -> str:
    """Return the settings that made the release gate weaker than its default, as Markdown; empty where there is none."""
    found = weakened_settings(facts)
    return f"**{markdown.text(found)}**" if found else ""


def weakened_settings(facts: DocumentFacts) -> str:
    """Return the same as plain text."""
    missing = (text for claim in facts.claims.claims if claim.id == NOT_WEAKENED for text in claim.missing)
    found = [text for text in missing if text.startswith(f"{WEAKENED}:")]
    return next(iter(found), "")


def _computed_from(facts: DocumentFacts) -> str:
    source = facts.claims.source
    if source is None:
        return f"> **{NOTHING_YET}** The document makes no claims about releases."
    name = f"{markdown.code(source.component)} {markdown.code(source.version)}"
    if source.rehearsal:
        return (
            f"> {REHEARSED} {NOTHING_YET} {name} was rehearsed on "
            f"{_day(source.retained_at)} with an ephemeral signing service on one machine, so its signatures prove "
            'nothing to others. Only what the rehearsal showed is claimed; "the release" means the rehearsed files. '
            "Numbers in brackets refer to the [evidence](#evidence)."
        )
    return (
        f"> Computed from release {name}, retained on {_day(source.retained_at)} and verified again for this document. "
        "Each sentence with a number in brackets rests on files of that release or of this repository, listed under "
        "[evidence](#evidence)."
    )


def supply_chain_status(facts: DocumentFacts, renderer: ClaimRenderer) -> str:
    """Return one sentence on how many claims the newest release supports."""
    source = facts.claims.source
    if source is None:
        return f"{NOTHING_YET} No claims are made about releases."
    supported = sum(renderer.supported(claim.id) for claim in facts.claims.claims)
    what = f"{'rehearsal' if source.rehearsal else 'release'} {markdown.code(source.version)}"
    aside = " A rehearsal is not a release." if source.rehearsal else ""
    return (
        f"{supported} of {len(facts.claims.claims)} claims about this project's supply chain are supported by the evidence of "
        f"{what}.{aside}"
    )


def sbom_location(facts: DocumentFacts) -> str:
    """Return where the SBOMs are."""
    names = [markdown.code(file.name) for file in facts.files if file.sbom]
    if facts.claims.source is None:
        return f"{NOTHING_YET} SBOMs are part of each release."
    if not names:
        return f"The {markdown.text(facts.subject)} has no SBOM."
    return f"Among the files of {markdown.text(facts.subject)}: {', '.join(names)}."


def sbom_files(facts: DocumentFacts) -> str:
    """Return a table of the release's SBOMs."""
    files = [file for file in facts.files if file.sbom]
    return _file_table(files) if files else sbom_location(facts)


def release_files(facts: DocumentFacts) -> str:
    """Return a table of the release's files and their uses."""
    return _file_table(facts.files) if facts.files else NOTHING_YET


def _file_table(files: Iterable[DescribedFile]) -> str:
    rows = ((markdown.code(file.name), markdown.text(file.meaning), "yes" if file.signed else "no") for file in files)
    return markdown.table(("file", "content", "signature bundle"), rows)


def commands(facts: DocumentFacts, lines: tuple[str, ...]) -> str:
    """Return command lines, or a sentence where there is nothing to run them on."""
    if facts.claims.source is None:
        return NO_COMMANDS
    return markdown.fenced(lines) if lines else "This release has nothing of this kind to check."


def signatures(facts: DocumentFacts) -> str:
    """Return the commands that verify signatures; those of a rehearsal cannot be verified by others."""
    if facts.rehearsed:
        return "The signing keys of a rehearsal are ephemeral: its signatures prove nothing to others."
    return commands(facts, facts.commands.signatures)


def signing_identities(config: SigningConfig) -> str:
    """Return the identities that may sign releases, with their dates."""
    if config.mode is SigningMode.CHECKSUMS:
        return "Releases of this project are not signed; only their digests are published."
    rows = [
        (
            markdown.text(identity.role) or "not stated",
            markdown.code(identity.identity)
            if identity.identity
            else f"matches {markdown.code(identity.identity_regex)}",
            markdown.code(identity.issuer),
            markdown.text(identity.since) or "not limited",
            markdown.text(identity.until) or "not limited",
        )
        for identity in config.identities
    ]
    if not rows:
        return "No signing identity is configured yet; without one, no release of this project is signed."
    only = "Only these identities may sign a release; dates are inclusive, in UTC."
    return f"{only}\n\n" + markdown.table(("role", "identity in the certificate", "issuer", "from", "until"), rows)


def slsa_reached(renderer: ClaimRenderer) -> int:
    """Return the highest SLSA Build level up to which every level is supported; 0 for none."""
    return next((level for level, claim in enumerate(SLSA_CLAIMS) if not renderer.supported(claim)), len(SLSA_CLAIMS))


def slsa_level(facts: DocumentFacts, renderer: ClaimRenderer) -> str:
    """Return the highest SLSA Build level that the evidence supports."""
    if facts.claims.source is None:
        return f"{NOTHING_YET} No SLSA level is claimed."
    level = slsa_reached(renderer)
    if level == 0:
        return f"No SLSA Build level is claimed: the evidence of the {markdown.text(facts.subject)} supports none."
    claimed = renderer.render(
        SLSA_CLAIMS[level - 1], f"SLSA Build L{level}, and no higher level, is claimed.", optional=True
    )
    return f"{claimed} SLSA's Source track is not claimed."


def s2c2f_reached(facts: DocumentFacts) -> int:
    """Return the S2C2F maturity level: the highest up to which every practice is met; 0 for none.

    A practice that is out of scope by decision is not met.
    """
    met = _practices_that_are(ControlStatus.MET, facts)
    return next((level - 1 for level, ids in S2C2F_LEVELS.items() if not met.issuperset(ids)), len(S2C2F_LEVELS))


def s2c2f_level(facts: DocumentFacts) -> str:
    """Return the S2C2F maturity level as text: what is reached, and which practices keep it from the next level."""
    if facts.claims.source is None:
        return f"{NOTHING_YET} No S2C2F level is claimed."
    met, decided = (_practices_that_are(status, facts) for status in (ControlStatus.MET, ControlStatus.OUT_OF_SCOPE))
    unexamined = _practices_that_are(ControlStatus.NOT_EXAMINED, facts)
    level = s2c2f_reached(facts)
    wanted = [practice for practice in S2C2F_LEVELS.get(level + 1, ()) if practice not in met]
    reached = f"S2C2F level {level}" if level else "No S2C2F level"
    lacking = [practice for practice in wanted if practice not in decided | unexamined]
    parts = (
        (f"Not met for level {level + 1}", lacking),
        (f"Not examined for level {level + 1}", [practice for practice in wanted if practice in unexamined]),
        (
            f"Out of scope by decision, so level {level + 1} is not claimed",
            [each for each in wanted if each in decided],
        ),
    )
    reasons = "".join(f" {what}: {', '.join(practices)}." for what, practices in parts if practices)
    count = sum(len(ids) for ids in S2C2F_LEVELS.values())
    return f"{reached} is reached: {len(met)} of {count} practices of S2C2F v1.1 are met.{reasons}"


def s2c2f_practices(facts: DocumentFacts) -> str:
    """Return a table of the S2C2F practices and their status."""
    practices = _practices(facts)
    if facts.claims.source is None or not practices:
        return "No S2C2F practice has been assessed."
    rows = (
        (practice, markdown.text(control.title), _STANDING[control.standing], markdown.text(control.reason))
        for practice, control in sorted(practices.items())
    )
    return markdown.table(("practice", "requirement", "status", "reason"), rows)


def practices_met(facts: DocumentFacts) -> str:
    """Return a table of the S2C2F practices that are met, and what shows it; empty where there is none."""
    if facts.claims.source is None:
        return ""
    rows = [
        (practice, markdown.text(control.title), markdown.text(control.reason))
        for practice, control in sorted(_practices(facts).items())
        if control.standing is ControlStatus.MET
    ]
    return markdown.table(("practice", "requirement", "how it is met"), rows) if rows else ""


def practices_stated(facts: DocumentFacts) -> str:
    """Return a table of the S2C2F practices that the maintainers state; empty where there is none.

    Raises:
        UsageError: S2C2F has no such practice, it has two statements, or its statement is empty.
    """
    stated = facts.config.controls.stated
    known = [practice for ids in S2C2F_LEVELS.values() for practice in ids]
    for number, entry in enumerate(stated):
        earlier = {other.id for other in stated[:number]}
        if entry.id not in known or entry.id in earlier or not entry.statement.strip():
            raise UsageError(
                f"controls.stated[{number}]: expected one statement about a practice of S2C2F v1.1, found {printable(entry.id)!r}",
                hint=f"Practices are {', '.join(known)}.",
                kind=ErrorClass.CONFIGURATION,
            )
    rows = [(entry.id, markdown.text(entry.statement)) for entry in sorted(stated, key=lambda entry: entry.id)]
    return markdown.table(("practice", "statement of the maintainers"), rows) if rows else ""


def practices_not_met(facts: DocumentFacts) -> Iterator[str]:
    """Yield a sentence for each status of the S2C2F practices that are not met, with their names."""
    practices = sorted(_practices(facts).items())
    for status, words in _STANDING.items():
        names = [practice for practice, control in practices if control.standing is status]
        if names and status is not ControlStatus.MET:
            yield f"S2C2F v1.1, {words}: {', '.join(names)}."


def practices_by_status(facts: DocumentFacts, status: ControlStatus) -> dict[str, ControlVerdict]:
    """Return the S2C2F requirements of one status, by name."""
    return {name: control for name, control in _practices(facts).items() if control.standing is status}


def _practices_that_are(status: ControlStatus, facts: DocumentFacts) -> set[str]:
    return {practice for practice, control in _practices(facts).items() if control.standing is status}


def _practices(facts: DocumentFacts) -> dict[str, ControlVerdict]:
    found = {}
    for control in facts.claims.controls:
        practice = _PRACTICE.search(control.id.upper())
        if practice and "s2c2f" in f"{control.framework} {control.id}".lower():
            found[practice[0]] = control
    return found


def acknowledged(deferred: Iterable[DeferredCve]) -> str:
    """Return a table of known and deferred findings, by expiry date."""
    rows = [
        (
            markdown.text(finding.id),
            f"{markdown.text(finding.package)} {markdown.text(finding.versions)}".strip() or "any",
            markdown.text(finding.reason),
            finding.since.isoformat(),
            finding.until.isoformat(),
        )
        for finding in sorted(
            deferred, key=lambda finding: (finding.until, finding.id, finding.package, finding.versions, finding.reason)
        )
    ]
    if not rows:
        return "No finding is acknowledged and deferred at present."
    return markdown.table(("finding", "package", "reason", "since", "until"), rows)


def retention(facts: DocumentFacts) -> str:
    """Return for how long releases are retained."""
    period = f"Releases are retained by their maintainers for {_retention_period(facts.config)}."
    if not facts.released:
        return period
    until = f" The {markdown.text(facts.subject)} is retained until {markdown.text(facts.retained_until)}."
    return f"{period}{until if facts.retained_until else ''}"


def _retention_period(config: Config) -> str:
    days = f"{config.retention.days} days, as configured"
    if config.compliance.cra_role is not CraRole.MANUFACTURER:
        return days
    own = f"; never for less than {days}" if config.retention.days > DAYS_IN_TEN_YEARS else ""
    return (
        f"{MANUFACTURER_YEARS} years, or until the end of their support period if that is later: the period that Article "
        f"13(13) of Regulation (EU) 2024/2847 gives manufacturers for the technical documentation{own}"
    )


def _day(moment: str) -> str:
    return moment.partition("T")[0]
