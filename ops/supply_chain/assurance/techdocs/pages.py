"""Pages about the component: start, waivers, dependencies, verification, incident."""

from __future__ import annotations

from ops.supply_chain.assurance.techdocs.file_kinds import KINDS, kind_of
from ops.supply_chain.assurance.techdocs.model import Mirror
from ops.supply_chain.assurance.techdocs.state import state
from ops.supply_chain.assurance.techdocs.tables import banner, file_link, release_link, table
from ops.supply_chain.contracts.files.dependency_matrix import DependencyRow
from ops.supply_chain.formats import markdown

LEDGER = "files/ledger.jsonl.txt"
"""Path of the included ledger, relative to the pages; `.txt`, so that a browser displays it."""


def index_page(mirror: Mirror) -> list[str]:
    """Return the start page: the current state, its root causes, and where everything is."""
    return [
        f"# {markdown.text(mirror.component)}",
        "",
        *([markdown.text(mirror.description), ""] if mirror.description else []),
        *state(mirror),
        "## Pages",
        "",
        "- Respond to an incident: [incident](incident.md)",
        "- Find the releases that contain a package: [packages](packages.md)",
        "- List releases and their dates: [releases](releases.md), [SBOMs](sboms.md)",
        "- List accepted findings: [waivers](waivers.md)",
        "- Find the owner of a dependency: [dependencies](dependencies.md)",
        "- Verify a release yourself: [verification](verification.md)",
        "",
        (
            "These pages are generated from retained releases whose files match their manifests. They show what each "
            "release states about itself; to confirm it, see [verification](verification.md)."
        ),
    ]


def waivers_page(mirror: Mirror) -> list[str]:
    """Return the configured waivers, and the findings that they waived in the newest release."""
    rows = (
        (
            markdown.text(waiver.id),
            markdown.text(waiver.package) or "any",
            markdown.text(waiver.reason),
            markdown.text(waiver.justification) or "none",
            markdown.text(waiver.owner) or "**no owner**",
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
    heads = ("id", "package", "reason", "VEX justification", "owner", "from", "last day", "tracking issue")
    return [
        "# Waivers",
        "",
        *table(heads, rows, empty="No waiver is configured."),
        "",
        *([*(f"- Not in force: {markdown.text(text)}" for text in mirror.malformed), ""] if mirror.malformed else []),
        f"## Waived in {markdown.text(mirror.newest.version)}",
        "",
        *table(("finding", "where", "waiver"), waived, empty="No finding was waived."),
    ]


def dependencies_page(mirror: Mirror) -> list[str]:
    """Return the dependency matrix."""
    matrix = mirror.matrix
    heads = ("dependency", "version", "owner", "lifecycle", "licence", "notes")
    source = f"Licences come from {markdown.text(matrix.source)}." if matrix.source else "Licences unknown: no SBOM."
    direct = "1 direct dependency" if len(matrix.rows) == 1 else f"{len(matrix.rows)} direct dependencies"
    gaps = [
        f"- {markdown.code(lock)} does not mark direct dependencies, so its packages are not listed here."
        for lock in matrix.untold
    ]
    return [
        "# Direct dependencies",
        "",
        f"{direct}, {matrix.without_owner} without an owner. {source}",
        "",
        *([*gaps, ""] if gaps else []),
        *table(heads, map(_dependency, matrix.rows), empty="No direct dependencies are known."),
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
    """Return the authorized signers, and the commands that verify the newest release."""
    newest = mirror.newest
    rows = (
        (
            markdown.text(identity.identity or f"pattern {identity.identity_regex}"),
            markdown.text(identity.issuer),
            markdown.text(identity.role),
            markdown.text(identity.since) or "any time",
            markdown.text(identity.until) or "no expiry",
        )
        for identity in mirror.identities
    )
    commands = (
        markdown.fenced(newest.commands, prompt="$ ").splitlines()
        if newest.commands
        else ["None: no signing identity is configured."]
    )
    return [
        "# Verification",
        "",
        *banner(newest),
        "## Authorized signers",
        "",
        *table(("identity", "OIDC issuer", "role", "from", "until"), rows, empty="No signing identity is configured."),
        "",
        *(
            ["Before you rely on this list, compare it with the one that the project publishes elsewhere.", ""]
            if mirror.identities
            else []
        ),
        f"## Commands for {markdown.text(newest.version)}",
        "",
        "Run in a folder with all files of the release:",
        "",
        *commands,
        *_root_note(newest.commands),
    ]


def _root_note(commands: tuple[str, ...]) -> list[str]:
    if not any("$TRUSTED_ROOT" in command for command in commands):
        return []
    return [
        "",
        "`$TRUSTED_ROOT` is the path of a trusted root that you obtained from another source, not the copy in the release.",
    ]


def incident_page(mirror: Mirror) -> list[str]:
    """Return the page for incidents: each question, and the file that answers it."""
    newest = mirror.newest
    files = {kind_of(file, newest.manifest): file for file in newest.manifest.files}
    rows = [
        (kind.question, file_link(mirror, newest, files[kind], up=""), kind.title) for kind in KINDS if kind in files
    ]
    ledger = (
        f"[ledger of first sightings]({LEDGER})" if mirror.ledger else "No ledger is included; `daily_scan` writes it."
    )
    return [
        "# Incident",
        "",
        *banner(newest),
        "1. Find the package in [packages](packages.md): it lists each version and the releases that contain it.",
        "2. Open the page of the release: files, checks, findings, waivers.",
        "3. Find the owner in [dependencies](dependencies.md), and accepted findings in [waivers](waivers.md).",
        "4. Before you rely on a file, verify it: [verification](verification.md).",
        "",
        f"## Files of {markdown.text(newest.version)}",
        "",
        *table(("question", "file", "contents"), rows, empty="The release has none of the known files."),
        "",
        "## First sightings",
        "",
        ledger,
        "",
        "## All releases",
        "",
        *(
            f"- {release_link(release, up='')}, {release_link(release, up='', page='packages.md', text='packages')}"
            for release in mirror.releases
        ),
    ]
