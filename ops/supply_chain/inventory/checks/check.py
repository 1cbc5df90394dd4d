"""Our own checks of an SBOM, on top of its schema: one door for every format.

The schemas accept references that lead nowhere, two components of one identifier, a package URL of
something else, a digest of the wrong length. Those are found here, in documents of ours and of others
alike. It complements schema validation and does not stand in for it: wrong types and unknown fields are
the schema's to refuse, and are passed over.

Source: facts/standards.md section 1, "The validator accepts", and section 2.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from ops.supply_chain.inventory.checks.cyclonedx import check_cyclonedx
from ops.supply_chain.inventory.checks.spdx2 import check_spdx2
from ops.supply_chain.inventory.checks.spdx3 import check_spdx3
from ops.supply_chain.inventory.checks.values import Problem


class Family(StrEnum):
    """Which kind of SBOM a JSON document is."""

    CYCLONEDX = "CycloneDX"
    SPDX_2 = "SPDX 2"
    SPDX_3 = "SPDX 3"


_CHECKS = {
    Family.CYCLONEDX: check_cyclonedx,
    Family.SPDX_2: check_spdx2,
    Family.SPDX_3: check_spdx3,
}


def family_of(plain: object) -> Family | None:
    """Tell the format of a parsed JSON document by the fields that only it has.

    Returns:
        The family whatever its version, or None where it is no SBOM that we know.
    """
    if not isinstance(plain, dict):
        return None
    if plain.get("bomFormat") == "CycloneDX":
        return Family.CYCLONEDX
    if "spdxVersion" in plain:
        return Family.SPDX_2
    context = plain.get("@context")
    contexts = context if isinstance(context, list) else [context]
    if any(isinstance(one, str) and "spdx.org/rdf/3" in one for one in contexts):
        return Family.SPDX_3
    return None


def check_document(plain: Any) -> tuple[Problem, ...]:
    """Check an SBOM beyond its schema.

    Args:
        plain: The parsed JSON: CycloneDX 1.x, SPDX 2.2 or 2.3, or SPDX 3.0. Anything else may be given.
    Returns:
        The problems, in the order of the document; empty means that nothing was found. A document of no
        known format, or of an unknown version of one, is a problem itself.
    """
    family = family_of(plain)
    if family is None:
        message = "expected bomFormat CycloneDX, an spdxVersion, or the context of SPDX 3; found none of them"
        return (Problem(path="$", code="sbom.format-unknown", message=message),)
    return _CHECKS[family](plain)
