"""The index inside an evidence or source archive: every member by digest."""

from __future__ import annotations

from typing import Literal

from ops.supply_chain.contracts.base import Contract, FileRef


class EvidenceIndex(Contract, frozen=True, kw_only=True):
    """`index.json` of the evidence archive.

    `files` are sorted by path, which is the path inside the archive's one top folder. `withheld` are
    project files that hold credentials: named and not enclosed, sorted.
    """

    schema: Literal["evidence-index/1"]
    component: str
    version: str
    files: tuple[FileRef, ...]
    withheld: tuple[str, ...]
