"""`dist/reproduction/reproduction.json`: file by file, whether a second run made the same release.

Source: docs/reproduce.md
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

import msgspec

from ops.supply_chain.contracts.base import Contract, Timestamp
from ops.supply_chain.core.outcome import Outcome


class FileResult(StrEnum):
    """What the comparison of one file shows.

    `OF_ITS_RUN` is a file that describes the run that made it and is the same in every field that does not: never counted
    as identical. `NOT_COMPARED` is a file that no second run can make: a signature. `UNKNOWN` is one that could not be
    compared, though it should be.
    """

    IDENTICAL = "identical"
    DIFFERS = "differs"
    OF_ITS_RUN = "of-its-run"
    NOT_COMPARED = "not-compared"
    UNKNOWN = "cannot-be-compared"


class ComparedField(Contract, frozen=True, kw_only=True):
    """One field that is not the same.

    `member` is the member of an archive, empty for the file itself. `field` is a JSON path, a line, or a property of the
    member (`mtime`, `content`, ...). `released` and `rebuilt` are its two values as text, shortened, `absent` where there
    is none. `why` explains it, empty where the reason is not known.
    """

    member: str
    field: str
    released: str
    rebuilt: str
    why: str = ""


class ComparedFile(Contract, frozen=True, kw_only=True):
    """One file of the release, or one that should be in it.

    The digests are empty where there is no such file. `differences` are the fields that are not the same, at most
    a hundred, `further` the number of others. `run_fields` are fields that depend on the run, by JSON path without positions, with the
    number of places; `tools` those that name a tool or machine of another version, with its name as `why`. `why` is one sentence on the result.
    """

    name: str
    result: FileResult
    why: str
    released: str = ""
    rebuilt: str = ""
    differences: tuple[ComparedField, ...] = ()
    further: int = 0
    run_fields: dict[str, int] = msgspec.field(default_factory=dict)
    tools: tuple[ComparedField, ...] = ()


class RerunStage(Contract, frozen=True, kw_only=True):
    """A stage that ran again: its exit code in this run, the time that its clock showed, and the error if it ended with one."""

    stage: str
    code: int
    moment: Timestamp
    error: str = ""


class Reproduction(Contract, frozen=True, kw_only=True):
    """The whole file.

    `verification` is the outcome of verifying the release first, and `verified_why` the reason where it is no pass; `accepted` is
    whether it is accepted nevertheless: as a rehearsal, or by an option as unsigned.
    `files` are sorted by name. `stages` ran again, in that order; `taken` are the stages whose records were taken from the
    release, because they ask a service whose answers change. `notes` are sentences about the clone and the machine;
    `not_independent` name what both runs had in common, as far as this run can know.
    """

    schema: Literal["reproduction/1"]
    component: str
    version: str
    commit: str
    rehearsal: bool
    time: Timestamp
    outcome: Outcome
    verification: Outcome
    verified_why: str
    accepted: bool
    files: tuple[ComparedFile, ...]
    stages: tuple[RerunStage, ...]
    taken: tuple[str, ...]
    notes: tuple[str, ...]
    not_independent: tuple[str, ...]

    def named(self, result: FileResult) -> tuple[ComparedFile, ...]:
        """Return the files with one result."""
        return tuple(file for file in self.files if file.result is result)
