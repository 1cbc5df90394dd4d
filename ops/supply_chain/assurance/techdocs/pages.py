"""Pages about the component: start, waivers, dependencies, verification, incident."""

from __future__ import annotations

from ops.supply_chain.assurance.techdocs.file_kinds import KINDS, kind_of
from ops.supply_chain.assurance.techdocs.model import Mirror
from ops.supply_chain.assurance.techdocs.tables import banner, file_link, release_link, table
from ops.supply_chain.contracts.files.dependency_matrix import DependencyRow
from ops.supply_chain.formats import markdown

LEDGER = "files/ledger.jsonl.txt"
"""Where the ledger is enclosed, relative to the pages; `.txt`, so that a browser shows it."""


def index_page(mirror: Mirror) -> list[str]:
    """Return the start page."""
    newest = mirror.newest
    kind = "rehearsal" if newest.rehearsal else "release"
    damage = [f"**{len(mirror.damaged)} problems with retained releases: see [releases](releases.md).**", ""]
    return [
        f"# {markdown.text(mirror.component)}",
        "",
        *([markdown.text(mirror.description), ""] if mirror.description else []),
        *banner(newest),
        *(damage if mirror.damaged else []),
        (
            f"The newest retained {kind} is {release_link(newest, up='')}, made {markdown.code(newest.manifest.created)}, kept until "
            f"{markdown.text(newest.manifest.retained_until)}; the policy said {markdown.text(newest.decision or 'nothing that could be read')}."
        ),
        "",
        "- Something has happened: [incident](incident.md)",
        "- Which release holds a package: [packages](packages.md)",
        "- What was released, when: [releases](releases.md), [SBOMs](sboms.md)",
        "- What is known and accepted: [waivers](waivers.md)",
        "- Who looks after what: [dependencies](dependencies.md)",
        "- How to check all of it without us: [verification](verification.md)",
        "",
        (
            "These pages are made from retained releases whose every byte was held against its manifest. They show what a "
            "release says; that it is true is for [verification](verification.md) to show."
        ),
    ]


def waivers_page(mirror: Mirror) -> list[str]:
    """Return the waivers of the configuration, and what they waived in the newest release."""
    rows = (
        (
            markdown.text(waiver.id),
            markdown.text(waiver.package) or "any",
            markdown.text(waiver.reason),
            markdown.text(waiver.justification) or "none",
            markdown.text(waiver.owner) or "**nobody**",
            markdown.text(waiver.begins),
            markdown.text(waiver.ends),
            markdown.text(waiver.link) or "none",
        )
        for waiver in sorted(mirror.waivers, key=lambda entry: (entry.ends, entry.id, entry.package))
    )
    waived = (
        (
            markdown.text(finding.code),
            markdown.text(f"{finding.package} {finding.version}".strip() or finding.path),
            markdown.text(finding.waived_by),
        )
        for finding in mirror.newest.findings
        if finding.waived_by
    )
    heads = ("id", "package", "reason", "VEX justification", "owner", "from", "last day", "tracked at")
    return [
        "# Waivers",
        "",
        *table(heads, rows, empty="No waiver is configured."),
        "",
        *([*(f"- Waives nothing: {markdown.text(text)}" for text in mirror.malformed), ""] if mirror.malformed else []),
        f"## Waived in {markdown.text(mirror.newest.version)}",
        "",
        *table(("finding", "where", "waiver"), waived, empty="Its records hold no waived finding."),
    ]


def dependencies_page(mirror: Mirror) -> list[str]:
    """Return the dependency matrix."""
    matrix = mirror.matrix
    heads = ("dependency", "version", "owner", "lifecycle", "licence", "notes")
    source = (
        f"Licences are from {markdown.text(matrix.source)}." if matrix.source else "Licences are not known: no SBOM."
    )
    gaps = [
        f"- {markdown.code(lock)} does not tell which of its pins are direct: they are missing here."
        for lock in matrix.untold
    ]
    return [
        "# Direct dependencies",
        "",
        f"{len(matrix.rows)} direct dependencies, {matrix.without_owner} of them without owner. {source}",
        "",
        *([*gaps, ""] if gaps else []),
        *table(heads, map(_dependency, matrix.rows), empty="No direct dependency is known."),
    ]


def _dependency(row: DependencyRow) -> tuple[str, ...]:
    gap = f"({markdown.text(row.licence_gap)})" if row.licence_gap else ""
    licence = " ".join(filter(None, (markdown.text(row.licence), gap)))
    owner = markdown.text(row.owner) or "**no owner**"
    return (
        markdown.text(row.name),
        markdown.text(", ".join(row.versions)),
        owner,
        markdown.text(row.lifecycle.value),
        licence,
        markdown.text(row.notes),
    )


def verification_page(mirror: Mirror) -> list[str]:
    """Return who may sign, and the commands for the newest release."""
    newest = mirror.newest
    rows = (
        (
            markdown.text(identity.identity or f"expression {identity.identity_regex}"),
            markdown.text(identity.issuer),
            markdown.text(identity.role),
            markdown.text(identity.since) or "always",
            markdown.text(identity.until) or "no end",
        )
        for identity in mirror.identities
    )
    commands = (
        markdown.fenced(newest.commands, prompt="$ ").splitlines()
        if newest.commands
        else ["There is none: nobody is configured who may sign."]
    )
    return [
        "# Verification",
        "",
        *banner(newest),
        "## Who may sign",
        "",
        *table(("identity", "OIDC issuer", "role", "from", "until"), rows, empty="Nobody is configured."),
        "",
        *(
            ["Compare this list with the one that the project publishes elsewhere before you trust it.", ""]
            if mirror.identities
            else []
        ),
        f"## Commands for {markdown.text(newest.version)}",
        "",
        "In a folder with all of its files:",
        "",
        *commands,
        *_root_note(newest.commands),
    ]


def _root_note(commands: tuple[str, ...]) -> list[str]:
    if not any("$TRUSTED_ROOT" in command for command in commands):
        return []
    return [
        "",
        "`$TRUSTED_ROOT` is the file of a trusted root that you have from elsewhere, not the one beside these files.",
    ]


def incident_page(mirror: Mirror) -> list[str]:
    """Return the page to open when something has happened: each question, and the file that answers it."""
    newest = mirror.newest
    files = {kind_of(file, newest.manifest): file for file in newest.manifest.files}
    rows = [
        (kind.question, file_link(mirror, newest, files[kind], up=""), kind.title) for kind in KINDS if kind in files
    ]
    ledger = (
        f"[ledger of first sightings]({LEDGER})" if mirror.ledger else "There is no ledger here: `daily_scan` keeps it."
    )
    return [
        "# Incident",
        "",
        *banner(newest),
        "1. Look the package up in [packages](packages.md): which releases hold it, at which version.",
        "2. Open the release: its files, what was looked at, what was found, what was waived.",
        "3. Look up who decides in [dependencies](dependencies.md), and what is accepted in [waivers](waivers.md).",
        "4. Before you rely on a file, check it as [verification](verification.md) says.",
        "",
        f"## Files of {markdown.text(newest.version)}",
        "",
        *table(("question", "file", "what it is"), rows, empty="None of its files is known."),
        "",
        "## Since when",
        "",
        ledger,
        "",
        "## The same of every release",
        "",
        *(
            f"- {release_link(release, up='')}, {release_link(release, up='', page='packages.md', text='packages')}"
            for release in mirror.releases
        ),
    ]
