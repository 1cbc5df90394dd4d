"""What goes into the evidence archive, and under which names.

Source: docs/stages/bundle_evidence.md
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

import msgspec

from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.contracts.files.evidence_index import EvidenceIndex
from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.core.text import without_credentials

LOCK_SBOMS = "dist:sbom/locks/"
PROJECT = "project:"
INDEX_NAME = "index.json"


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A file to enclose: `source` says where it lies (`dist:...` or `project:...`), `name` where it goes."""

    source: str
    name: str
    sha256: str
    size: int


def members(refs: Iterable[FileRef]) -> tuple[Member, ...]:
    """Name the files of the evidence archive, without repeats, sorted by name.

    Args:
        refs: Per-lock SBOMs as `dist:sbom/locks/...`; locks, their committed SBOMs and baselines as `project:...`.
    Returns:
        Names as in the archive below its top folder: `sbom/locks/...` and `project/...`.
    """
    distinct = {ref.path: ref for ref in refs}
    found = [
        Member(source=ref.path, name=_name_of(ref.path), sha256=ref.sha256, size=ref.size) for ref in distinct.values()
    ]
    return tuple(sorted(found, key=lambda member: member.name))


def lock_sboms(record: Record) -> tuple[FileRef, ...]:
    """Return the per-lock SBOMs that `generate_sbom` wrote."""
    return tuple(ref for ref in record.writes if ref.path.startswith(LOCK_SBOMS))


def project_reads(record: Record) -> tuple[FileRef, ...]:
    """Return the files of the project that `generate_sbom` read: the locks and what they include."""
    return tuple(ref for ref in record.reads if ref.path.startswith(PROJECT))


def baseline_beside(lock: str) -> str:
    """Return where the publisher baseline of a lock lies: `requirements.provenance.json` and the like."""
    return str(PurePosixPath(lock).with_suffix(".provenance.json"))


def sbom_beside(lock: str) -> str:
    """Return where the committed SBOM of a lock lies: `requirements.cdx.json` and the like."""
    return str(PurePosixPath(lock).with_suffix(".cdx.json"))


def index_of(enclosed: Iterable[Member], withheld: Iterable[str], *, component: str, version: str) -> EvidenceIndex:
    """Build the index at the top of the archive."""
    return EvidenceIndex(
        schema="evidence-index/1",
        component=component,
        version=version,
        files=tuple(FileRef(path=member.name, sha256=member.sha256, size=member.size) for member in enclosed),
        withheld=tuple(sorted(withheld)),
    )


def holds_credentials(data: bytes) -> bool:
    """Return whether a text file has a URL with a user, a password or a secret query value.

    The user `git` of an SSH address is everybody's and no secret.
    """
    if b"://" not in data:
        return False
    lines = (line for line in data.splitlines() if b"://" in line and (b"@" in line or b"?" in line))
    text = b"\n".join(lines).decode("utf-8", "replace").replace("ssh://git@", "ssh://")
    return without_credentials(text) != text


def _name_of(path: str) -> str:
    label, _, rest = path.partition(":")
    return f"project/{rest}" if label == "project" else rest
