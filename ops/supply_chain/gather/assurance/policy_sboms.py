"""The SBOMs that the policy evaluates, read from bytes: our own, and those that were given, of any format."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ops.supply_chain.contracts.values.received_sbom import ReceivedSbom
from ops.supply_chain.core import canonical
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.formats.json_reader import UnexpectedShapeError


def own_json(data: bytes) -> Any:
    """Return parsed JSON; None for every other format."""
    try:
        return canonical.load_plain(data, where="$")
    except InputError:
        return None


def given_sbom(data: bytes, path: Path) -> ReceivedSbom:
    """Read an SBOM that was given, whatever its format.

    Raises:
        InputError: It is no SBOM, or cannot be read.
    """
    from ops.supply_chain.adapters.tools.received_schemas import schema_defects
    from ops.supply_chain.formats.received.read import read_received

    try:
        return read_received(data, schema_defects)
    except UnexpectedShapeError as error:
        raise InputError(
            f"{path}: {error}",
            hint="Evaluate a valid document of CycloneDX 1.2 to 1.7, SPDX 2.2, 2.3 or 3.0.1.",
        ) from error
