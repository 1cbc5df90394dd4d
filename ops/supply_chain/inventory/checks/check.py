"""Our own checks of an SBOM, on top of its schema: one door for every format.

The schemas accept references that lead nowhere, two components of one identifier, a package URL of
something else, a digest of the wrong length. Those are found here, in documents of ours and of others
alike. It complements schema validation and does not stand in for it: wrong types and unknown fields are
the schema's to refuse, and are passed over.

Source: facts/standards.md section 1, "The validator accepts", and section 2.
"""

from __future__ import annotations

from typing import Any

from ops.supply_chain.formats.sbom import SbomFormat, format_of
from ops.supply_chain.inventory.checks.cyclonedx import check_cyclonedx
from ops.supply_chain.inventory.checks.spdx2 import check_spdx2
from ops.supply_chain.inventory.checks.spdx3 import check_spdx3
from ops.supply_chain.inventory.checks.values import Problem

_CHECKS = {
    SbomFormat.CYCLONEDX: check_cyclonedx,
    SbomFormat.SPDX_2: check_spdx2,
    SbomFormat.SPDX_3: check_spdx3,
}


def check_document(plain: Any) -> tuple[Problem, ...]:
    """Check an SBOM beyond its schema.

    Args:
        plain: The parsed JSON: CycloneDX 1.x, SPDX 2.2 or 2.3, or SPDX 3.0. Anything else may be given.
    Returns:
        The problems, in the order of the document; empty means that nothing was found. A document of no
        known format, or of an unknown version of one, is a problem itself.
    """
    found = format_of(plain)
    if found is None:
        message = "expected bomFormat CycloneDX, an spdxVersion, or the context of SPDX 3; found none of them"
        return (Problem(path="$", code="sbom.format-unknown", message=message),)
    return _CHECKS[found](plain)
