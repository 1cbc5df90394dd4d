"""Whether the metadata that an index serves for a wheel is the wheel's own.

Licence, producer and dependencies of a package come from `<file>.metadata`, which no lock has a hash of. Where the wheel's
bytes are at hand and have the locked hash, its own METADATA decides.

Source: PEP 658 ("the exact same contents as the METADATA file"), PEP 714.
"""

from __future__ import annotations

import hashlib

import msgspec

from ops.supply_chain.contracts.values.core_metadata import CoreMetadata
from ops.supply_chain.contracts.values.finding import Severity
from ops.supply_chain.contracts.values.package_index import WheelMetadata
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.dependencies.index_hashes.compare import HashIssue
from ops.supply_chain.dependencies.index_hashes.downloads import FileDownload
from ops.supply_chain.formats.core_metadata import parse

CODE = "hash.metadata-differs"
STEP = "Do not trust that index's metadata until its keepers explain the difference; then generate the SBOM again."


def own_metadata(download: FileDownload, found: WheelMetadata) -> CoreMetadata | None:
    """Return the metadata in a wheel's bytes; None where it cannot be read."""
    try:
        return parse(found.inside, where=download.name)
    except InputError:
        return None


def compare_metadata(
    download: FileDownload, found: WheelMetadata, cached: CoreMetadata | None = None
) -> tuple[HashIssue, ...]:
    """Compare what an index serves with the METADATA of a wheel.

    Args:
        download: The wheel, whose bytes have a recorded hash.
        found: Both, without a problem.
        cached: What an earlier run kept of the file, where that differs from the wheel's own.
    """
    label = f"{download.release.label}: {download.name}"
    own = own_metadata(download, found)
    if own is None:
        text = f"{label}: the wheel's own METADATA cannot be used, so the index's metadata cannot be compared with it"
        return (HashIssue(CODE, Severity.HIGH, text, STEP),)
    issues = []
    if found.beside is not None and found.announced and not _has(found.beside, found.announced):
        text = f"{label}: the index serves a metadata file without the hash that it publishes, {found.announced}"
        issues.append(HashIssue(CODE, Severity.HIGH, text, STEP))
    if found.beside is not None and found.beside != found.inside:
        issues.append(_beside(download, found.beside, own, label))
    if cached is not None:
        text = f"{label}: the cache had other metadata than the wheel: {_differing(cached, own)}; it was replaced"
        issues.append(HashIssue(CODE, Severity.HIGH, text, "Generate the SBOM again."))
    return tuple(issues)


def _beside(download: FileDownload, beside: bytes, own: CoreMetadata, label: str) -> HashIssue:
    try:
        served = parse(beside, where=download.name)
    except InputError:
        text = f"{label}: the index serves a metadata file that cannot be used, unlike the METADATA in the wheel"
        return HashIssue(CODE, Severity.HIGH, text, STEP)
    differing = _differing(served, own)
    if differing:
        text = f"{label}: the index serves other metadata than the wheel contains: {differing}"
        return HashIssue(CODE, Severity.HIGH, text, STEP)
    text = f"{label}: the metadata file that the index serves and the METADATA in the wheel differ, in no field that is used"
    return HashIssue(CODE, Severity.LOW, text, STEP)


def _differing(other: CoreMetadata, own: CoreMetadata) -> str:
    """Return the names of the fields that differ, in the order of the type."""
    names = [
        field.name for field in msgspec.structs.fields(own) if getattr(other, field.name) != getattr(own, field.name)
    ]
    return ", ".join(name.replace("licence", "license").replace("_", "-") for name in names)


def _has(data: bytes, expected: str) -> bool:
    algorithm, _, digest = expected.partition(":")
    return algorithm in ("sha256", "sha384", "sha512") and hashlib.new(algorithm, data).hexdigest() == digest
