"""A stage's run over a fleet on the workers of a Dask scheduler: parts out, results in the registry, one result back.

Every machine sees the same folders under the same paths: projects, artifacts and cache. A worker refuses a part if it has
another version of the pipeline, another feed, other files or another registry. What did not come back whole and the same
is not examined, never clean.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec

from ops.supply_chain.adapters.dask.engine import run_tasks
from ops.supply_chain.adapters.dask.security import checked_address
from ops.supply_chain.adapters.files import ledger as ledgers
from ops.supply_chain.adapters.files.configuration import read_config
from ops.supply_chain.adapters.files.project import describe
from ops.supply_chain.adapters.index.address import with_environment_index
from ops.supply_chain.adapters.registry.address import TENANT_VARIABLE, URL_VARIABLE, RegistryAddress, registry_address
from ops.supply_chain.adapters.registry.fleet import KEPT_DAYS, FleetStore, KeptResult
from ops.supply_chain.contracts.config.file import Config
from ops.supply_chain.contracts.files.fleet import PartProject, PartReply, PartRequest, PartResult, PartSetting
from ops.supply_chain.contracts.files.ledger import Ledger, Sighting, read_ledger
from ops.supply_chain.core import canonical
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import ErrorClass, ExitCode, InputError, UnavailableError, UsageError
from ops.supply_chain.core.moments import timestamp
from ops.supply_chain.gather.gates.fleet_inputs import groups, read_input
from ops.supply_chain.gather.gates.fleet_merge import MergedParts, merge
from ops.supply_chain.gather.gates.projects import FLEET_VERSION, fleet_folders
from ops.supply_chain.runner.context import StageRun
from ops.supply_chain.runner.fleet_code import own_code
from ops.supply_chain.runner.fleet_part import sent_words

AGAIN = "Run again; if it happens again, check the clocks and disks of the workers."


class FleetMember(NamedTuple):
    """One project of a fleet: component, folder, configuration."""

    component: str
    folder: Path
    config: Config


def fleet_members(run: StageRun) -> list[FleetMember]:
    """Return the projects of `--fleet`, in its order.

    Raises:
        InputError: The fleet file or a configuration cannot be read.
        UsageError: There is no `--fleet`, it names no folder, a missing one, or two with the same name.
    """
    checked_address(run.args.scheduler)
    if run.args.fleet is None:
        raise UsageError(
            "--scheduler examines the projects of a fleet: give --fleet as well",
            hint="Write one project folder per line into a file, and name it with --fleet.",
            kind=ErrorClass.COMMAND_LINE,
        )
    found = []
    for folder in fleet_folders(run.args.fleet):
        config = with_environment_index(read_config(folder), os.environ)
        found.append(FleetMember(describe(folder, config, version=FLEET_VERSION).name, folder, config))
    names = [member.component for member in found]
    twice = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if twice:
        raise UsageError(
            f"{run.args.fleet}: two projects have the name {twice[0]!r}",
            hint="Set component_name in one of them.",
            kind=ErrorClass.COMMAND_LINE,
        )
    return found


class FleetRun:
    """A fleet in parts, whose projects were read for their digests once.

    Args:
        run: The stage's run.
        members: The projects.
    Raises:
        InputError: A folder cannot be read.
    """

    def __init__(self, run: StageRun, members: Sequence[FleetMember]) -> None:
        self._run = run
        self._names = [member.component for member in members]
        self._groups = groups(
            read_input(place, member.component, member.folder, member.config) for place, member in enumerate(members)
        )

    @property
    def parts(self) -> int:
        """The number of parts."""
        return len(self._groups)

    def merged(self, feed: str, malicious: Sequence[Path] = ()) -> MergedParts:
        """Examine all parts, and return their results as one.

        Args:
            feed: SHA-256 of the snapshot that all of them are compared with.
            malicious: The folders of `[feeds].malicious` of all projects.
        Raises:
            StageError: As `results`.
        """
        setting = PartSetting(
            now=timestamp(self._run.now), feed=feed, first=False, malicious=tuple(map(str, malicious))
        )
        found = self.results(setting, ledgers_of=self._names if self._run.args.ledger else ())
        return merge([found[number] for number in sorted(found)], self._names)

    def results(
        self,
        setting: PartSetting,
        *,
        chosen: Collection[int] | None = None,
        turn: str = "",
        ledgers_of: Sequence[str] = (),
    ) -> dict[int, PartResult]:
        """Examine parts on the workers of `--scheduler`.

        Args:
            setting: What the stage has to know; whether a part is the first one is set here.
            chosen: The numbers of the parts; None for all.
            turn: The name of one of several questions of a run.
            ledgers_of: The components whose ledgers are taken up before, and continued after.
        Returns:
            Number of each part, in the order of their first projects -> its result.
        Raises:
            UnavailableError: Not every project was examined, by the same pipeline with the same feed.
            InputError: A ledger cannot be read.
        """
        run, numbers = self._run, range(self.parts) if chosen is None else sorted(chosen)
        if not numbers:
            return {}
        name = "/".join(filter(None, (run.invocation, run.stage, turn)))
        requests = [self._request(name, number, setting) for number in numbers]
        tasks = {sha256_bytes(canonical.encode(request)): request for request in requests}
        with FleetStore(_registry(run)) as store:
            store.begin(name, started=timestamp(run.now), before=timestamp(run.now - timedelta(days=KEPT_DAYS)))
            _import_ledgers(run, store, ledgers_of)
            replied = _work(run, tasks)
            parts = _whole(store.results(name), tasks, replied)
            _export_ledgers(run, store, ledgers_of)
        return dict(zip(numbers, parts, strict=True))

    def _request(self, name: str, number: int, setting: PartSetting) -> PartRequest:
        run, part = self._run, self._groups[number]
        return PartRequest(
            run=name,
            stage=run.stage,
            **own_code()._asdict(),
            folder=str(Path.cwd()),
            project=str(run.root),
            artifacts=str(run.artifacts),
            cache=str(run.cache),
            words=sent_words(run.words),
            setting=msgspec.structs.replace(setting, first=part[0].place == 0),
            projects=tuple(
                PartProject(component=project.component, folder=str(project.folder), inputs=project.inputs)
                for project in part
            ),
        )


def _work(run: StageRun, tasks: Mapping[str, PartRequest]) -> dict[str, str]:
    """Run the tasks and return the digest of the result of each; the first one that was not examined ends the run.

    Raises:
        StageError: A task was not examined.
    """
    sent = {f"sealwright-{name}": canonical.encode(request) for name, request in tasks.items()}
    found: dict[str, str] = {}
    replies = run_tasks(run.args.scheduler, sent, os.environ)
    for data in run.progress.track(replies, label="projects on workers", total=len(sent)):
        reply = canonical.decode(data, PartReply, where="the reply of a worker")
        if reply.problem or not reply.result:
            error = InputError if reply.exit_code == ExitCode.INPUT else UnavailableError
            raise error(f"a worker: {reply.problem or 'no result'}", hint=reply.next_step)
        found[reply.task] = reply.result
    return found


def _whole(
    kept: Sequence[KeptResult], tasks: Mapping[str, PartRequest], replied: Mapping[str, str]
) -> list[PartResult]:
    """Return the results in the order of the tasks, if each task has one, and each project is in one.

    Args:
        kept: What the registry has.
        tasks: Task -> its request.
        replied: Task -> SHA-256 of the result that a worker has put into the registry.
    Raises:
        UnavailableError: A result is missing, is of other inputs, or differs from that of its worker or of a second run.
    """
    by_task = {entry.task: entry for entry in kept}
    parts = []
    for name, request in tasks.items():
        entry = by_task.get(name)
        wanted = sorted((project.component, project.inputs) for project in request.projects)
        if entry is None or list(entry.projects) != wanted:
            raise UnavailableError("registry: the result of a task is not in it", hint=AGAIN)
        if entry.differing:
            raise UnavailableError(
                f"a task ran twice, with different results: sha256 {sha256_bytes(entry.result)[:12]} and "
                f"{entry.differing[:12]}; its first project is {request.projects[0].component}",
                hint=AGAIN,
            )
        if sha256_bytes(entry.result) != replied.get(name):
            raise UnavailableError(
                "registry: the result of a task is not the one of its worker; its first project is "
                f"{request.projects[0].component}",
                hint=AGAIN,
            )
        parts.append(canonical.decode(entry.result, PartResult, where="registry, the result of a task"))
    return parts


def _registry(run: StageRun) -> RegistryAddress:
    url, tenant = os.environ.get(URL_VARIABLE, ""), os.environ.get(TENANT_VARIABLE, "")
    return registry_address(run.artifacts, url=url, tenant=tenant)


def _import_ledgers(run: StageRun, store: FleetStore, names: Sequence[str]) -> None:
    """Add to the registry what the ledgers among the artifacts know and it does not."""
    known = store.ledgers(names)
    new = {}
    for name in names:
        ledger = ledgers.read(ledgers.ledger_path(run.artifacts, name))
        if ledger is not None and ledger.lines:
            own = set(read_ledger(known.get(name, b""), where=name).lines)
            new[name] = [line for line in ledger.lines if line not in own]
    store.sight({name: lines for name, lines in new.items() if lines})


def _export_ledgers(run: StageRun, store: FleetStore, names: Sequence[str]) -> None:
    """Add to the ledgers among the artifacts what the registry knows and they do not."""
    for name, data in store.ledgers(names).items():
        path = ledgers.ledger_path(run.artifacts, name)
        own = set((ledgers.read(path) or Ledger()).lines)
        missing = [line for line in read_ledger(data, where=name).lines if line not in own]
        for day in sorted({line.first_seen for line in missing}):
            seen = [Sighting(line.code, line.package, line.names) for line in missing if line.first_seen == day]
            ledgers.add(path, seen, today=date.fromisoformat(day))
