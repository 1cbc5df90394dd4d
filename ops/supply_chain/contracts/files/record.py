"""A stage's record: `dist/records/<stage>.json`, what it read, wrote, counted, found and decided.

Provenance, policy, report and documents are made from records, so that nothing can claim a step that
did not run. Records carry the times of their run and are therefore not byte-reproducible; everything
else in them is.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from msgspec import UNSET, UnsetType

from ops.supply_chain.contracts.base import Contract, Count, FileRef, Sha256, Timestamp
from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.core.outcome import Outcome


class ToolRef(Contract, frozen=True, kw_only=True):
    """A tool that took part, and its version."""

    name: str
    version: str


class FeedOrigin(StrEnum):
    """Who chose a source of advisories: no one (the public default), the project's configuration, the command line."""

    DEFAULT = "default"
    CONFIGURED = "configured"
    GIVEN = "given"


class FeedRef(Contract, frozen=True, kw_only=True):
    """An outside source: its name, version and digest, and its age when used.

    `age_seconds` is the time since the newest record of a snapshot, or since a service answered. `address` is where it
    is: a URL without credentials and query, a path relative to the project, or only the name of a file elsewhere.
    `records` is the number of records of a snapshot. `origin` and `address` are set for sources of advisories.
    """

    name: str
    version: str
    sha256: Sha256 | None = None
    age_seconds: Count | None = None
    records: Count | None = None
    address: str = ""
    origin: FeedOrigin | None = None


class ExcludedFiles(Contract, frozen=True, kw_only=True):
    """One entry of `[locks].exclude`: its glob, its reason, and the files that it leaves out.

    `reason` is empty if none is given. `files` are those with the name of a lock or of a declaration, relative to the
    project, sorted; they were not opened.
    """

    path: str
    reason: str = ""
    files: tuple[str, ...] = ()


class Record(Contract, frozen=True, kw_only=True):
    """The record of one run of one stage.

    `counts` has fixed keys chosen by the stage; a gate gives at least `locked` (how many there were)
    and `examined` (how many of them were examined). `options` are the command line options that can change
    the outcome, as strings, without paths of the machine. `tools`, `feeds`, `reads`, `writes` and
    `findings` are sorted. `excluded` is what `[locks].exclude` leaves out, in the order of the configuration;
    absent where it leaves out nothing.
    """

    schema: Literal["record/1"]
    stage: str
    component: str
    version: str
    outcome: Outcome
    invocation: str
    started: Timestamp
    finished: Timestamp
    offline: bool
    tools: tuple[ToolRef, ...]
    feeds: tuple[FeedRef, ...]
    options: dict[str, str]
    counts: dict[str, Count]
    reads: tuple[FileRef, ...]
    writes: tuple[FileRef, ...]
    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()
    excluded: tuple[ExcludedFiles, ...] | UnsetType = UNSET
