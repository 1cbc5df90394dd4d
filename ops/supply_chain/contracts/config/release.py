"""`[release]`: how the files of a release are named, and where they are published.

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
    `files_at` is the https address below which the files of a release are published, with `{version}` in place of its
    version, and `{component}` if it is part of it: SECURITY.md and the trust page link each file there.
    """

    names: ReleaseNaming = ReleaseNaming.VERSIONED
    files_at: str = ""
