"""Which distributions to upload to a package index, which are there, and what is in the way.

An index never replaces a file: a name belongs to the bytes that came first. What is there under one of our names has
to have our bytes, and of our version nothing else may be there. Both are compared before the first upload and after the last.

Source: https://packaging.python.org/en/latest/specifications/simple-repository-api/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import msgspec
from packaging.utils import parse_sdist_filename, parse_wheel_filename
from packaging.version import Version

from ops.supply_chain.contracts.values.package_index import IndexFile, ProjectListing
from ops.supply_chain.contracts.values.publication import LocalFile
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.text import excerpt
from ops.supply_chain.release.publication.problem import PublicationProblem

SHA256 = "sha256:"
_OLD_ENDINGS = (".tar.bz2", ".tbz", ".tar.xz", ".txz", ".tar.lz", ".tlz", ".tar.lzma", ".tgz", ".tar")
"""Of archives that pip installs as source distributions, besides `.tar.gz` and `.zip`."""


class ReleaseKey(NamedTuple):
    """Project, in PEP 503 form, and version."""

    project: str
    version: Version


class IndexPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What to do with each distribution: those to upload in the order of uploading, those that are there by name."""

    upload: tuple[LocalFile, ...] = ()
    keep: tuple[LocalFile, ...] = ()
    problems: tuple[PublicationProblem, ...] = ()


def release_of(name: str) -> ReleaseKey:
    """Return project and version from the name of a distribution.

    Raises:
        InputError: It is no such name.
    """
    try:
        project, version = parse_wheel_filename(name)[:2] if name.endswith(".whl") else parse_sdist_filename(name)
    except ValueError as error:
        raise InputError(f"{name}: is not the name of a wheel or source distribution") from error
    return ReleaseKey(project, version)


def projects_of(files: Iterable[LocalFile]) -> tuple[str, ...]:
    """Return the projects of some distributions, sorted."""
    return tuple(sorted({release_of(file.name).project for file in files}))


def make_index_plan(
    files: Sequence[LocalFile],
    listings: Mapping[str, ProjectListing | None],
    *,
    now: datetime,
    closes_after_days: int = 0,
) -> IndexPlan:
    """Compare the distributions with what an index lists.

    Args:
        files: All distributions of the release.
        listings: Project -> its page, None where the index has no such project.
        now: The present moment.
        closes_after_days: After how many days the index takes no further file for a release; 0 for never.
    Returns:
        With a problem, nothing may be uploaded. Wheels come before source distributions, so that an installer never finds
        a source distribution alone.
    """
    problems: list[PublicationProblem] = []
    keep, upload = [], []
    for file in files:
        there = _there(file.name, listings)
        found = [problem for each in there if (problem := difference(file, each))]
        if not there:
            upload.append(file)
        elif found:
            problems.append(found[0])
        else:
            keep.append(file)
    problems += _extra(files, listings)
    problems += _closed(upload, listings, now, closes_after_days)
    return IndexPlan(
        upload=tuple(sorted(upload, key=lambda file: (not file.name.endswith(".whl"), file.name))),
        keep=tuple(sorted(keep, key=lambda file: file.name)),
        problems=tuple(sorted(problems)),
    )


def listed(file: LocalFile, listings: Mapping[str, ProjectListing | None]) -> IndexFile | None:
    """Return what the index lists under the name of a distribution, or None."""
    return next(iter(_there(file.name, listings)), None)


def difference(file: LocalFile, there: IndexFile) -> PublicationProblem | None:
    """Return how a listed file is not ours, or None."""
    digests = [text.removeprefix(SHA256) for text in there.hashes if text.startswith(SHA256)]
    if digests == [file.sha256]:
        return None
    if not digests:
        text = f"{file.name}: the index lists it without SHA-256, so it cannot be compared"
        return PublicationProblem(
            "publish.index-no-digest", text, "Publish on an index whose simple API has SHA-256 hashes."
        )
    text = f"{file.name}: the index has other bytes under this name: expected sha256:{file.sha256}, found {digests[0]}"
    step = "An index never replaces a file: release a new version, and find out who uploaded the other file."
    return PublicationProblem("publish.index-differs", excerpt(text), step)


def _there(name: str, listings: Mapping[str, ProjectListing | None]) -> list[IndexFile]:
    """Return every row that an index lists under a name: an installer may take any of them."""
    listing = listings.get(release_of(name).project)
    return [file for file in listing.files if file.filename == name] if listing else []


def _of_release(release: ReleaseKey, listing: ProjectListing | None) -> list[IndexFile]:
    return [file for file in listing.files if _release_or_none(file.filename) == release] if listing else []


def _release_or_none(name: str) -> ReleaseKey | None:
    for ending in _OLD_ENDINGS:
        # No index takes these from us, and installers take them from an index.
        if name.endswith(ending):
            name = f"{name.removesuffix(ending)}.tar.gz"
    try:
        return release_of(name)
    except InputError:
        return None


def _extra(files: Sequence[LocalFile], listings: Mapping[str, ProjectListing | None]) -> list[PublicationProblem]:
    ours = {file.name for file in files}
    step = "Find out who uploaded it; if it belongs to the release, make the release again with it."
    return [
        PublicationProblem(
            "publish.index-extra",
            f"{excerpt(file.filename)}: is on the index under this version and no file of this release",
            step,
        )
        for release in sorted({release_of(name) for name in ours})
        for file in _of_release(release, listings.get(release.project))
        if file.filename not in ours
    ]


def _closed(
    upload: Sequence[LocalFile], listings: Mapping[str, ProjectListing | None], now: datetime, days: int
) -> list[PublicationProblem]:
    problems = []
    for release in sorted({release_of(file.name) for file in upload} if days else set()):
        times = [_moment(file.upload_time) for file in _of_release(release, listings.get(release.project))]
        first = min((moment for moment in times if moment), default=None)
        if first and now - first > timedelta(days=days):
            missing = [file.name for file in upload if release_of(file.name) == release]
            text = (
                f"{release.project} {release.version}: the index has had it since {first.date().isoformat()} and takes no "
                f"file for a release that is older than {days} days; missing: {', '.join(missing)}"
            )
            problems.append(PublicationProblem("publish.index-closed", text, "Release a new version."))
    return problems


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
