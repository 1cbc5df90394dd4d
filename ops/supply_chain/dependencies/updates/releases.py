"""The releases of a project, from its page on the index."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from ops.supply_chain.contracts.values.package_index import IndexFile, ProjectListing

VersionIn = Callable[[str, str], str]
"""Returns the version in a file name: file name, project -> version, empty if the file is not of the project."""


class Release(NamedTuple):
    """One version on an index.

    `uploaded` is the upload time of its first file, None if the index publishes none. `yanked` is True if
    all its files are. `runs` is False if no file of it supports the Python of the locks.
    """

    version: Version
    uploaded: datetime | None
    yanked: bool
    yanked_reason: str
    runs: bool


def releases_of(listing: ProjectListing, version_in: VersionIn, *, python: str) -> tuple[Release, ...]:
    """Return the releases of a page, oldest version first.

    Args:
        listing: The page.
        version_in: Reads file names; versions outside PEP 440 are left out.
        python: The version of Python that the locks are for.
    """
    by_text: dict[str, list[IndexFile]] = {}
    for file in listing.files:
        by_text.setdefault(version_in(file.filename, listing.name), []).append(file)
    by_version: dict[Version, list[IndexFile]] = {}
    for text, files in by_text.items():
        version = parse(text)
        if version is not None:
            by_version.setdefault(version, []).extend(files)
    allows: dict[str, bool] = {}
    return tuple(_release(version, by_version[version], python, allows) for version in sorted(by_version))


def parse(text: str) -> Version | None:
    """Parse a version; None if it is not PEP 440."""
    try:
        return Version(text.replace("_", "-"))
    except InvalidVersion:
        return None


def _release(version: Version, files: Iterable[IndexFile], python: str, allows: dict[str, bool]) -> Release:
    listed = list(files)
    moments = sorted(moment for file in listed if (moment := _moment(file.upload_time)))
    for text in {file.requires_python for file in listed} - allows.keys():
        allows[text] = _allows(text, python)
    return Release(
        version=version,
        uploaded=moments[0] if moments else None,
        yanked=all(file.yanked for file in listed),
        yanked_reason=next((file.yanked_reason for file in listed if file.yanked_reason), ""),
        runs=any(allows[file.requires_python] for file in listed),
    )


def _allows(requires_python: str, python: str) -> bool:
    try:
        return SpecifierSet(requires_python).contains(python, prereleases=True)
    except InvalidSpecifier:
        return True  # pip ignores an invalid specifier here, and installs the file


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
