"""Evaluate the release policy: allow or deny, with reasons, by Rego rules over SBOMs, records and provenance.

Rules are in `policy/<profile>/`, the project's own in the folders of `[policy].folders`; each must prove its pass, and
a rule without a result denies. The profile `release` is evaluated whether it is named or not, and a setting that makes
the gate weaker than its default is shown, and denies unless `[[policy.weakened]]` accepts it until a day
(docs/policies.md). The first pass evaluates SBOMs and records, before there is provenance, because the
provenance must cover the verdict; the second (`--provenance`) evaluates the provenance
(docs/adr/0003-policy-in-two-passes.md). SBOMs can also be evaluated alone: give their paths, in any format and
serialisation (docs/sbom-input.md), or --profile with profiles that concern SBOMs only (base, cisa-2026, licences), which
evaluates the SBOM in dist/ without the gate. Beside the records of a run that writes nothing.

Reads    SBOMs, all records, policy/ and the folders of [policy].folders; --provenance: that statement.
Writes   dist/verdict/verdict.json, dist/verdict/gate.json (verdict and records); with --provenance
         dist/verdict/provenance-verdict.json alone.
Decides  allow or deny, each reason named with what to do.
Exits    0 allowed; 2 unknown profile or folder; 3 an SBOM, a record, the provenance or a rule is broken;
         4 denied; 5 a rule could not decide, or the engine is missing.
Network  none.
Source   Rego, https://www.openpolicyagent.org/docs/policy-language; CISA and others, "2026 Minimum
         Elements for a Software Bill of Materials", https://www.cisa.gov/sbom
"""

from __future__ import annotations

if __name__ == "__main__":
    from ops.supply_chain.runner.command_lines import answer_help

    answer_help("evaluate_policy")

import argparse
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from ops.supply_chain import records_after
from ops.supply_chain.adapters.files.configuration import read_config
from ops.supply_chain.adapters.files.folders import sha256_of_each
from ops.supply_chain.adapters.files.inputs import require_inside
from ops.supply_chain.adapters.rego import engine as rego
from ops.supply_chain.adapters.rego.rule_files import Policy, load_policy
from ops.supply_chain.assurance.policy.consent import accept, refuse, unused
from ops.supply_chain.assurance.policy.received import unread_parts
from ops.supply_chain.assurance.policy.records import ReleasedFile, StoredRecord, provenance_input, record_input
from ops.supply_chain.assurance.policy.sbom import is_readable, received_input, sbom_input
from ops.supply_chain.assurance.policy.verdicts import (
    build_verdict,
    counts_of,
    findings_of,
    pending,
    render,
    until_effective,
)
from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.contracts.files.verdict import GateFile, RuleVerdict, Verdict, Weakening
from ops.supply_chain.core import canonical
from ops.supply_chain.core.collector import without_collection
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import InputError, StageError
from ops.supply_chain.core.start import TREE
from ops.supply_chain.core.text import plural, printable
from ops.supply_chain.formats.shape import Fault
from ops.supply_chain.gather.assurance.policy import ALWAYS, RELEASE_PROFILES, folders_of, settings_of, weakened_by
from ops.supply_chain.gather.assurance.policy_sboms import given_sbom, own_json
from ops.supply_chain.inventory.checks.check import check_document
from ops.supply_chain.release.assembly.layout import GATE_SOURCE, PROVENANCE_SOURCE, RELEASED_FOLDERS
from ops.supply_chain.runner.arguments import absolute, parser_for
from ops.supply_chain.runner.context import StageResult, StageRun
from ops.supply_chain.runner.dist_folder import dist_folder
from ops.supply_chain.runner.dist_lock import HOLDER_VARIABLE
from ops.supply_chain.runner.rehearsal_mode import is_rehearsal
from ops.supply_chain.runner.stage import RECORDS_FOLDER, leave, run_stage

SBOM_PROFILES = ("base", "cisa-2026", "licences")
"""Profiles that evaluate SBOMs only."""

PROVENANCE_PROFILES = ("provenance",)

STAGE = "evaluate_policy"
SECOND_STAGE = "evaluate_policy_provenance"
"""Name of the second pass's record: it must not replace that of the first, which provenance lists."""

LATER_STAGES = records_after(STAGE)
"""Records of the stages that build on the first pass: those of an earlier run are no evidence for it."""


class _PolicyInput(NamedTuple):
    """What is evaluated: the engine's input, its source files, and the records among them."""

    document: dict[str, Any]
    inputs: list[FileRef]
    records: tuple[Record, ...]
    notes: tuple[str, ...] = ()


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add this stage's own options."""
    parser.add_argument("sboms", nargs="*", type=Path, help="SBOMs to evaluate (default: dist/sbom/N-sbom.json)")
    parser.add_argument("--all-sboms", action="store_true", help="also evaluate the SBOM of each lock")
    parser.add_argument(
        "--provenance",
        nargs="?",
        const=f"dist:{PROVENANCE_SOURCE}",
        metavar="FILE",
        help="second pass: evaluate this statement; dist:<path> is below --dist (default: %(const)s)",
    )
    parser.add_argument("--profile", action="append", default=[], help="profile to apply; repeat, or join by commas")
    parser.add_argument("--policy", type=Path, default=TREE / "policy", help="folder of rules (default: here)")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stage; a second pass leaves a record of its own.

    SBOMs that are named beside the records of a run, and profiles that concern SBOMs only, are evaluated alone: nothing of
    that run is changed.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    second = any(word == "--provenance" or word.startswith("--provenance=") for word in words)
    stage = SECOND_STAGE if second else STAGE
    if not second and not {"-h", "--help"} & set(words) and _is_about_sboms_alone(words):
        return run_stage(STAGE, __doc__, arguments, _perform_alone, words, records=False)
    return run_stage(stage, __doc__, arguments, _perform, words)


def _is_about_sboms_alone(words: Sequence[str]) -> bool:
    """Return whether SBOMs are named beside the records of a run, or profiles for SBOMs outside of a session.

    In a session the policy is the gate, whatever its options are.
    """
    parser = parser_for(STAGE, __doc__ or STAGE)
    arguments(parser)
    try:
        args, _ = parser.parse_known_args(words)
        asked = set(_asked(args))
        if not args.sboms and asked and asked <= set(SBOM_PROFILES) and HOLDER_VARIABLE not in os.environ:
            return True
        root = absolute(args.project)
        folder = dist_folder(args.dist, root, read_config(root)) / RECORDS_FOLDER if args.sboms else None
    except StageError:  # the stage reports it
        return False
    return folder is not None and any(path.stem != STAGE for path in folder.glob("*.json"))


def _perform_alone(run: StageRun) -> StageResult:
    """Evaluate SBOMs by the profiles that concern SBOMs; write nothing: verdict and gate file are those of a release."""
    asked = tuple(dict.fromkeys(_asked(run.args) or SBOM_PROFILES))
    policy = load_policy(folders_of(run, run.args.policy), asked, settings_of(run.config.policy))
    evidence = _gather_sboms(run, [])
    today = run.now.astimezone(UTC).date()
    answers = rego.evaluate(policy, evidence.document)
    verdict = _verdict(
        run, policy, evidence, [*(until_effective(rule, today) for rule in answers), *pending(answers, today)]
    )
    more = f"the SBOMs alone, without the records of this run; over all of it: {command('evaluate_policy')}"
    result = _result(run, policy, evidence, verdict, [])
    return replace(result, notes=(*result.notes, more))


def _perform(run: StageRun) -> StageResult:
    records = _read_records(run)
    profiles = _profiles(run, records)
    policy = load_policy(folders_of(run, run.args.policy), profiles, settings_of(run.config.policy))
    evidence = _gather_provenance(run, records) if run.args.provenance else _gather_sboms(run, records)
    today = run.now.astimezone(UTC).date()
    answers = rego.evaluate(policy, evidence.document)
    weakened, refused = _weakened(run, policy, records, today)
    rules = [*(until_effective(rule, today) for rule in answers), *pending(answers, today), *refused]
    verdict = _verdict(run, policy, evidence, rules)
    verdict = msgspec.structs.replace(verdict, weakened=weakened)
    written = _write(run, verdict, evidence.records)
    return _result(run, policy, evidence, verdict, written)


def _verdict(run: StageRun, policy: Policy, evidence: _PolicyInput, rules: Sequence[RuleVerdict]) -> Verdict:
    return build_verdict(
        rules,
        subject=(run.project.name, run.project.version),
        profiles=policy.profiles,
        empty=policy.empty,
        engine=rego.engine(),
        policy=policy.files,
        inputs=evidence.inputs,
    )


def _weakened(
    run: StageRun, policy: Policy, records: Sequence[StoredRecord], today: date
) -> tuple[tuple[Weakening, ...] | None, list[RuleVerdict]]:
    """Return what makes the gate weaker than its default, and the denial of what is not accepted.

    SBOMs that are evaluated without records are no release: nothing is compared then.
    """
    if not _is_gate(run, records):
        return None, []
    expected = PROVENANCE_PROFILES if run.args.provenance else RELEASE_PROFILES
    entries = run.config.policy.weakened
    weakened = accept(weakened_by(run, policy, expected), entries, today)
    refused = refuse(weakened, entries, today, profile=expected[-1])
    return weakened, [refused] if refused else []


def _is_gate(run: StageRun, records: Sequence[StoredRecord]) -> bool:
    return bool(records) or not run.args.sboms


def _result(
    run: StageRun, policy: Policy, evidence: _PolicyInput, verdict: Verdict, written: Iterable[Path]
) -> StageResult:
    sboms = evidence.document["sboms"]
    notes = (*evidence.notes, *map(printable, [*policy.replaced, *_idle_entries(run, verdict)]))
    return StageResult(
        outcome=verdict.outcome,
        text=render(verdict, run.now.astimezone(UTC).date()),
        counts={
            **counts_of(verdict),
            "sboms": len(sboms),
            "components": sum(len(sbom["components"]) for sbom in sboms),
            "records": len(evidence.records),
        },
        findings=findings_of(verdict),
        reads=(*evidence.inputs, *policy.files),
        writes=tuple(run.dist_ref(path) for path in written),
        tools=(verdict.engine,),
        options={"profiles": ",".join(policy.profiles), "all_sboms": str(run.args.all_sboms).lower()},
        notes=notes,
        document=verdict,
    )


def _idle_entries(run: StageRun, verdict: Verdict) -> list[str]:
    """Name the entries that accept nothing; the second pass compares other tables, and says nothing of them."""
    if verdict.weakened is None or run.args.provenance:
        return []
    return unused(verdict.weakened, run.config.policy.weakened)


def _profiles(run: StageRun, records: Sequence[StoredRecord]) -> tuple[str, ...]:
    asked = _asked(run.args)
    if run.args.provenance:
        return tuple(dict.fromkeys(asked or PROVENANCE_PROFILES))
    if not _is_gate(run, records):
        return tuple(dict.fromkeys(asked or SBOM_PROFILES))
    return tuple(dict.fromkeys((*(asked or run.config.policy.profiles), ALWAYS)))


def _asked(args: argparse.Namespace) -> tuple[str, ...]:
    return tuple(name.strip() for option in args.profile for name in option.split(",") if name.strip())


def _read_records(run: StageRun) -> list[StoredRecord]:
    found = []
    for path in sorted((run.dist / RECORDS_FOLDER).glob("*.json")):
        if run.stage == STAGE and path.stem in LATER_STAGES:
            continue
        data = canonical.read_bytes(path)
        record = canonical.decode(data, Record, where=str(path))
        if canonical.encode(record) != data or record.stage != path.stem:
            raise InputError(
                f"{path}: is not as its stage wrote it: other bytes, or another stage's",
                hint=f"Run the whole release again: {command('release')}.",
            )
        found.append(StoredRecord(path=_label(run, path), sha256=sha256_bytes(data), record=record))
    return found


@without_collection()
def _gather_sboms(run: StageRun, records: Sequence[StoredRecord]) -> _PolicyInput:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        actual = pool.submit(_actual, run, records)  # hashed while this thread reads SBOMs
        inputs, parts, notes = _read_sboms(run)
        return _evidence(run, records, actual.result(), inputs, parts, notes)


def _read_sboms(run: StageRun) -> tuple[list[FileRef], dict[str, Any], tuple[str, ...]]:
    paths = run.args.sboms or [run.dist / "sbom" / f"{run.project.name}-sbom.json"]
    if not run.args.sboms and not paths[0].is_file():
        raise InputError(
            f"{paths[0]}: there is no SBOM of the project yet",
            hint=f"Generate it: {command('generate_sbom')}; or name the SBOMs to evaluate: {command('evaluate_policy', 'FILE', '--profile', 'licences')}.",
        )
    chosen = {path.absolute(): True for path in paths}
    if run.args.all_sboms:
        chosen = dict.fromkeys(sorted((run.dist / "sbom").rglob("*.json")), False) | chosen
    inputs, projected, skipped = [], [], 0
    for path, required in run.progress.track(list(chosen.items()), label="reading SBOMs", total=len(chosen)):
        ref, sbom = _read_sbom(run, path, required=required)
        if sbom is None:
            skipped += 1
        else:
            inputs.append(ref)
            projected.append(sbom)
    notes = (f"{plural(skipped, 'SBOM is', 'SBOMs are')} of a format that the rules do not read",) if skipped else ()
    return inputs, {"sboms": projected}, notes


def _read_sbom(run: StageRun, path: Path, *, required: bool) -> tuple[FileRef, dict[str, Any] | None]:
    data = canonical.read_bytes(path)
    ref = FileRef(path=_label(run, path), sha256=sha256_bytes(data), size=len(data))
    document = own_json(data)
    readable = document is not None and is_readable(document)
    # What a run made was checked by the stage that wrote it; a given document may be anyone's.
    received = given_sbom(data, path) if required and (run.args.sboms or not readable) else None
    if not readable:
        return ref, received_input(received, path=ref.path, sha256=ref.sha256 or "") if received else None
    problems = [Fault(path=problem.path, message=problem.message) for problem in check_document(document)]
    problems += unread_parts(received) if received else ()
    return ref, sbom_input(document, path=ref.path, sha256=ref.sha256, problems=problems)


def _gather_provenance(run: StageRun, records: Sequence[StoredRecord]) -> _PolicyInput:
    given = run.args.provenance
    path = run.dist / given.removeprefix("dist:") if given.startswith("dist:") else Path(given).absolute()
    data = canonical.read_bytes(path)
    statement = canonical.load_plain(data, where=str(path))
    if not isinstance(statement, dict):
        raise InputError(f"{path}: expected a statement (an object), found {type(statement).__name__}")
    ref = FileRef(path=_label(run, path), sha256=sha256_bytes(data), size=len(data))
    parts = {"sboms": [], **provenance_input(statement, _released(run))}
    return _evidence(run, records, _actual(run, records), [ref], parts, ())


def _evidence(
    run: StageRun,
    records: Sequence[StoredRecord],
    actual: Mapping[str, str],
    inputs: list[FileRef],
    parts: dict[str, Any],
    notes: tuple[str, ...],
) -> _PolicyInput:
    source = run.project.source
    document = {
        "schema": "policy-input/1",
        "subject": {
            "component": run.project.name,
            "version": run.project.version,
            "under_git": source is not None,
            "commit": source.commit if source else "",
        },
        "records": [record_input(stored, actual) for stored in records],
        **parts,
    }
    kept = [
        FileRef(path=record.path, sha256=record.sha256, size=len(canonical.encode(record.record))) for record in records
    ]
    return _PolicyInput(document, [*inputs, *kept], tuple(record.record for record in records), notes)


def _actual(run: StageRun, records: Iterable[StoredRecord]) -> dict[str, str]:
    """Return the digests that the files which records name have now."""
    bases = {"dist": run.dist, "project": run.root}
    found: dict[str, Path] = {}
    for name in dict.fromkeys(file.path for stored in records for file in stored.record.writes):
        label, _, relative = name.partition(":")
        path = bases.get(label, run.dist) / relative
        if label == "project":
            require_inside(run.root, path)
        if label in bases and ".." not in Path(relative).parts and path.is_file():
            found[name] = path
    return sha256_of_each(found)


def _released(run: StageRun) -> list[ReleasedFile]:
    folders = [run.dist / name for name in RELEASED_FOLDERS]
    paths = [path for folder in folders if folder.is_dir() for path in folder.iterdir() if path.is_file()]
    gate = run.dist / GATE_SOURCE
    chosen = [*paths, *([gate] if gate.is_file() else [])]
    found = {_label(run, path): path for path in chosen if not path.name.startswith(".")}
    return [ReleasedFile(path=label, sha256=digest) for label, digest in sha256_of_each(found).items()]


def _label(run: StageRun, path: Path) -> str:
    for label, base in (("dist", run.dist), ("project", run.root)):
        if path.is_relative_to(base):
            return f"{label}:{path.relative_to(base).as_posix()}"
    return f"file:{path.name}"


def _write(run: StageRun, verdict: Verdict, records: tuple[Record, ...]) -> list[Path]:
    folder = run.dist / "verdict"
    if run.args.provenance:
        canonical.write(folder / "provenance-verdict.json", verdict)
        return [folder / "provenance-verdict.json"]
    gate = GateFile(schema="gate/1", verdict=verdict, records=records, rehearsal=is_rehearsal())
    canonical.write(folder / "verdict.json", verdict)
    canonical.write(run.dist / GATE_SOURCE, gate)
    return [folder / "verdict.json", run.dist / GATE_SOURCE]


if __name__ == "__main__":
    leave(main())
