"""Findings about the source under release: what differs from its commit, and versions that disagree.

Every finding but those that were allowed denies the release, whatever `[gate].fail_on` is, and no waiver covers it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

import msgspec

from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.contracts.values.source import ProjectMetadata, SourceChange, TagElsewhere
from ops.supply_chain.core.text import excerpt, plural, printable
from ops.supply_chain.formats.version_tags import VersionTag, read_tag, same_version, version_tags

CHANGED, MISMATCH, TAGGED, UNREAD = (
    "source.changed",
    "source.version-mismatch",
    "source.tag-elsewhere",
    "source.version-unread",
)
VERSION_OPTION = "--version"
"""The option, as the place that states a version."""

SOURCE_STAGE = "check_source"
"""The stage whose record holds these findings."""

ALLOW_DIRTY = "allow_dirty"
"""Option in the record of check_source, and so in the provenance: `yes` where a tree that differs was allowed."""

MOST_CHANGES = 50
"""Changes that have a finding each; the others are counted in one more."""

MOST_NAMES = 5
"""Paths that the last screen names."""

_AGREE = "Make --version, the tag at HEAD and the project's metadata state the same version, then release it."

_STATE_IT = "Set [locks].allow_builds = true, which runs its code, or state the version in pyproject.toml."
_TAG_IT = "Tag the commit with the version: it is taken from the tag. Or set [locks].allow_builds = true, which runs its code."


class ReleasedVersion(msgspec.Struct, frozen=True, kw_only=True):
    """The version under release, and what it has to agree with.

    `source` is its origin in words. `names` are the project's names. `tags` are those at HEAD, `elsewhere` those of
    other commits. `prefix` is the folder in the repository: in one, a tag without a name may be another project's.
    `packages` are the names of its packages that are released with it. `computed` is what the project's build backend says,
    empty if it was not run; `not_run` is the reason for that.
    """

    text: str
    source: str
    names: Collection[str]
    metadata: ProjectMetadata
    tags: tuple[str, ...] = ()
    elsewhere: tuple[TagElsewhere, ...] = ()
    prefix: str = ""
    packages: Collection[str] = ()
    computed: str = ""
    not_run: str = ""


def change_findings(changes: Sequence[SourceChange], commit: str, *, allowed: bool) -> tuple[Finding, ...]:
    """Return a finding for each path that differs from the commit.

    Args:
        changes: Sorted.
        commit: Full hash.
        allowed: Whether `--allow-dirty` was given: they are then information.
    """
    severity = Severity.INFO if allowed else Severity.HIGH
    step = (
        "Commit it before the next release."
        if allowed
        else "Commit it, remove it or add it to .gitignore; or release it as it is with --allow-dirty, which customers see."
    )
    found = [
        Finding(
            code=CHANGED,
            severity=severity,
            message=f"not as committed in {commit[:12]}: {printable(change.path)} ({printable(change.reason)})",
            next_step=step,
            path=printable(change.path),
        )
        for change in changes[:MOST_CHANGES]
    ]
    more = len(changes) - MOST_CHANGES
    if more > 0:
        message = f"not as committed in {commit[:12]}: {more} more"
        found.append(Finding(code=CHANGED, severity=severity, message=message, next_step=step))
    return tuple(found)


def changed_since(record: Record, changes: Sequence[SourceChange]) -> str:
    """Return what has changed since a record of check_source was made; empty if nothing has.

    Args:
        record: The record.
        changes: What differs from the commit now, sorted.
    """
    before = [finding.path for finding in record.findings if finding.code == CHANGED and finding.path]
    now = [printable(change.path) for change in changes]
    if record.counts.get("changed", 0) == len(now) and sorted(before) == sorted(now[:MOST_CHANGES]):
        return ""
    new = next((path for path in now if path not in before), "")
    then = plural(record.counts.get("changed", 0), "path")
    return f"{new or 'a file'}: changed since {record.stage}: {then} not as committed then, {len(now)} now"


def source_text(record: Record | None, commit: str) -> str:
    """Return in one line which source a release has, for its last screen.

    Args:
        record: That of check_source, None where there is none.
        commit: Full hash, empty outside git.
    """
    if not commit:
        return "not under git"
    if record is None:
        return f"commit {commit[:12]}, not examined for changes"
    count = record.counts.get("changed", 0)
    if not count:
        return f"commit {commit[:12]}, as committed"
    paths = [finding.path for finding in record.findings if finding.code == CHANGED and finding.path]
    names = ", ".join(paths[:MOST_NAMES]) + (f" and {count - MOST_NAMES} more" if count > MOST_NAMES else "")
    allowed = " (--allow-dirty)" if record.options.get(ALLOW_DIRTY) == "yes" else ""
    return f"NOT commit {commit[:12]}: {plural(count, 'path')} not as committed{allowed}: {names}"


def version_findings(version: ReleasedVersion) -> tuple[Finding, ...]:
    """Return a finding for each place that states another version, and one for a version that was not read."""
    return (*_tags(version), *_elsewhere(version), *_stated(version), *_computed(version))


def compared(version: ReleasedVersion) -> tuple[str, ...]:
    """Return the places that state a version, in words."""
    tags = version_tags(version.tags, version.names)
    return (
        *((VERSION_OPTION,) if version.source == VERSION_OPTION else ()),
        *(f"tag {excerpt(tag.tag)}" for tag in (*tags, *_package_tags(version, version.tags))),
        *(stated.where for stated in version.metadata.versions),
        *((version.metadata.dynamic,) if version.computed else ()),
    )


def _tags(version: ReleasedVersion) -> Iterator[Finding]:
    tags = version_tags(version.tags, version.names)
    if tags and not any(same_version(tag.text, version.text) for tag in tags):
        names = ", ".join(excerpt(tag.tag) for tag in tags)
        yield _mismatch(version, f"the tag at HEAD is {names}")
    for tag in _package_tags(version, version.tags):
        if not same_version(tag.text, version.text):
            yield _mismatch(version, f"the tag at HEAD is {excerpt(tag.tag)}")


def _package_tags(version: ReleasedVersion, tags: Iterable[str]) -> list[VersionTag]:
    """Return the tags that name a package of the project, which is released with it."""
    found = (read_tag(tag, version.packages) for tag in tags)
    return [tag for tag in found if tag is not None and tag.named]


def _elsewhere(version: ReleasedVersion) -> Iterator[Finding]:
    names = [tag.name for tag in version.elsewhere]
    own = {tag.tag: tag for tag in (*version_tags(names, version.names), *_package_tags(version, names))}
    for tag in version.elsewhere:
        read = own.get(tag.name)
        if read and same_version(read.text, version.text) and (read.named or not version.prefix):
            yield Finding(
                code=TAGGED,
                severity=Severity.HIGH,
                message=f"expected version {excerpt(version.text)} to be this commit, but the tag {excerpt(tag.name)} is "
                f"of {tag.commit[:12]}",
                next_step="Release the tagged commit, or choose a version that is not released yet.",
            )


def _stated(version: ReleasedVersion) -> Iterator[Finding]:
    for other in version.metadata.versions:
        if not same_version(other.text, version.text):
            path = other.where.partition(" ")[0]
            yield _mismatch(version, f"{other.where} is {excerpt(other.text) or 'empty'}", path=path)


def _computed(version: ReleasedVersion) -> Iterator[Finding]:
    provider = version.metadata.dynamic
    if version.computed and not same_version(version.computed, version.text):
        yield _mismatch(version, f"{provider} computes {excerpt(version.computed)}")
    if provider and not version.computed and not _is_decided_by_tag(version):
        yield Finding(
            code=UNREAD,
            severity=Severity.HIGH,
            message=f"the project's version is known only to {provider}, which was not run: {printable(version.not_run)}",
            next_step=_TAG_IT if version.metadata.from_tag else _STATE_IT,
        )


def _is_decided_by_tag(version: ReleasedVersion) -> bool:
    """Return whether the tag at HEAD states the version that a backend would compute from it.

    Distributions that are built from the commit are compared with the version as well.
    """
    tags = [*version_tags(version.tags, version.names), *_package_tags(version, version.tags)]
    return version.metadata.from_tag and bool(tags) and all(same_version(tag.text, version.text) for tag in tags)


def _mismatch(version: ReleasedVersion, found: str, *, path: str = "") -> Finding:
    return Finding(
        code=MISMATCH,
        severity=Severity.HIGH,
        message=f"expected version {excerpt(version.text)} ({version.source}), but {found}",
        next_step=_AGREE,
        path=path,
    )
