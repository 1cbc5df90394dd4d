"""The SBOM formats that are read: how each is recognised and read, in one table."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

from ops.supply_chain.core.errors import InputError
from ops.supply_chain.formats.cyclonedx import CycloneDx, is_cyclonedx, read_cyclonedx
from ops.supply_chain.formats.json_reader import UnexpectedShapeError
from ops.supply_chain.formats.shape import refuse_faults
from ops.supply_chain.formats.spdx2 import Spdx2, read_spdx2
from ops.supply_chain.formats.spdx3 import Spdx3, is_spdx3, read_spdx3

Sbom = CycloneDx | Spdx2 | Spdx3


class SbomFamily(StrEnum):
    """A format with its major version."""

    CYCLONEDX = "CycloneDX"
    SPDX_2 = "SPDX 2"
    SPDX_3 = "SPDX 3"


class _Reading(NamedTuple):
    recognises: Callable[[object], bool]
    read: Callable[[object], Sbom]


_READINGS = {
    SbomFamily.CYCLONEDX: _Reading(is_cyclonedx, read_cyclonedx),
    SbomFamily.SPDX_2: _Reading(lambda document: isinstance(document, dict) and "spdxVersion" in document, read_spdx2),
    SbomFamily.SPDX_3: _Reading(is_spdx3, read_spdx3),
}


def family_of(document: object) -> SbomFamily | None:
    """Return the format of a parsed JSON document by the fields that only it has, whatever its version.

    Returns:
        None where it is not an SBOM that is read.
    """
    return next((found for found, reading in _READINGS.items() if reading.recognises(document)), None)


def read_sbom(document: object) -> Sbom:
    """Read an SBOM of any format; its faults are listed in it.

    Raises:
        UnexpectedShapeError: It is of no known format, or of an unknown version of one.
    """
    found = family_of(document)
    if found is None:
        raise UnexpectedShapeError(
            "$: expected bomFormat CycloneDX, an spdxVersion, or the context of SPDX 3; found none"
        )
    return _READINGS[found].read(document)


def require_sbom(document: object, *, where: str) -> Sbom:
    """Read an SBOM that must not have faults.

    Args:
        document: The parsed JSON.
        where: What to call the document in an error.
    Raises:
        InputError: It is not an SBOM that is read, or has a fault; the message has the JSON path.
    """
    try:
        found = read_sbom(document)
        refuse_faults(found.faults)
    except UnexpectedShapeError as error:
        raise InputError(f"{where}: {error}") from error
    return found
