"""The input and the result of a stage's body."""

from __future__ import annotations

import argparse
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ops.supply_chain.adapters.files.inputs import require_inside
from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.contracts.config.file import Config
from ops.supply_chain.contracts.files.record import ExcludedFiles, FeedRef, ToolRef
from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.core.canonical import read_bytes
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.runner.progress import Progress

if TYPE_CHECKING:
    from ops.supply_chain.adapters.files.project import Project
    from ops.supply_chain.contracts.files.fleet import PartSetting, Tallies


class FleetPart(msgspec.Struct, frozen=True, kw_only=True):
    """What a stage examines in place of a whole fleet, on a worker: how, and where the ledgers are."""

    setting: PartSetting
    ledgers: Path


class StageRun(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One run of one stage.

    `root` is the project's folder, `dist` the folder of artifacts, `artifacts` the folder of retained releases, `cache`
    the user's cache; all absolute. `now` is the run's one clock reading. `invocation` identifies the pipeline run, and is
    the same for all its stages. `version_needed` is False for a command that leaves no record: it also works on a project
    without a version. `notes` are what the record notes of the run itself, before the stage's own. `words` is the command
    line as it was given. `part` is set where this run examines one part of a fleet for another run.
    """

    stage: str
    args: argparse.Namespace
    root: Path
    dist: Path
    artifacts: Path
    cache: Path
    config: Config
    now: datetime
    offline: bool
    invocation: str
    progress: Progress
    version_needed: bool = True
    notes: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    part: FleetPart | None = None

    @property
    def ledgers(self) -> Path:
        """The folder of artifacts whose ledgers of first sightings count."""
        return self.part.ledgers if self.part else self.artifacts

    @property
    def carries_common(self) -> bool:
        """True if findings about the run as a whole belong to its first project: not in the later parts of a fleet."""
        return self.part is None or self.part.setting.first

    @cached_property
    def project(self) -> Project:
        """The project under release; read from git once, on first use."""
        from ops.supply_chain.adapters.files.project import describe

        return describe(self.root, self.config, version=self.args.version, version_needed=self.version_needed)

    @property
    def outputs(self) -> tuple[Path, ...]:
        """The folders and files that the pipeline itself writes, absolute; anything else below `artifacts` can be source."""
        from ops.supply_chain.adapters.files import incidents, ledger, supplier_store
        from ops.supply_chain.adapters.files.artifact_store import STORE_FOLDER

        return (
            self.dist,
            self.artifacts / STORE_FOLDER,
            self.artifacts / ledger.FOLDER,
            self.artifacts / incidents.FOLDER,
            *supplier_store.outputs(self.artifacts),
        )

    def dist_ref(self, path: Path) -> FileRef:
        """Describe a file below `dist` by digest, as `dist:<relative path>`."""
        return _file_ref("dist", self.dist, path)

    def project_ref(self, path: Path) -> FileRef:
        """Describe a file below the project by digest, as `project:<relative path>`.

        Raises:
            InputError: It cannot be read, or a link leads out of the project.
        """
        require_inside(self.root, path)
        return _file_ref("project", self.root, path)


class StageResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a stage's body returns.

    `counts` keys are fixed words of the stage, never data: they are printed in public logs. `options` are those that
    can change the outcome. `document` is the result for programs (`--format json`): plain JSON data or a contract
    value. `broken_input` is True if one of several inputs is broken and the others were examined: unless the outcome is a
    failure, the exit code is then 3. `public_outcome` are fixed words that a public log shows instead of the outcome, where "pass" would promise
    too much. `excluded` is what `[locks].exclude` leaves out. `colour` is that of the first line of `text` on a terminal ("31" is red).
    `annotations` are workflow commands for GitHub's runner, which annotate a change; no other reader gets them, and no public log.
    `tallies` and `common` are those of `contracts.files.fleet.PartResult`, for a stage that examines fleets in parts.

    People get the record's counts, findings and notes from the runner, which renders them in one way for all stages.
    `text` is what a stage shows in place of the outcome and counts, for example a table of updates; `details` are
    further lines. Neither contains findings or notes, except for a `text` that `says_findings`: they are then in the record
    and the document, and not shown once more.
    """

    outcome: Outcome
    text: str = ""
    says_findings: bool = False
    details: tuple[str, ...] = ()
    counts: dict[str, int] = {}
    findings: tuple[Finding, ...] = ()
    reads: tuple[FileRef, ...] = ()
    writes: tuple[FileRef, ...] = ()
    tools: tuple[ToolRef, ...] = ()
    feeds: tuple[FeedRef, ...] = ()
    options: dict[str, str] = {}
    notes: tuple[str, ...] = ()
    document: object = None
    public_outcome: str = ""
    broken_input: bool = False
    excluded: tuple[ExcludedFiles, ...] = ()
    colour: str = ""
    tallies: Tallies = {}
    common: tuple[Finding, ...] = ()
    annotations: tuple[str, ...] = ()


def _file_ref(label: str, base: Path, path: Path) -> FileRef:
    data = read_bytes(path)
    return FileRef(path=f"{label}:{path.relative_to(base).as_posix()}", sha256=sha256_bytes(data), size=len(data))
