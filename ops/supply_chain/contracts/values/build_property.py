"""The property of a release whose distributions were built twice here and are the same, byte for byte.

It is not `SLSA_BUILD_REPRODUCED`, which needs two platforms that are operated independently.

Source: SLSA 1.2, https://slsa.dev/spec/v1.2/verification_summary (a property of one's own does not begin with `SLSA_`)
"""

from __future__ import annotations

BUILT_TWICE_IDENTICAL = "SEALWRIGHT_BUILT_TWICE_IDENTICAL"
