"""Name, version and tags of a distribution, stated in its file name, its metadata and by the project: all the same.

Source: https://packaging.python.org/en/latest/specifications/binary-distribution-format/#file-name-convention ;
https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from packaging.version import InvalidVersion, Version

from ops.supply_chain.contracts.values.distribution import Distribution
from ops.supply_chain.contracts.values.finding import Severity
from ops.supply_chain.core.names import normalise
from ops.supply_chain.formats.wheel import FileName, parse_wheel_file
from ops.supply_chain.release.packages.hygiene.issues import Issue

WHEEL_MAJOR = "1"
"""The one major version of the wheel format (PEP 427: an installer refuses a greater one)."""


class Expected(NamedTuple):
    """What the project releases: names of its packages in PEP 503 form, and the version under release as it is written."""

    names: frozenset[str]
    version: str


def name_issues(name: FileName, filename: str, expected: Expected) -> Iterator[Issue]:
    """Yield where the file name is not the canonical one, or of another project or version than the release."""
    if filename != name.canonical:
        # Installers and indexes still take such wheels; of a source distribution an index takes the exact name only.
        severity = Severity.INFO if filename.endswith(".whl") else None
        yield Issue("distribution.file-name", "", f"is not in normal form, expected {name.canonical}", severity)
    if name.name not in expected.names:
        names = ", ".join(sorted(expected.names))
        yield Issue("distribution.name", "", f"is of {name.name}, and the project releases {names}")
    if not same_version(name.version, expected.version):
        yield Issue("distribution.version", "", f"has the version {name.version}, released is {expected.version}")


def stated_issues(where: str, name: FileName, stated_name: str, stated_version: str) -> Iterator[Issue]:
    """Yield where metadata state another name or version than the file name.

    Args:
        where: The member with the metadata, or the folder whose name has both.
        name: The file name.
        stated_name: As it is written there; empty where it is missing.
        stated_version: Likewise.
    """
    if normalise(stated_name) != name.name:
        yield Issue("distribution.name", where, f"has the name {stated_name!r}, the file name {name.name!r}")
    if not same_version(stated_version, name.version):
        yield Issue(
            "distribution.version", where, f"has the version {stated_version!r}, the file name {name.version!r}"
        )


def tag_issues(distribution: Distribution, info: str, name: FileName) -> Iterator[Issue]:
    """Yield what is wrong with WHEEL, and where its tags are not those of the file name."""
    where = f"{info}/WHEEL"
    data = distribution.texts.get(where)
    if data is None:
        yield Issue("distribution.missing-file", where, "is missing: no installer takes the wheel")
        return
    try:
        wheel = parse_wheel_file(data)
    except ValueError as error:
        yield Issue("distribution.tags", where, str(error))
        return
    if wheel.version.partition(".")[0] != WHEEL_MAJOR:
        yield Issue("distribution.tags", where, f"has the Wheel-Version {wheel.version!r}, expected {WHEEL_MAJOR}.x")
    if wheel.purelib.lower() not in ("true", "false"):
        yield Issue("distribution.tags", where, f"has the Root-Is-Purelib {wheel.purelib!r}, expected true or false")
    if wheel.tags != name.tags:
        different = ", ".join(sorted(wheel.tags ^ name.tags))
        yield Issue("distribution.tags", where, f"has other tags than the file name: {different}")
    if tuple(filter(None, [name.build])) != wheel.builds:
        text = f"has the build tag {', '.join(wheel.builds)!r}, the file name {name.build!r}"
        yield Issue("distribution.tags", where, text, Severity.LOW)


def same_version(left: str, right: str) -> bool:
    """Compare two versions by PEP 440; what is no such version equals nothing but the same text."""
    try:
        return Version(left) == Version(right)
    except InvalidVersion:
        return bool(left) and left == right
