"""What travels between a fleet run and its workers: one part of the run, and the result of it. Both are JSON.

A part is a group of projects of one stage. Its request has everything that decides its result, except what is in the files
that it names by digest; the digest of the request therefore identifies the task. Neither has a secret.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from ops.supply_chain.contracts.base import Contract, Count, FileRef, Sha256, Timestamp
from ops.supply_chain.contracts.files.record import ExcludedFiles, FeedRef, ToolRef
from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.core.outcome import Outcome

Tallies = dict[str, dict[str, Count]]
"""Name of a tally -> thing -> number: what several parts may have in common, and must be counted once."""


class PartProject(Contract, frozen=True, kw_only=True):
    """One project of a part: its component, its folder (absolute), and the digest of what stages read of it."""

    component: str
    folder: str
    inputs: Sha256


class PartSetting(Contract, frozen=True, kw_only=True):
    """What a stage needs to know to examine a part as it would within the whole fleet.

    `now` is the run's one reading of the clock. `feed` is the digest of the snapshot that the run uses, empty where workers need
    none. `first` is True for the part with the first project of the fleet, which carries the findings about the run as a
    whole. `malicious` are the folders of `[feeds].malicious` of all projects, absolute, sorted. `asked` is what a stage is asked
    beyond its options, JSON of its own.
    """

    now: Timestamp
    feed: Annotated[str, msgspec.Meta(pattern=r"\A(?:[0-9a-f]{64})?\Z")]
    first: bool
    malicious: tuple[str, ...] = ()
    asked: Any = None


class PartRequest(Contract, frozen=True, kw_only=True):
    """One task.

    `run` identifies the run of the stage. What examines it has to be the same on the machine of the run and on the worker: `release` is the version
    of sealwright, empty for a checkout that is not installed, `code` the digest of its own files, `python` implementation and minor version, `cpython 3.11`, `packages` the
    version of each package that sealwright requires, itself or through others, by canonical name, empty where it is not installed. `folder` is that in which the
    stage was started, `words` are its options. All folders are absolute, and the same on every machine.
    """

    schema: Literal["fleet-part/1"] = "fleet-part/1"
    run: str
    stage: str
    release: str
    code: Sha256
    python: str
    packages: dict[str, str]
    folder: str
    project: str
    artifacts: str
    cache: str
    words: tuple[str, ...]
    setting: PartSetting
    projects: tuple[PartProject, ...]


class PartResult(Contract, frozen=True, kw_only=True):
    """What a stage found in one part; the fields are those of its record.

    `counts` are in the order in which they are shown. `common` are findings about the run as a whole, before waivers: they count once, however many parts have them.
    `details` and `document` are what a stage shows besides its record. `tallies` are what several parts may have in common.
    """

    schema: Literal["fleet-result/1"] = "fleet-result/1"
    outcome: Outcome
    counts: tuple[tuple[str, Count], ...]
    tallies: Tallies
    findings: tuple[Finding, ...]
    common: tuple[Finding, ...]
    reads: tuple[FileRef, ...]
    tools: tuple[ToolRef, ...]
    feeds: tuple[FeedRef, ...]
    options: dict[str, str]
    notes: tuple[str, ...]
    details: tuple[str, ...]
    excluded: tuple[ExcludedFiles, ...]
    broken: bool
    document: Any = None


class PartReply(Contract, frozen=True, kw_only=True):
    """What a worker answers: the task, and the digest of its result that is in the registry, else why there is none."""

    schema: Literal["fleet-reply/1"] = "fleet-reply/1"
    task: str = ""
    result: str = ""
    problem: str = ""
    next_step: str = ""
    exit_code: Count = 0
