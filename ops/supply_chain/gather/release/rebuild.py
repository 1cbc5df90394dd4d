"""Makes a release again from its commit: the stages themselves, in a clone and a `dist/` of their own.

The stages that ask a service whose answers change (advisories, publishers, hashes on the index) do not run: their records are
taken from the release. Each stage sees the time at which it ran for the release, so that what depends on the day is the same.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from ops.supply_chain import row_of
from ops.supply_chain.adapters.files.artifact_store import ArtifactStore
from ops.supply_chain.adapters.files.configuration import read_config
from ops.supply_chain.adapters.files.folders import copy_measured, measure, plain_files
from ops.supply_chain.adapters.files.git_checkout import CloneState, address_of, check_out
from ops.supply_chain.adapters.files.project import describe
from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.contracts.files.reproduction import RerunStage
from ops.supply_chain.contracts.values.release_naming import provenance_name
from ops.supply_chain.core import canonical
from ops.supply_chain.core.errors import ExitCode, InputError, OutputError, StageError
from ops.supply_chain.core.text import excerpt
from ops.supply_chain.gather.release.released_run import POLICY, PROVENANCE, ReleasedRun
from ops.supply_chain.release.assembly.layout import (
    CHECKSUMS_SOURCE,
    GATE_SOURCE,
    PROVENANCE_SOURCE,
    RELEASED_FOLDERS,
    checksums_name,
    lay_out,
)
from ops.supply_chain.release.provenance.source import source_uri
from ops.supply_chain.release.reproduction.compare import MeasuredFile
from ops.supply_chain.runner.context import StageRun
from ops.supply_chain.runner.dist_lock import HOLDER_VARIABLE
from ops.supply_chain.runner.handover import held_secrets
from ops.supply_chain.runner.past import run_again
from ops.supply_chain.runner.rehearsal_mode import REHEARSAL_VARIABLE
from ops.supply_chain.runner.stage import RECORDS_FOLDER

MOST_COMPARED_BYTES = 256 << 20
"""The largest file whose contents are compared; of larger ones only the digests are."""

VERDICT_SOURCE = "verdict/verdict.json"
_GOES_ON = (ExitCode.PASS, ExitCode.DENIED, ExitCode.NOT_EXAMINED, ExitCode.INPUT)


class Rebuilt(NamedTuple):
    """What a second run made.

    `files` are by released name. `stages` are those that ran. `missing` is why files are absent that should be there, empty where
    none is. `digests` pair those of the records and the verdict of both runs.
    """

    files: dict[str, MeasuredFile]
    stages: tuple[RerunStage, ...]
    missing: str
    digests: frozenset[tuple[str, str]]


def rebuild(
    run: StageRun, released: ReleasedRun, state: CloneState, given: Mapping[str, Path], *, work: Path, dist: Path
) -> Rebuilt:
    """Make a release again.

    Args:
        run: The stage's run.
        released: The run that made the release.
        state: The clone, which has the commit.
        given: The released distributions by name, used where they were built elsewhere.
        work: An empty folder for the second clone.
        dist: An empty folder for what the stages write.
    Raises:
        UnavailableError: git does not answer.
        InputError: The project at that commit cannot be read.
    """
    root = check_out(state, released.commit, work / "clone", remote=_remote(run, released))
    options = [*_shared_options(run, released, root, work), f"--dist={dist}"]
    variables = _variables(released)
    outer = {**os.environ, **held_secrets()}
    stages: list[RerunStage] = []
    taken = {stage: released.records[stage] for stage in released.taken}
    for stage in run.progress.track(released.again, label="running stages again", total=len(released.again)):
        moment = released.moment(stage)
        due = [name for name, record in taken.items() if stage in (POLICY, PROVENANCE) or record.finished <= moment]
        for name in due:
            canonical.write(dist / RECORDS_FOLDER / f"{name}.json", taken.pop(name))
        words = [*options, *released.options(stage), *_distributions(stage, released, given, work)]
        code, said = run_again(stage, moment, words, variables, outer)
        stages.append(RerunStage(stage=stage, code=code, moment=moment, error=excerpt(said) if code else ""))
        if code != ExitCode.PASS and not ((row_of(stage).gate or stage == POLICY) and code in _GOES_ON):
            break
    return _collect(released, dist, tuple(stages))


def previous_digest(run: StageRun, released: ReleasedRun) -> str:
    """Return the SHA-256 of the provenance of the release before, as it is retained here; empty where it is not."""
    for row in released.dependencies("previous-release"):
        version = str(row.annotations.get("version", ""))
        store, component = ArtifactStore(run.artifacts), released.parameters.component
        with suppress(StageError):
            if version in store.versions(component):
                held = store.release(component, version, digests=False)
                return held.manifest.provenance_sha256 if held.manifest else ""
    return ""


def measured_files(paths: Mapping[str, Path], digests: Mapping[str, str]) -> dict[str, MeasuredFile]:
    """Return files for a comparison.

    Args:
        paths: Where each is, by released name.
        digests: The SHA-256 of each; empty for what is no plain file.
    """
    return {name: MeasuredFile(sha256=digests[name], read=_reader(path)) for name, path in paths.items()}


def _reader(path: Path) -> Callable[[], bytes | None]:
    def read() -> bytes | None:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(descriptor, "rb") as handle:
            data = handle.read(MOST_COMPARED_BYTES + 1)
        return data if len(data) <= MOST_COMPARED_BYTES else None

    return read


def _remote(run: StageRun, released: ReleasedRun) -> str:
    """Return the address that the second clone has as its origin: the clone's own, else the released one.

    A clone of a folder on this machine has no public address.
    """
    own, source = address_of(run.root), released.parameters.source
    stated = source.uri.removeprefix("git+").rpartition("@")[0] if source else ""
    return own if source_uri(own, released.commit) or not stated else stated


def _shared_options(run: StageRun, released: ReleasedRun, root: Path, work: Path) -> list[str]:
    version = released.parameters.version
    own = describe(root, read_config(root), version_needed=False).version
    return [
        f"--project={root}",
        f"--artifacts={work / 'artifacts'}",
        f"--cache={run.cache}",
        *(["--offline"] if run.offline else []),
        *([f"--version={version}"] if own != version else []),
    ]


def _variables(released: ReleasedRun) -> dict[str, str]:
    parameters = released.parameters
    given = parameters.source_date_epoch_from == "source-date-epoch"
    return {
        HOLDER_VARIABLE: released.invocation,
        **({REHEARSAL_VARIABLE: "1"} if parameters.rehearsal else {}),
        **({"SOURCE_DATE_EPOCH": str(parameters.source_date_epoch)} if given else {}),
    }


def _distributions(stage: str, released: ReleasedRun, given: Mapping[str, Path], work: Path) -> list[str]:
    """Give the released distributions to their stage where they were built elsewhere: they are checked, not rebuilt."""
    if stage != "build_distributions" or not built_elsewhere(released):
        return []
    folder = work / "distributions"
    folder.mkdir()
    for name, path in given.items():
        copy_measured(path, folder / name)
    return [f"--distributions={folder}"]


def built_elsewhere(released: ReleasedRun) -> bool:
    """Return whether the distributions of a release were built elsewhere."""
    record = released.records.get("build_distributions")
    return record is not None and record.options.get("distributions") == "provided"


def _collect(released: ReleasedRun, dist: Path, stages: tuple[RerunStage, ...]) -> Rebuilt:
    component, version = released.parameters.component, released.parameters.version
    naming = released.parameters.names
    records = _records(dist)
    unusual = [row for row in stages if row.code != released.expected_code(row.stage)]
    missing = "; ".join(
        f"{row.stage} ended with exit {row.code}: {row.error or _said(records.get(row.stage))}" for row in unusual
    )
    names = {
        provenance_name(component, version, naming): PROVENANCE_SOURCE,
        checksums_name(component, version): CHECKSUMS_SOURCE,
    }
    try:
        laid = lay_out(plain_files(dist, RELEASED_FOLDERS, [GATE_SOURCE]), component, version, naming)
        names |= {file.name: file.source for file in laid}
    except OutputError as error:
        missing = missing or error.message
    paths = {name: dist / source for name, source in names.items() if (dist / source).is_file()}
    if len(paths) < len(names):
        missing = missing or "the second run did not write it"
    digests = {name: measure(path).sha256 for name, path in paths.items()}
    verdict = canonical.read_bytes(dist / VERDICT_SOURCE) if (dist / VERDICT_SOURCE).is_file() else b""
    return Rebuilt(measured_files(paths, digests), stages, missing, released.digests(records, verdict))


def _said(record: Record | None) -> str:
    """Return what the record of a stage says first: a finding, else a note."""
    if record is None:
        return "it left no record"
    said = [finding.message for finding in record.findings if not finding.waived_by] + list(record.notes)
    return excerpt(said[0]) if said else f"outcome {record.outcome}"


def _records(dist: Path) -> dict[str, Record]:
    found = {}
    for path in sorted((dist / RECORDS_FOLDER).glob("*.json")):
        with suppress(InputError):
            found[path.stem] = canonical.read(path, Record)
    return found
