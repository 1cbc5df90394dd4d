"""Write the software bills of materials of a project: one for each lock, their union, and one for each distribution.

Reads    locks, core metadata on the index; what is recorded of the contents of wheels, name.contents.json beside each lock;
         `pyproject.toml` where there is no lock; dist/packages/, dist/build/report.json
Writes   dist/sbom/: N-sbom.json (CycloneDX), N-sbom.spdx.json, N-sbom.spdx3.json; locks/ with one document
         for each lock; N-sbom-wheel and N-sbom-source (.cdx.json, .spdx.json, .spdx3.json) for the distributions; with
         --environment, N-sbom-environment.json by cyclonedx-py.
Decides  complete, valid: every pin of every lock is in the aggregate with all its hashes, and each
         document passes the schema of its format and our own checks. What the wheels of packages contain is in the aggregate as
         far as it is recorded; of every other package it states that this is unknown. Each package has a scope: required (installed
         with the product), optional (by an extra, or a group that is asked for) or excluded (development only).
Exits    0 done, 2 usage, 3 a lock is broken, 5 the index or cyclonedx-py did not answer, a file that
         pins or declares packages was not read, or a process that reads locks was ended, 6 a written document is not valid.
Network  the package index, for licence, producer and dependencies; none with --no-enrich or --offline.
Source   CycloneDX 1.6 and 1.7 (https://cyclonedx.org/specification/overview/), SPDX 2.3 and 3.0.1
         (https://spdx.dev/use/specifications/), CISA minimum elements for an SBOM (https://www.cisa.gov/sbom).
"""

from __future__ import annotations

if __name__ == "__main__":
    from ops.supply_chain.runner.command_lines import answer_help

    answer_help("generate_sbom")

import argparse
from collections import Counter
from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from ops.supply_chain.adapters.files.folders import empty
from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.contracts.config.sbom import SbomFormat
from ops.supply_chain.contracts.files.record import FeedRef, ToolRef
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.contracts.values.lock import Lock
from ops.supply_chain.contracts.values.package_index import MetadataAnswer
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import ErrorClass, OutputError, UnavailableError, UsageError
from ops.supply_chain.core.files import write_atomic
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.formats.lock_formats import how_to_lock
from ops.supply_chain.gather.release.sbom_files import FOLDER, SbomFile, write_sboms
from ops.supply_chain.gather.release.subject import subject_of
from ops.supply_chain.inventory.build.documents import LockInventory
from ops.supply_chain.inventory.build.union import Union
from ops.supply_chain.inventory.model.document import GENERATOR, GENERATOR_VERSION, Component, Document
from ops.supply_chain.runner.context import StageResult, StageRun
from ops.supply_chain.runner.stage import leave, run_stage

if TYPE_CHECKING:
    from ops.supply_chain.gather.gates.projects import GateProject

SCOPE = "sbom"
"""The scope of waivers that are reported here; check_locks reports those of `lock`."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add this stage's own options."""
    known = ", ".join(sbom_format.value for sbom_format in SbomFormat)
    parser.add_argument("--formats", default="", help=f"of the aggregate: {known}, with commas, or all")
    parser.add_argument("--lock-formats", default="", help="of the documents of single locks, likewise; none for none")
    parser.add_argument(
        "--environment",
        default="",
        metavar="PYTHON",
        help="also write what is installed there: N-sbom-environment.json",
    )
    parser.add_argument("--no-enrich", action="store_true", help="use lock data only; do not query the index")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stage.

    Returns:
        The exit code.
    """
    return run_stage("generate_sbom", __doc__, arguments, _perform, argv)


def _perform(run: StageRun) -> StageResult:
    from ops.supply_chain.gather.gates.projects import read_project
    from ops.supply_chain.gather.gates.wheel_contents import recorded_contents
    from ops.supply_chain.inventory.distributions.in_dependencies import with_wheel_contents

    formats = _formats(run.args.formats, run.config.sbom.formats, "--formats")
    lock_formats = _formats(run.args.lock_formats, run.config.sbom.lock_formats, "--lock-formats")
    project = read_project(run, on_all_cores=True)
    locks = project.locks
    if not locks and not project.is_bare:
        return _undecided(project)
    answer = None if run.args.no_enrich else _metadata(run, locks)
    inventory = LockInventory(locks, subject_of(run, locks), None if answer is None else answer.found)
    installed = _installed(run, inventory)
    empty(run.dist / FOLDER)
    union = Union(inventory, complete=not (project.broken or project.unread))
    writes = _write_locks(run, inventory, union, lock_formats)
    locked = union.document()
    contents = recorded_contents(run.root, locks)
    aggregate = with_wheel_contents(locked, contents.wheels)
    writes += _write_aggregate(run, aggregate, formats) + _write_environment(run, installed)
    distributions = _write_distributions(run, locked, formats)
    writes += distributions.writes
    options = {
        "enrich": "no" if answer is None else "yes",
        "environment": "no" if installed is None else "yes",
        "formats": ",".join(formats),
        "lock_formats": ",".join(lock_formats),
        **_scopes(run),
    }
    result = _with_distributions(_result(inventory, aggregate, answer, writes, options), distributions)
    result = msgspec.structs.replace(result, reads=(*result.reads, *contents.refs))
    return _waived(run, result, project)


def _formats(option: str, configured: Sequence[SbomFormat], flag: str) -> tuple[SbomFormat, ...]:
    if not option:
        return tuple(configured)
    if option in ("all", "none"):
        return tuple(SbomFormat) if option == "all" else ()
    try:
        return tuple(SbomFormat(word.strip()) for word in option.split(","))
    except ValueError as error:
        known = ", ".join(sbom_format.value for sbom_format in SbomFormat)
        raise UsageError(
            f"{flag} {option}: {error}", hint=f"Known formats: {known}, all, none.", kind=ErrorClass.COMMAND_LINE
        ) from error


def _scopes(run: StageRun) -> dict[str, str]:
    """Return the configured scopes for the record: they decide what the licence policy judges."""
    rules = run.config.locks.scopes
    described = (f"{' '.join((rule.path, *rule.groups))}: {rule.scope}" for rule in rules)
    return {"scopes": "; ".join(described)} if rules else {}


def _undecided(project: GateProject) -> StageResult:
    """Return the refusal for a project of which no lock is read, although it declares or pins packages."""
    findings = tuple(
        Finding(
            code="sbom.no-lock",
            severity=Severity.HIGH,
            message="declares dependencies, but the project has no lock",
            next_step=f"{how_to_lock(path)}, or name the lock in [locks].include.",
            path=path,
        )
        for path in project.declaring
    )
    return StageResult(
        outcome=Outcome.NOT_EXAMINED,
        text="not written: the project has no lock" if project.declaring else "not written: no lock was read",
        findings=(*findings, *project.unread),
        counts={"locks": 0},
        excluded=project.excluded_files,
    )


def _metadata(run: StageRun, locks: Sequence[Lock]) -> MetadataAnswer:
    from ops.supply_chain.adapters.index.client import PackageIndex
    from ops.supply_chain.inventory.checks.own_output import distinct_pins

    config = run.config.index
    index = PackageIndex(
        run.cache, url=config.url, json_url=config.json_url, trusted=config.trusted, offline=run.offline
    )
    return index.core_metadata(distinct_pins(locks))


def _write_locks(run: StageRun, inventory: LockInventory, union: Union, formats: Sequence[SbomFormat]) -> list[FileRef]:
    from ops.supply_chain.gather.release.lock_documents import write_lock_documents

    written = write_lock_documents(run.dist, inventory, union, formats)
    # Before the bar, which is a thread: processes are started with the first result.
    results = chain([next(written, [])], written)
    total = len(inventory.locks)
    return [ref for refs in run.progress.track(results, label="writing", total=total) for ref in refs]


def _write_aggregate(run: StageRun, aggregate: Document, formats: Sequence[SbomFormat]) -> list[FileRef]:
    from ops.supply_chain.inventory.writers.outputs import outputs_for

    name = f"{run.project.name}-sbom"
    outputs = outputs_for(formats)
    return write_sboms(
        run.dist, [SbomFile(f"{name}{output.aggregate_suffix}", aggregate, output) for output in outputs]
    )


class _Distributions(NamedTuple):
    """The distributions that were read, their SBOMs, and what the record counts of them."""

    reads: list[FileRef]
    writes: list[FileRef]
    counts: Counter[str]


def _write_distributions(run: StageRun, aggregate: Document, formats: Sequence[SbomFormat]) -> _Distributions:
    from ops.supply_chain.gather.release.distribution_contents import described_distributions
    from ops.supply_chain.inventory.distributions.summary import counts_of_distribution
    from ops.supply_chain.inventory.writers.outputs import outputs_for

    found = _Distributions([], [], Counter())
    for distribution in described_distributions(run.dist, aggregate):
        found.reads.append(distribution.ref)
        found.counts.update(counts_of_distribution(distribution.document))
        name = f"{run.project.name}-{distribution.name}"
        document = distribution.document
        files = [SbomFile(f"{name}{output.lock_suffix}", document, output) for output in outputs_for(formats)]
        found.writes.extend(write_sboms(run.dist, files))
    return found


def _with_distributions(result: StageResult, distributions: _Distributions) -> StageResult:
    """Add the distributions to the result; that of a project without any stays as it is."""
    from ops.supply_chain.inventory.distributions.summary import text_of_distributions

    if not distributions.reads:
        return result
    counts = {**result.counts, **distributions.counts}
    return msgspec.structs.replace(
        result,
        text=f"{result.text}\n{text_of_distributions(distributions.counts)}",
        counts=counts,
        reads=(*result.reads, *distributions.reads),
        document={"counts": counts, "files": [ref.path.removeprefix("dist:") for ref in result.writes]},
    )


def _installed(run: StageRun, inventory: LockInventory) -> bytes | None:
    """Run `cyclonedx-py` on the environment before anything is written; its output must be valid too."""
    from ops.supply_chain.adapters.tools.cyclonedx_py import SPEC_VERSION, installed_in
    from ops.supply_chain.adapters.tools.schemas import schema_problems
    from ops.supply_chain.core import canonical
    from ops.supply_chain.inventory.checks.cyclonedx import check_cyclonedx
    from ops.supply_chain.inventory.writers.installed import installed_document

    if not run.args.environment:
        return None
    found = installed_in(run.args.environment, epoch=run.project.epoch)
    head = inventory.document(root=Component(package=inventory.root), components=(), locks=())
    data = installed_document(found, head)
    plain = canonical.load_plain(data, where="cyclonedx-py")
    problems = [*schema_problems(plain, SPEC_VERSION)]
    problems += [f"{problem.path}: {problem.message}" for problem in check_cyclonedx(plain) if not problem.is_gap]
    if problems:
        raise UnavailableError(f"cyclonedx-py: its output is not valid: {problems[0]}")
    return data


def _write_environment(run: StageRun, data: bytes | None) -> list[FileRef]:
    if data is None:
        return []
    name = f"{FOLDER}/{run.project.name}-sbom-environment.json"
    write_atomic(run.dist / name, data)
    return [FileRef(path=f"dist:{name}", sha256=sha256_bytes(data), size=len(data))]


def _result(
    inventory: LockInventory,
    aggregate: Document,
    answer: MetadataAnswer | None,
    writes: list[FileRef],
    options: dict[str, str],
) -> StageResult:
    from ops.supply_chain.inventory.summary import counts_of, metadata_findings, read_files, text_of

    counts = counts_of(inventory, aggregate, files=len(writes))
    if counts["examined"] != counts["locked"]:
        raise OutputError(
            f"the aggregate holds {counts['examined']} of {counts['locked']} locked pins",
            hint="This is a defect of sealwright: please report it with the locks.",
        )
    findings = [finding for lock in inventory.locks for finding in lock.findings]
    return StageResult(
        outcome=Outcome.PASS,
        text=text_of(counts),
        counts=counts,
        findings=(*findings, *(metadata_findings(inventory.locks, answer) if answer else ())),
        reads=read_files(inventory.locks),
        writes=tuple(writes),
        tools=_tools(environment=options["environment"] == "yes"),
        feeds=_feeds(answer),
        options=options,
        document={"counts": counts, "files": [ref.path.removeprefix("dist:") for ref in writes]},
    )


def _waived(run: StageRun, result: StageResult, project: GateProject) -> StageResult:
    """Mark waived findings: the policy reads this record too, and findings of locks are in both.

    The documents of a project with a file that is not read describe the others, and the aggregate says that it is
    incomplete.
    """
    from ops.supply_chain.gather.gates.outcome import finish_gate

    gate = finish_gate(run, [(project, result.findings)], scopes=frozenset({SCOPE}), all_examined=True)
    outcome = Outcome.NOT_EXAMINED if project.broken or project.unread else result.outcome
    return msgspec.structs.replace(
        result,
        outcome=outcome,
        findings=gate.findings,
        broken_input=gate.broken,
        excluded=project.excluded_files,
    )


def _tools(*, environment: bool) -> tuple[ToolRef, ...]:
    from importlib.metadata import version

    names = (
        *(("cyclonedx-bom",) if environment else ()),
        "cyclonedx-python-lib",
        "jsonschema-rs",
        "packageurl-python",
        "packaging",
    )
    return (
        ToolRef(name=GENERATOR, version=GENERATOR_VERSION),
        *(ToolRef(name=name, version=version(name)) for name in names),
    )


def _feeds(answer: MetadataAnswer | None) -> tuple[FeedRef, ...]:
    from ops.supply_chain.inventory.summary import digest_of_metadata

    if answer is None:
        return ()
    return (FeedRef(name="package index, core metadata", version="", sha256=digest_of_metadata(answer)),)


if __name__ == "__main__":
    leave(main())
