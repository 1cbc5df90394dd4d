"""Bundle the evidence of a release in one archive: per-lock SBOMs, locks with their committed SBOMs and baselines.

Reads    dist/sbom/locks/, publisher baselines and SBOMs in the folders of the locks; and the record of generate_sbom, whose digests every
         enclosed file must still have.
Writes   dist/evidence/N-V-evidence.tar.gz or dist/evidence/N-V-source.tar.gz: the second for a project
         without any dependency, whose evidence is its source: the files of the commit, byte for byte.
Decides  nothing
Exits    0 done, 2 usage, 3 a file changed since generate_sbom read or wrote it, or its record is missing,
         4 a source archive would publish credentials, 5 git did not answer, 6 the archive cannot be written.
Network  none.
Source   POSIX pax archives, RFC 1952; docs/adr/0002. A lock or a committed SBOM that holds credentials
         in an address is named in the archive's index and not enclosed.
"""

from __future__ import annotations

if __name__ == "__main__":
    from ops.supply_chain.runner.command_lines import answer_help

    answer_help("bundle_evidence")

import argparse
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ops.supply_chain.adapters.files.folders import empty, measure
from ops.supply_chain.adapters.files.inputs import require_inside
from ops.supply_chain.adapters.files.source_tree import open_source
from ops.supply_chain.adapters.files.tar_writer import TarEntry, write_archive
from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core import canonical
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.release.evidence import (
    INDEX_NAME,
    PROJECT,
    Member,
    baseline_beside,
    holds_credentials,
    index_of,
    lock_sboms,
    members,
    project_reads,
    sbom_beside,
)
from ops.supply_chain.runner.context import StageResult, StageRun
from ops.supply_chain.runner.stage import leave, run_stage

SBOM_RECORD = "records/generate_sbom.json"
EVIDENCE_FOLDER = "evidence"
READERS = 4


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add nothing: everything follows from what generate_sbom recorded."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stage.

    Returns:
        The exit code.
    """
    return run_stage("bundle_evidence", __doc__, arguments, _perform, argv)


def _perform(run: StageRun) -> StageResult:
    record = _sbom_record(run)
    empty(run.dist / EVIDENCE_FOLDER)
    if _has_dependencies(record):
        return _bundle(run, record)
    return _archive_source(run, record)


def _sbom_record(run: StageRun) -> Record:
    record = canonical.read(run.dist / SBOM_RECORD, Record)
    project = run.project
    if (record.component, record.version) != (project.name, project.version) or record.outcome is not Outcome.PASS:
        raise InputError(
            f"{SBOM_RECORD}: is of {record.component} {record.version}, {record.outcome}; "
            f"expected {project.name} {project.version}, pass",
            hint=f"Run {command('generate_sbom')} for this project and version first.",
        )
    return record


def _has_dependencies(record: Record) -> bool:
    return record.counts.get("components", 0) > 0


def _bundle(run: StageRun, record: Record) -> StageResult:
    locks = project_reads(record)
    baselines, sboms = _siblings(run, locks, baseline_beside), _siblings(run, locks, sbom_beside)
    found = members([*lock_sboms(record), *locks, *baselines, *sboms])
    withheld = _withheld(run, [member for member in found if member.source.startswith(PROJECT)])
    enclosed = [member for member in found if member.source not in withheld]
    top = f"{run.project.name}-{run.project.version}-evidence"
    names = [source.removeprefix(PROJECT) for source in withheld]
    index = canonical.encode(index_of(enclosed, names, component=run.project.name, version=run.project.version))
    entries = [TarEntry(name=f"{top}/{member.name}", load=_loader(run, member)) for member in enclosed]
    path = run.dist / EVIDENCE_FOLDER / f"{top}.tar.gz"
    write_archive(path, [TarEntry(name=f"{top}/{INDEX_NAME}", load=lambda: index), *entries], epoch=run.project.epoch)
    counts = {"files": len(enclosed), "baselines": len(baselines), "sboms": len(sboms), "withheld": len(withheld)}
    return _result(run, path, counts, reads=[*baselines, *sboms])


def _siblings(run: StageRun, locks: Sequence[FileRef], beside: Callable[[str], str]) -> tuple[FileRef, ...]:
    found = {}
    for lock in locks:
        relative = beside(lock.path.removeprefix(PROJECT))
        if (run.root / relative).is_file():
            found[relative] = run.root / relative
    return tuple(run.project_ref(path) for _, path in sorted(found.items()))


def _withheld(run: StageRun, candidates: Sequence[Member]) -> tuple[str, ...]:
    with ThreadPoolExecutor(READERS) as pool:
        secret = pool.map(lambda member: holds_credentials(_loader(run, member)()), candidates)
        return tuple(member.source for member, holds in zip(candidates, secret, strict=True) if holds)


def _loader(run: StageRun, member: Member) -> Callable[[], bytes]:
    label, _, relative = member.source.partition(":")
    path = (run.root if label == "project" else run.dist) / relative

    def load() -> bytes:
        if label == "project":
            require_inside(run.root, path)
        data = canonical.read_bytes(path)
        if sha256_bytes(data) != member.sha256:
            raise InputError(
                f"{path}: changed since generate_sbom saw it: SHA-256 is {sha256_bytes(data)}, its record says "
                f"{member.sha256}",
                hint="Run the release again, and leave project and dist/ alone meanwhile.",
            )
        return data

    return load


def _archive_source(run: StageRun, record: Record) -> StageResult:
    secret = _withheld(run, members(project_reads(record)))
    if secret:
        return _refused(secret)
    project = run.project
    top = f"{project.name}-{project.version}"
    path = run.dist / EVIDENCE_FOLDER / f"{top}-source.tar.gz"
    with open_source(run.root, project.source, outputs=(*run.outputs, run.cache)) as tree:
        if not tree.files:
            raise InputError(f"{run.root}: holds no file to archive", hint="Is this the right --project?")
        entries = [
            TarEntry(name=f"{top}/{file.path}", load=file.load, executable=file.executable, link=file.link)
            for file in tree.files
        ]
        write_archive(path, entries, epoch=project.epoch)
    counts = {"files": len(tree.files), "links_left_out": len(tree.left_out)}
    return _result(run, path, counts)


def _refused(secret: Sequence[str]) -> StageResult:
    findings = tuple(
        Finding(
            code="evidence.credentials-in-source",
            severity=Severity.HIGH,
            message="the source archive would publish the credentials in this file",
            next_step="Take them out of the file, put them into netrc or the environment, and change them.",
            path=source.removeprefix(PROJECT),
        )
        for source in secret
    )
    return StageResult(
        outcome=Outcome.FAIL, text="not archived", findings=findings, counts={"files": 0, "withheld": len(secret)}
    )


def _result(run: StageRun, path: Path, counts: dict[str, int], reads: Sequence[FileRef] = ()) -> StageResult:
    from importlib.metadata import version

    from ops.supply_chain.contracts.files.record import ToolRef

    measured = measure(path)
    written = FileRef(path=f"dist:{path.relative_to(run.dist).as_posix()}", sha256=measured.sha256, size=measured.size)
    notes = tuple(f"{key}: {counts[key]}" for key in ("withheld", "links_left_out") if counts.get(key))
    return StageResult(
        outcome=Outcome.PASS,
        text=f"{written.path.removeprefix('dist:')}: {counts['files']} files, {measured.size} bytes",
        counts=counts,
        reads=(run.dist_ref(run.dist / SBOM_RECORD), *reads),
        writes=(written,),
        tools=(ToolRef(name="deflate", version=version("deflate")),),
        notes=notes,
        document={"path": written.path.removeprefix("dist:"), "sha256": measured.sha256, "size": measured.size},
    )


if __name__ == "__main__":
    leave(main())
