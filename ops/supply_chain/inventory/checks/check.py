"""Our own checks of an SBOM beyond its schema, for every format.

The schemas accept references that lead nowhere, two components of one identifier, a package URL of
something else, a digest of the wrong length. Those are found here, in our own documents and in other people's. This complements schema validation
and does not replace it: wrong types and unknown fields are
the schema's to refuse, and are passed over.

Source: https://cyclonedx.org/specification/overview/; https://spdx.dev/use/specifications/.
"""

from __future__ import annotations

from typing import Any

from ops.supply_chain.formats.sbom import SbomFamily, family_of
from ops.supply_chain.inventory.checks.cyclonedx import check_cyclonedx
from ops.supply_chain.inventory.checks.spdx2 import check_spdx2
from ops.supply_chain.inventory.checks.spdx3 import check_spdx3
from ops.supply_chain.inventory.checks.values import SbomProblem

_CHECKS = {
    SbomFamily.CYCLONEDX: check_cyclonedx,
    SbomFamily.SPDX_2: check_spdx2,
    SbomFamily.SPDX_3: check_spdx3,
}


def check_document(plain: Any) -> tuple[SbomProblem, ...]:
    """Check an SBOM beyond its schema.

    Args:
        plain: The parsed JSON: CycloneDX 1.x, SPDX 2.2 or 2.3, or SPDX 3.0. Anything else may be given.
    Returns:
        The problems, in the order of the document; empty means that nothing was found. A document of no
        known format, or of an unknown version of one, is a problem itself.
    """
    found = family_of(plain)
    if found is None:
        message = "expected bomFormat CycloneDX, an spdxVersion, or the context of SPDX 3; found none of them"
        return (SbomProblem(path="$", code="sbom.format-unknown", message=message),)
    return _CHECKS[found](plain)
