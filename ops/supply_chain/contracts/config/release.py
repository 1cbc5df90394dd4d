"""`[release]`: how the files of a release are named.

Source: docs/release-names.md
"""

from __future__ import annotations

from ops.supply_chain.contracts.base import Contract
from ops.supply_chain.contracts.values.release_naming import ReleaseNaming


class ReleaseConfig(Contract, frozen=True, kw_only=True):
    """`[release]`: the names of released files.

    `names = "conventional"` is for projects whose published recipes use them: `build-provenance.json`,
    `sbom-wheel.spdx.json` and `sbom-source.spdx.json` without the prefix `N-V-`, and bundles that end in `.bundle`.
    `[signing].detached` adds `.sig` and `.crt` in either form. See docs/release-names.md.
    """

    names: ReleaseNaming = ReleaseNaming.VERSIONED
