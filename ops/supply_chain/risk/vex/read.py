"""Which format a VEX is in, and its reader."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ops.supply_chain.contracts.values.vex import VexDocument
from ops.supply_chain.risk.vex.bom import Bom
from ops.supply_chain.risk.vex.node import Node
from ops.supply_chain.risk.vex.read_csaf import read_csaf
from ops.supply_chain.risk.vex.read_cyclonedx import read_cyclonedx
from ops.supply_chain.risk.vex.read_openvex import read_openvex


def read_vex(document: Any, *, file: str, boms: Sequence[Bom] = ()) -> VexDocument:
    """Read a VEX document of any format that is known.

    Args:
        document: The parsed JSON.
        file: Its file name, for messages; never an absolute path.
        boms: BOMs that a CycloneDX VEX may refer to.
    Raises:
        InputError: Of no known format or version, or broken; the message has the JSON path.
    """
    root = Node(document, "$", file)
    if root.get("bomFormat") is not None:
        return read_cyclonedx(root, boms)
    if root.get("@context") is not None:
        return read_openvex(root)
    if root.get("document") is not None:
        return read_csaf(root)
    raise root.broken("expected OpenVEX (@context), CycloneDX (bomFormat) or CSAF (document), found none of them")
