"""What decides the findings of a fleet besides its inputs: this program, the interpreter, and the packages that it imports.

Two machines may exchange results only where all of these are the same, because a matcher of versions, a parser or a
standard library of another version may find something else in the same files.

Source: https://packaging.python.org/en/latest/specifications/core-metadata/#requires-dist-multiple-use
"""

from __future__ import annotations

import re
import sys
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, distribution, version
from typing import NamedTuple

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from ops.supply_chain.contracts.files.fleet import PartRequest
from ops.supply_chain.core import plain_toml
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import UnavailableError
from ops.supply_chain.core.start import TREE, is_carried
from ops.supply_chain.core.text import printable

PROJECT = "sealwright"
REINSTALL = "Install sealwright again from its lock, then run again."


class FleetCode(NamedTuple):
    """What examines a fleet on a machine; the fields are those of a request for a part."""

    release: str
    code: str
    python: str
    packages: dict[str, str]


def required_code(request: PartRequest) -> FleetCode:
    """Return what the machine of the run has."""
    return FleetCode(request.release, request.code, request.python, request.packages)


@lru_cache(maxsize=1)
def own_code() -> FleetCode:
    """Return what examines a fleet on this machine.

    Raises:
        UnavailableError: What sealwright requires cannot be found out.
    """
    return FleetCode(_own_release(), _modules(), _python(), _packages())


def difference(expected: FleetCode, found: FleetCode) -> str:
    """Return the first thing that two machines do not have in common, as a sentence's end; empty if there is none.

    Args:
        expected: What the run has.
        found: What the worker has.
    """
    if (expected.release, expected.code) != (found.release, found.code):
        return (
            f"another sealwright: expected {expected.release} (sha256 {expected.code[:12]}), found {found.release} "
            f"(sha256 {found.code[:12]})"
        )
    if expected.python != found.python:
        return f"another Python: expected {expected.python}, found {found.python}"
    names = sorted(
        name
        for name in {*expected.packages, *found.packages}
        if expected.packages.get(name) != found.packages.get(name)
    )
    if not names:
        return ""
    pairs = [f"{name} {_shown(expected, name)}, found {_shown(found, name)}" for name in names[:3]]
    more = f", and {len(names) - 3} more" if len(names) > 3 else ""  # noqa: PLR2004 - as above
    return f"other packages: expected {'; '.join(pairs)}{more}"


def _shown(code: FleetCode, name: str) -> str:
    return code.packages.get(name) or "not installed"


def _own_release() -> str:
    try:
        return version(PROJECT)
    except PackageNotFoundError:
        return ""


def _modules() -> str:
    """Return the digest of all files of the pipeline: two checkouts may have the same version and differ."""
    files = sorted(
        path
        for path in (TREE / "ops").rglob("*")
        if "__pycache__" not in path.parts and path.suffix != ".pyc" and path.is_file()
    )
    lines = [f"{path.relative_to(TREE).as_posix()} {sha256_bytes(path.read_bytes())}" for path in files]
    return sha256_bytes("\n".join(lines).encode())


def _python() -> str:
    """Return implementation and minor version, `cpython 3.11`: the standard library is that of the minor version."""
    return f"{sys.implementation.name} {sys.version_info.major}.{sys.version_info.minor}"


def _packages() -> dict[str, str]:
    """Return the version of each package that sealwright requires, itself or through others; empty if it is not installed.

    Packages of its extras count as well. Others in the environment are not imported, and may differ.
    """
    found: dict[str, str] = {}
    extras: dict[str, set[str]] = {}
    due = _own_requirements()
    while due:
        text, extra = due.pop()
        requirement = _parsed(text)
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": extra}):
            continue
        name = canonicalize_name(requirement.name)
        wanted = {"", *requirement.extras} - extras.setdefault(name, set())
        if wanted:
            extras[name] |= wanted
            found[name], lines = _installed(name)
            due += [(line, each) for each in sorted(wanted) for line in lines]
    return dict(sorted(found.items()))


@lru_cache(maxsize=1024)
def _parsed(text: str) -> Requirement:
    try:
        return Requirement(text)
    except InvalidRequirement as error:
        raise UnavailableError(f"installed packages: {printable(text)!r} is no requirement", hint=REINSTALL) from error


def _installed(name: str) -> tuple[str, list[str]]:
    """Return the version of an installed package and what it requires; an empty version if it is not installed."""
    try:
        known = distribution(name)
    except PackageNotFoundError:
        return "", []
    # Its description, which may be long, is not parsed.
    header = (known.read_text("METADATA") or "").partition("\n\n")[0]
    versions = re.findall(r"(?m)^Version: *(\S+)", header)
    if len(versions) != 1:
        raise UnavailableError(f"installed packages: {name} states no version", hint=REINSTALL)
    return versions[0], re.findall(r"(?m)^Requires-Dist: *(.+?)\r?$", header)


def _own_requirements() -> list[tuple[str, str]]:
    """Return what sealwright requires, each line with an extra to read it for, empty for none.

    Raises:
        UnavailableError: Neither a checkout nor an installed sealwright states it.
    """
    manifest = TREE / "pyproject.toml"
    if not is_carried(TREE) and manifest.is_file():
        try:
            project = plain_toml.load(manifest.read_text(encoding="utf-8"))["project"]
            lists = [project["dependencies"], *project["optional-dependencies"].values()]
        except (OSError, ValueError, KeyError) as error:
            raise UnavailableError(
                "installed packages: pyproject.toml of sealwright is damaged", hint=REINSTALL
            ) from error
        return [(line, "") for lines in lists for line in lines]
    try:
        own = distribution(PROJECT)
    except PackageNotFoundError as error:
        raise UnavailableError("installed packages: sealwright is not among them", hint=REINSTALL) from error
    extras = ["", *(own.metadata.get_all("Provides-Extra") or [])]
    return [(line, extra) for line in own.requires or [] for extra in extras]
