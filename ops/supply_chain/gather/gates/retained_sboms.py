"""The SBOM of a retained release as a whole, and whether it was read as a whole."""

from __future__ import annotations

from collections.abc import Sequence

from ops.supply_chain.contracts.files.manifest import ManifestFile
from ops.supply_chain.contracts.values.received_sbom import DefectKind, ReceivedSbom
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.text import plural
from ops.supply_chain.trust.verification.file_kinds import CYCLONEDX_SUFFIX, classify


def release_sbom(files: Sequence[ManifestFile]) -> ManifestFile:
    """Return the SBOM of the whole release, CycloneDX where there is one.

    Raises:
        InputError: It has none.
    """
    parts = classify({file.name for file in files})
    names = [name for name in parts.sboms if not parts.is_of_distribution(name)]
    if not names:
        raise InputError("it has no SBOM")
    chosen = min(names, key=lambda name: (not name.endswith(CYCLONEDX_SUFFIX), name))
    return next(file for file in files if file.name == chosen)


def incomplete_reason(document: ReceivedSbom) -> str:
    """Return why a document does not show everything that it states; empty if it does."""
    unread = [defect for defect in document.defects if defect.kind is DefectKind.UNREAD]
    if not unread:
        return ""
    return f"{plural(len(unread), 'part')} cannot be read, the first {unread[0].location}: {unread[0].message}"
