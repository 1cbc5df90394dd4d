"""Read a VEX document of any supported format."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ops.supply_chain.contracts.values.vex import VexDocument
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.formats.json_reader import Node, UnexpectedShapeError
from ops.supply_chain.risk.vex.bom import Bom
from ops.supply_chain.risk.vex.read_csaf import read_csaf
from ops.supply_chain.risk.vex.read_cyclonedx import read_cyclonedx
from ops.supply_chain.risk.vex.read_openvex import read_openvex

HINT = "Ask the issuer of this VEX for a valid document, or leave it out."


def read_vex(document: Any, *, file: str, boms: Sequence[Bom] = ()) -> VexDocument:
    """Read a VEX document of any supported format.

    Args:
        document: The parsed JSON. Unknown fields are tolerated; a field of a wrong type is an error, because a
            half-understood VEX must not suppress a finding.
        file: Its file name, for messages; never an absolute path.
        boms: BOMs that a CycloneDX VEX may refer to.
    Raises:
        UnexpectedShapeError: Unknown format or version, or broken; the message has the JSON path.
    """
    try:
        return _read(Node(document), file=file, boms=boms)
    except UnexpectedShapeError as error:
        raise InputError(f"{file}: {error}", hint=HINT) from error


def _read(root: Node, *, file: str, boms: Sequence[Bom]) -> VexDocument:
    if root.get("bomFormat") is not None:
        return read_cyclonedx(root, boms, file=file)
    if root.get("@context") is not None:
        return read_openvex(root, file=file)
    if root.get("document") is not None:
        return read_csaf(root, file=file)
    raise root.broken("expected OpenVEX (@context), CycloneDX (bomFormat) or CSAF (document), found another document")
