"""The source under release: what differs from its commit, and what its metadata states."""

from __future__ import annotations

import msgspec


class SourceChange(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """A path whose content is not that of the commit, and why; relative to the project, a folder ends with `/`."""

    path: str
    reason: str


class StatedVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A version that a file of the project states; `where` is the file and the key."""

    text: str
    where: str


class ProjectMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """What a project's metadata files state without running code.

    `name` is as written, empty where none is stated. `versions` are in the order in which they count. `dynamic` names the
    provider of a version that only its code knows (`hatch-vcs`), empty where there is none; `from_tag` is True if that takes
    it from git's tag. `is_package` is True if it can be built as a Python package.
    """

    name: str = ""
    versions: tuple[StatedVersion, ...] = ()
    dynamic: str = ""
    from_tag: bool = False
    is_package: bool = False


class TagElsewhere(msgspec.Struct, frozen=True, kw_only=True):
    """A tag and the full hash of the commit, or other object, that it names."""

    name: str
    commit: str
