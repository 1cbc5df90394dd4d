"""The paths, links and modes of members: where an installer would put them, on every system.

Source: https://packaging.python.org/en/latest/specifications/source-distribution-format/#source-distribution-archive-features ;
CVE-2007-4559; https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file
"""

from __future__ import annotations

import re
import stat
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from ops.supply_chain.contracts.values.distribution import (
    Distribution,
    DistributionKind,
    DistributionMember,
    MemberKind,
)
from ops.supply_chain.release.packages.hygiene.issues import Issue

MOST_COMPONENT_BYTES = 255
"""The most that a name in a folder has on common file systems."""

_SCHEMES = re.compile(r"[^/]+\.data/(?:purelib|platlib)/")
_DATA = re.compile(r"[^/]+\.data/(?P<key>[^/]*)/")
_DATA_KEYS = frozenset({"purelib", "platlib", "scripts", "headers", "data"})
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[1-9]|lpt[1-9])(?:\..*)?", re.IGNORECASE)
_DRIVE = re.compile(r"[A-Za-z]:")
_MOST_LINKS = 40
"""Links that lead to links, which a system follows (Linux: ELOOP)."""

_SPECIAL_BITS = stat.S_ISUID | stat.S_ISGID | stat.S_ISVTX


class _Place(NamedTuple):
    """Where a member is installed, the member, and whether that place is a folder."""

    installed: str
    path: str
    is_folder: bool


def path_issues(distribution: Distribution) -> Iterator[Issue]:
    """Yield what is wrong with where members lie, where links lead, and which bits are set."""
    for member in distribution.members:
        problem = _problem(member.path.removesuffix("/") if member.kind is MemberKind.FOLDER else member.path)
        if problem:
            yield Issue("distribution.unsafe-path", member.path, problem)
        if member.mode & _SPECIAL_BITS and member.kind is not MemberKind.FOLDER:
            yield Issue("distribution.file-mode", member.path, f"has the mode {member.mode:04o}")
        data = _DATA.match(member.path) if distribution.kind is DistributionKind.WHEEL else None
        if data and data["key"] not in _DATA_KEYS:
            yield Issue("distribution.unsafe-path", member.path, f"{data['key']!r} is no folder of an installation")
    yield from _link_issues(distribution)
    yield from _collisions(distribution)


def _problem(path: str) -> str:
    """Return why a path is not one that every system understands in the same way; empty if it is."""
    parts = path.split("/")
    problems = {
        "is an absolute path": path.startswith("/") or bool(_DRIVE.match(path)),
        "leads to a parent folder": ".." in parts,
        "has a backslash, which separates folders on Windows": "\\" in path,
        "has a control character or a hidden one": any(not letter.isprintable() for letter in path if letter != " "),
        "has an empty part": not all(parts) or "." in parts,
        f"has a name of more than {MOST_COMPONENT_BYTES} bytes": any(map(_is_long, parts)),
        "has a name that Windows does not allow": any(map(_is_reserved, parts)),
    }
    return next((problem for problem, found in problems.items() if found), "")


def _is_long(part: str) -> bool:
    return len(part.encode(errors="surrogatepass")) > MOST_COMPONENT_BYTES


def _is_reserved(part: str) -> bool:
    return bool(_RESERVED.fullmatch(part)) or part != part.rstrip(". ") or ":" in part


def _link_issues(distribution: Distribution) -> Iterator[Issue]:
    paths = {member.path.rstrip("/") for member in distribution.members}
    links = {member.path: member for member in distribution.members if member.kind is MemberKind.SYMLINK}
    if not links and all(member.kind is not MemberKind.HARD_LINK for member in distribution.members):
        return
    known = paths | {folder for path in paths for folder in _folders(path)}
    before: set[str] = set()
    for member in distribution.members:
        if member.kind in (MemberKind.SYMLINK, MemberKind.HARD_LINK):
            problem = _link_problem(member, links, known, before)
            if problem:
                yield Issue("distribution.link", member.path, problem)
        above = next((folder for folder in _folders(member.path.rstrip("/")) if folder in links), None)
        if above is not None:
            yield Issue("distribution.link", member.path, f"lies below the link {above!r}")
        if member.kind in (MemberKind.FILE, MemberKind.HARD_LINK):
            before.add(member.path)


def _link_problem(
    member: DistributionMember,
    links: Mapping[str, DistributionMember],
    known: Collection[str],
    before: Collection[str],
) -> str:
    """Return what is wrong with where a link leads; empty if nothing is."""
    steps = _steps(member)
    if steps is None:
        return f"leads out of the archive, to {member.link!r}"
    *through, target = steps
    if target not in known:
        return f"leads to {member.link!r}, which is not in the archive"
    if any(step in links for step in through):  # `..` behind a link is another folder than its text says
        return f"leads to {member.link!r}, through another link"
    if member.kind is MemberKind.HARD_LINK:
        return "" if target in before else f"leads to {member.link!r}, which is no file before it in the archive"
    for _ in range(_MOST_LINKS):
        if target not in links:
            return ""
        target = (_steps(links[target]) or [""])[-1]
    return f"leads to {member.link!r}, and from link to link without end"


def _folders(path: str) -> Iterator[str]:
    """Yield the folders above a path."""
    return (path[:at] for at, letter in enumerate(path) if letter == "/")


def _steps(member: DistributionMember) -> list[str] | None:
    """Return every place on the way of a link to its target, the last one; None where it leaves the top folder."""
    base = [] if member.kind is MemberKind.HARD_LINK else member.path.split("/")[:-1]
    if member.link.startswith("/") or "\\" in member.link or _DRIVE.match(member.link):
        return None
    steps = []
    for part in member.link.rstrip("/").split("/"):
        if part == ".." and not base:
            return None
        if part == "..":
            base.pop()
        elif part not in ("", "."):
            base.append(part)
        steps.append("/".join(base))
    return steps if base and base[0] == member.path.split("/")[0] else None


def _collisions(distribution: Distribution) -> Iterator[Issue]:
    """Yield members that another one replaces when they are unpacked or installed, on some system."""
    is_wheel = distribution.kind is DistributionKind.WHEEL
    taken: dict[str, _Place] = {}
    exact: set[str] = set()
    for member in distribution.members:
        path = member.path.rstrip("/")
        if path in exact and member.kind is not MemberKind.FOLDER:
            yield Issue("distribution.duplicate-member", member.path, "is there twice")
            continue
        exact.add(path)
        installed = _SCHEMES.sub("", path, count=1) if is_wheel else path
        code, problem = _claim(taken, installed, path, is_folder=member.kind is MemberKind.FOLDER)
        if problem:
            yield Issue(code, path, problem)


def _claim(taken: dict[str, _Place], installed: str, path: str, *, is_folder: bool) -> tuple[str, str]:
    """Take the place of a member and of the folders above it; return the code and the text of what is wrong with that."""
    for part in [*_folders(installed), installed]:
        as_folder = is_folder or part is not installed
        key = unicodedata.normalize("NFC", part).casefold()
        known = taken.setdefault(key, _Place(part, path, as_folder))
        if known.installed != part:
            return "distribution.case-collision", f"has the same name as {known.path!r} on some systems"
        if known.is_folder != as_folder:
            return "distribution.duplicate-member", f"{part!r} is a file and a folder"
        if not as_folder and known.path != path:
            return "distribution.duplicate-member", f"is installed to the same place as {known.path!r}"
    return "", ""
