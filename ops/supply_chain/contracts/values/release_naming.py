"""How the files of a release are named: after component and version, or as published recipes expect.

In both forms, what belongs to one release alone (checksums, gate file, SBOMs of the release, archives) begins with `N-V-`.
`conventional` differs in the provenance, in the SBOMs of distributions, and in the extension of the Sigstore bundles.
A release has one form. Its provenance states the other than the default one, so that a verifier needs no configuration.

Source: docs/release-names.md
"""

from __future__ import annotations

import re
from collections.abc import Collection
from enum import StrEnum


class ReleaseNaming(StrEnum):
    """`versioned` puts `N-V-` before every name but those of distributions and of the verifier; `conventional` not before all."""

    VERSIONED = "versioned"
    CONVENTIONAL = "conventional"


PROVENANCE_SUFFIX = "-provenance.intoto.json"
CONVENTIONAL_PROVENANCE = "build-provenance.json"

CONVENTIONAL_SBOM = re.compile(r"sbom-(?:wheel|source)(?:-[A-Za-z0-9._+-]+)?\.(?:cdx|spdx|spdx3)\.json")
"""Names of the SBOMs of distributions where they have no prefix."""


KEPT_SUFFIXES = {
    "verification.json": "-verification.json",
    "verification.md": "-verification.md",
    "vsa.json": "-verification.vsa.json",
}
"""The maker's own verification reports: name in `dist/verification/` -> name ending after `N-V` in the folder of the
retained release. Not signed, and not part of the release."""


def naming_of(names: Collection[str]) -> ReleaseNaming:
    """Return the form of a release, by the names of its files: that of its provenance decides.

    Where both forms of a name are there, the further one belongs to no file of the release, and is refused as such.
    """
    return ReleaseNaming.CONVENTIONAL if CONVENTIONAL_PROVENANCE in names else ReleaseNaming.VERSIONED


def provenance_name(component: str, version: str, naming: ReleaseNaming) -> str:
    """Return the released name of the provenance statement.

    Args:
        component: N.
        version: V.
        naming: The form of the release.
    """
    if naming is ReleaseNaming.CONVENTIONAL:
        return CONVENTIONAL_PROVENANCE
    return f"{component}-{version}{PROVENANCE_SUFFIX}"
