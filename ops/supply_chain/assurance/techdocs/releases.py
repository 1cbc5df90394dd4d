"""Pages about releases: the list, a page for each release, its packages, and the packages of all releases."""

from __future__ import annotations

from collections.abc import Iterator

from ops.supply_chain.assurance.techdocs.file_kinds import kind_of
from ops.supply_chain.assurance.techdocs.model import Mirror, MirrorRelease
from ops.supply_chain.assurance.techdocs.tables import banner, digest, file_link, release_link, table
from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.contracts.values.signature_names import is_signed
from ops.supply_chain.formats import markdown
from ops.supply_chain.formats.cause_lines import advisory_links, link_text

NO_PACKAGES = "No SBOM of this release is readable."


def releases_page(mirror: Mirror) -> list[str]:
    """Return the list of all retained releases, damaged ones first."""
    rows = [
        (
            release_link(release, up=""),
            str(release.manifest.sequence),
            markdown.code(release.manifest.created),
            markdown.text(release.manifest.retained_until),
            markdown.text(release.decision or "not known"),
            _kind(release),
            str(len(release.manifest.files)),
        )
        for release in mirror.releases
    ]
    heads = ("version", "sequence", "created", "retained until", "policy", "kind", "files")
    damage = ["## Damaged", "", *(f"- {markdown.text(text)}" for text in mirror.damaged), ""] if mirror.damaged else []
    return ["# Releases", "", *damage, *table(heads, rows, empty="No intact release.")]


def _kind(release: MirrorRelease) -> str:
    """Return the kind; a release needs both a gate file and a provenance that are not marked as a rehearsal."""
    if release.rehearsal:
        return "rehearsal"
    return "release" if release.decision and release.builder else "not known"


def release_page(mirror: Mirror, release: MirrorRelease) -> list[str]:
    """Return the page of one release."""
    return [
        f"# {markdown.text(mirror.component)} {markdown.text(release.version)}",
        "",
        *banner(release),
        *_facts(release),
        "",
        *([f"- Not shown: {markdown.text(text)}" for text in release.unread] + [""] if release.unread else []),
        "## Files",
        "",
        *_files(mirror, release),
        "",
        "## Checks",
        "",
        *table(
            ("stage", "outcome", "counts", "data sources"), map(_record, release.records), empty="No readable record."
        ),
        "",
        "## Findings",
        "",
        *_findings(release),
        "",
        "## Verify",
        "",
        *_verify(release),
    ]


def _facts(release: MirrorRelease) -> list[str]:
    manifest = release.manifest
    before = (
        f"{markdown.text(manifest.previous.version)}, manifest {digest(manifest.previous.manifest_sha256)}"
        if manifest.previous
        else "none"
    )
    policy = (
        f"{markdown.text(release.decision)}, {release.passed} of {release.rules} rules passed"
        if release.decision
        else "not known"
    )
    facts = (
        ("created", markdown.code(manifest.created)),
        ("retained", f"{markdown.code(manifest.retained_at)}, until {markdown.text(manifest.retained_until)}"),
        ("policy", policy),
        ("commit", f"{digest(release.commit)} {markdown.text(release.source)}".strip()),
        ("builder", markdown.code(release.builder) if release.builder else "not known"),
        ("packages", _packages(release)),
        ("previous release", before),
        ("manifest", digest(release.manifest_sha256)),
    )
    return table(("field", "stated by the release"), facts, empty="")


def _packages(release: MirrorRelease) -> str:
    if release.packages is None:
        return "not known"
    return f"[{len(release.packages)}](packages.md)"


def _files(mirror: Mirror, release: MirrorRelease) -> list[str]:
    rows = (
        (
            file_link(mirror, release, file, up="../../"),
            kind_of(file, release.manifest).title,
            str(file.size),
            digest(file.sha256),
        )
        for file in release.manifest.files
    )
    return table(("file", "contents", "bytes", "SHA-256"), rows, empty="The release has no files.")


def _record(record: Record) -> tuple[str, str, str, str]:
    counts = ", ".join(f"{markdown.text(key)} {value}" for key, value in sorted(record.counts.items()))
    feeds = "; ".join(
        markdown.text(f"{feed.name} {feed.version}".strip())
        + (f", {feed.age_seconds // 3600} hours old" if feed.age_seconds is not None else "")
        for feed in record.feeds
    )
    return markdown.text(record.stage), markdown.text(record.outcome.value), counts or "none", feeds or "none"


def _findings(release: MirrorRelease) -> list[str]:
    rows = (
        (
            markdown.text(finding.severity.value),
            ", ".join(map(link_text, advisory_links((finding.code, *finding.aliases)))),
            markdown.text(f"{finding.package} {finding.version}".strip() or finding.path),
            markdown.text(finding.message),
            markdown.text(finding.waived_by) or "open",
        )
        for finding in release.findings
    )
    empty = "No findings." if release.records else "No readable record."
    return table(("severity", "finding", "where", "message", "status or waiver"), rows, empty=empty)


def _verify(release: MirrorRelease) -> list[str]:
    if not release.commands:
        return ["No verification commands: no signing identity is configured."]
    return [
        "Run in a folder with all files of the release:",
        "",
        *markdown.fenced(release.commands, prompt="$ ").splitlines(),
    ]


def packages_page(mirror: Mirror, release: MirrorRelease) -> list[str]:
    """Return the packages of one release."""
    rows = (
        (
            markdown.text(package.name),
            markdown.text(package.version) or "unknown",
            markdown.text(package.licence) or "unknown",
            markdown.text(package.producer) or "unknown",
        )
        for package in release.packages or ()
    )
    empty = "The SBOM lists no packages." if release.packages is not None else NO_PACKAGES
    title = f"# Packages of {markdown.text(mirror.component)} {markdown.text(release.version)}"
    return [title, "", *banner(release), *table(("package", "version", "licence", "producer"), rows, empty=empty)]


def all_packages_page(mirror: Mirror) -> list[str]:
    """Return every package of every release, with the releases that contain it."""
    holders: dict[tuple[str, str], list[MirrorRelease]] = {}
    for release in mirror.releases:
        for package in release.packages or ():
            holders.setdefault((package.name, package.version), []).append(release)
    rows = (
        (
            markdown.text(name),
            markdown.text(version) or "unknown",
            ", ".join(release_link(holder, up="") for holder in found),
        )
        for (name, version), found in sorted(holders.items())
    )
    return [
        "# Packages",
        "",
        "All packages of all intact retained releases, from their SBOMs.",
        "",
        *_unread(mirror),
        *table(("package", "version", "releases"), rows, empty="No SBOM lists a package."),
    ]


def _unread(mirror: Mirror) -> Iterator[str]:
    silent = [release for release in mirror.releases if release.packages is None]
    if silent or mirror.damaged:
        names = ", ".join(release_link(release, up="") for release in silent)
        yield f"**Not in this list:** {names or 'damaged releases'}: their packages are unknown."
        yield ""


def sboms_page(mirror: Mirror) -> list[str]:
    """Return the SBOMs of each release."""
    rows = [
        (
            release_link(release, up=""),
            release_link(
                release,
                up="",
                page="packages.md",
                text="not known" if release.packages is None else str(len(release.packages)),
            ),
            ", ".join(
                file_link(mirror, release, file, up="")
                for file in release.manifest.files
                if _is_sbom(release, file.name)
            ),
        )
        for release in mirror.releases
    ]
    intro = (
        "The SBOM of a release covers all its locks, with every locked version, in several formats. The evidence "
        f"archive has one SBOM per lock, in {markdown.code('sbom/locks/')}."
    )
    return ["# SBOMs", "", intro, "", *table(("version", "packages", "files"), rows, empty="No intact release.")]


def _is_sbom(release: MirrorRelease, name: str) -> bool:
    rest = name.removeprefix(f"{release.manifest.component}-{release.version}-")
    return rest.startswith("sbom.") and is_signed(rest)
