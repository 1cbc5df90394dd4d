"""A wheel or a source distribution as it was read: every member, and the bytes of the few that describe it.

Source: https://packaging.python.org/en/latest/specifications/binary-distribution-format/ ;
https://packaging.python.org/en/latest/specifications/source-distribution-format/
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec


class DistributionKind(StrEnum):
    """The two kinds of distribution that an index takes."""

    WHEEL = "wheel"
    SDIST = "sdist"


class MemberKind(StrEnum):
    """What a member of an archive is."""

    FILE = "file"
    FOLDER = "folder"
    SYMLINK = "symlink"
    HARD_LINK = "hard-link"


class DistributionMember(msgspec.Struct, frozen=True, kw_only=True):
    """One member, by the path that the archive has.

    `size` in bytes and `sha256` are of a file's unpacked content, 0 and empty for everything else. `mode` are its Unix
    permissions, 0 where the archive has none. `link` is where a link leads, as the archive has it.
    """

    path: str
    kind: MemberKind = MemberKind.FILE
    size: int = 0
    sha256: str = ""
    mode: int = 0
    link: str = ""


class SecretMatch(msgspec.Struct, frozen=True, order=True, kw_only=True):
    """A member with content of the form of a secret; the secret itself is not kept."""

    path: str
    what: str


class Distribution(msgspec.Struct, frozen=True, kw_only=True):
    """One distribution.

    `size` and `sha256` are of the archive. `members` are in the order of the archive, folders included. `texts` has the
    bytes of the members that describe it: of a wheel those directly in a `.dist-info` folder that its format names, of a
    source distribution `PKG-INFO` and `pyproject.toml` one folder down. `secrets` are sorted.
    """

    filename: str
    kind: DistributionKind
    size: int
    sha256: str
    members: tuple[DistributionMember, ...]
    texts: Mapping[str, bytes]
    secrets: tuple[SecretMatch, ...] = ()

    @property
    def files(self) -> tuple[DistributionMember, ...]:
        """Its plain files, in the order of the archive."""
        return tuple(member for member in self.members if member.kind is MemberKind.FILE)
