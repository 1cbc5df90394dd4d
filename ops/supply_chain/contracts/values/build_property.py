"""The property of a release whose distributions were built twice here and are the same, byte for byte; and what another job says of it.

It is not `SLSA_BUILD_REPRODUCED`, which needs two platforms that are operated independently.

Source: SLSA 1.2, https://slsa.dev/spec/v1.2/verification_summary (a property of one's own does not begin with `SLSA_`)
"""

from __future__ import annotations

BUILT_TWICE_IDENTICAL = "SEALWRIGHT_BUILT_TWICE_IDENTICAL"

UNAUTHENTICATED_PROPERTY = "unauthenticatedProperty"
"""The annotation that names this property where only the report of another job states it, and no signature confirms that report."""

OTHER_REPORT = "distributions:report.json"
"""The report of another job in the record of the stage that read it."""
