"""Summarise the release: files, source, verdict, retention, signatures.

Reads    dist/release/; the verdict in its gate file, the record of signing, and the manifest of the retained
         release.
Writes   nothing
Decides  nothing
Exits    0 done, 2 usage, 3 there is no complete release.
Network  none.
Source   computed from the files: one without NAME.sigstore.json is unsigned, whatever was planned; and
         a bundle counts as verified only if the record of signing names these very bytes.
"""

from __future__ import annotations

if __name__ == "__main__":
    from ops.supply_chain.runner.command_lines import answer_help

    answer_help("summarise_release")

import argparse
from collections.abc import Sequence

from ops.supply_chain.adapters.files.artifact_store import STORE_FOLDER, ArtifactStore
from ops.supply_chain.adapters.files.folders import Measured, files_in, measure
from ops.supply_chain.contracts.config.signing import SigningMode
from ops.supply_chain.contracts.files.manifest import Manifest
from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.contracts.files.verdict import GateFile
from ops.supply_chain.contracts.values.signature_names import is_signature
from ops.supply_chain.contracts.values.weakening import weakened_sentence
from ops.supply_chain.core import canonical
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.core.text import printable
from ops.supply_chain.release.assembly.layout import checksums_name, gate_name
from ops.supply_chain.release.assembly.summary import Summary, summary_text, unsigned_among, verified_by
from ops.supply_chain.release.provenance.agreement import SOURCE_STAGE, source_text
from ops.supply_chain.release.retention.rules import differing, lacks_signatures
from ops.supply_chain.runner.context import StageResult, StageRun
from ops.supply_chain.runner.stage import RECORDS_FOLDER, leave, run_stage

RELEASE_FOLDER = "release"
SIGNING_STAGE = "sign_artifacts"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add nothing."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stage, which leaves no record.

    Returns:
        The exit code.
    """
    return run_stage("summarise_release", __doc__, arguments, _perform, argv)


def _perform(run: StageRun) -> StageResult:
    project, folder = run.project, run.dist / RELEASE_FOLDER
    checksums = checksums_name(project.name, project.version)
    files = {name: measure(folder / name) for name in files_in(folder)}
    if checksums not in files:
        raise InputError(f"{folder}: there is no release of {project.name} {project.version}", hint=command("release"))
    gate = canonical.read(folder / gate_name(project.name, project.version), GateFile)
    kept = _kept(run, files)
    where = run.artifacts / STORE_FOLDER / project.name / project.version
    summary = Summary(
        component=project.name,
        version=project.version,
        folder=str(folder),
        files=tuple((name, file.size) for name, file in files.items() if not is_signature(name)),
        unsigned=unsigned_among(list(files)),
        verdict=_verdict(gate),
        source=_source(run, gate),
        retained=str(where) if kept else "",
        retained_until=kept.retained_until if kept else "",
        mode=run.config.signing.mode,
        verified=_is_verified(run, files),
        earlier=bool(kept) and _digest(kept, checksums) != files[checksums].sha256,
    )
    return StageResult(
        outcome=Outcome.PASS,
        text=summary_text(summary, next_step=_next_step(summary, checksums)),
        counts={"files": len(summary.files), "unsigned": len(summary.unsigned), "retained": int(kept is not None)},
        document=summary,
    )


def _kept(run: StageRun, files: dict[str, Measured]) -> Manifest | None:
    """Return the manifest of what is retained of this release, or None if that is nothing or something else."""
    project, store = run.project, ArtifactStore(run.artifacts)
    if project.version not in store.versions(project.name):
        return None
    held = store.release(project.name, project.version, digests=False)
    if held.manifest is None or held.problems:
        return None
    same = not differing(held.manifest, {name: file.sha256 for name, file in files.items()})
    same = same and not lacks_signatures(held.manifest, files)
    return held.manifest if same else None


def _is_verified(run: StageRun, files: dict[str, Measured]) -> bool:
    path = run.dist / RECORDS_FOLDER / f"{SIGNING_STAGE}.json"
    if not path.is_file():
        return False
    return verified_by(canonical.read(path, Record), {name: file.sha256 for name, file in files.items()})


def _verdict(gate: GateFile) -> str:
    verdict = gate.verdict
    passed = sum(rule.outcome is Outcome.PASS for rule in verdict.rules)
    weakened = weakened_sentence(setting.in_words for setting in verdict.weakened or ())
    rules = f"{passed} of {len(verdict.rules)} rules pass ({', '.join(verdict.profiles)})"
    return printable(f"{verdict.decision}: {rules}{'; ' if weakened else ''}{weakened}")


def _source(run: StageRun, gate: GateFile) -> str:
    record = next((record for record in gate.records if record.stage == SOURCE_STAGE), None)
    return source_text(record, run.project.source.commit if run.project.source else "")


def _digest(manifest: Manifest | None, name: str) -> str:
    return next((file.sha256 for file in manifest.files if file.name == name), "") if manifest else ""


def _next_step(summary: Summary, checksums: str) -> str:
    if summary.unsigned and summary.mode is SigningMode.SIGSTORE:
        return f"sign it: {command(SIGNING_STAGE)}"
    return f"check it as a customer would: cd {summary.folder} && sha256sum -c {checksums}"


if __name__ == "__main__":
    leave(main())
