"""Facts about one retained release: verify it as a customer would, and read its documents.

A rehearsal is verified with its own trusted root, which proves nothing, and is marked so. Nothing here decides what
may be claimed; facts that cannot be read stay at "not shown".
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from ops.supply_chain.adapters.files.inputs import configured_input
from ops.supply_chain.adapters.files.release_files import read_evidence, read_release
from ops.supply_chain.assurance.claims.evidence import (
    UNSAID,
    CheckFacts,
    FindingTally,
    KeptFacts,
    ManifestFacts,
    RecordFacts,
    ReleaseFacts,
    VerdictFacts,
    VerificationFacts,
)
from ops.supply_chain.assurance.policy.verdicts import digest_of
from ops.supply_chain.contracts.config.file import Config
from ops.supply_chain.contracts.config.periods import RetainedOn, support_end
from ops.supply_chain.contracts.config.signing import SigningMode
from ops.supply_chain.contracts.files.manifest import Manifest
from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.contracts.files.verdict import GateFile, Weakening
from ops.supply_chain.contracts.files.verification import Expectations, GivenFile, Verification
from ops.supply_chain.contracts.values.exploitation import EPSS, KEV
from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.contracts.values.release_naming import KEPT_SUFFIXES
from ops.supply_chain.contracts.values.weakening import NOT_RECORDED, WEAKENED, weakened_sentence
from ops.supply_chain.core import canonical
from ops.supply_chain.core.errors import InputError, UnavailableError
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.core.text import printable
from ops.supply_chain.formats import json_reader
from ops.supply_chain.formats.json_reader import UnexpectedShapeError
from ops.supply_chain.gather.trust.verification import inputs as verification_inputs
from ops.supply_chain.gather.trust.verification.check import check_contents, further_in
from ops.supply_chain.runner.rehearsal_mode import REHEARSAL_VARIABLE, identities_in_force
from ops.supply_chain.trust.verification.file_kinds import DOCUMENTS, ReleaseFileNames, classify
from ops.supply_chain.trust.verification.kept import accepted, kept_problems
from ops.supply_chain.trust.verification.verify import REHEARSAL_HOSTS

if TYPE_CHECKING:
    from ops.supply_chain.gather.assurance.claims.source import SelectedRelease
    from ops.supply_chain.runner.context import StageRun

MOST_PROBLEMS = 5
LEDGER = "ledger"
_NO_ADVISORIES = frozenset({LEDGER, KEV, EPSS})
"""Feeds of the advisory gates that are no source of advisories."""
"""Name under which a gate's record names what earlier scans saw, which is no source of advisories."""


class Opened(NamedTuple):
    """A release that was read: where, what its files are, their digests, the bytes of its documents, the gate file."""

    folder: Path
    parts: ReleaseFileNames
    files: dict[str, GivenFile]
    contents: dict[str, bytes]
    gate: GateFile | None
    verification: Verification | None


def open_release(run: StageRun, chosen: SelectedRelease) -> tuple[Opened | None, VerificationFacts]:
    """Read a release and verify it.

    Returns:
        What was read, None where it is no release, and what the verification found.
    """
    try:
        files, contents = read_release(chosen.folder, DOCUMENTS)
        parts = classify(files)
    except InputError as error:
        return None, _unread(Outcome.FAIL, _without_path(error.message, chosen))
    gate = _gate(contents.get(parts.gate, b""))
    try:
        verification, wanted = _verified(run, chosen, parts, files, contents)
    except InputError as error:
        return Opened(chosen.folder, parts, files, contents, gate, None), _unread(
            Outcome.FAIL, _without_path(error.message, chosen)
        )
    except UnavailableError as error:
        return Opened(chosen.folder, parts, files, contents, gate, None), _unread(Outcome.NOT_EXAMINED, error.message)
    return Opened(chosen.folder, parts, files, contents, gate, verification), _facts(run, parts, verification, wanted)


def _unread(outcome: Outcome, problem: str) -> VerificationFacts:
    return VerificationFacts(ruling=outcome.value, problems=(_sentence(problem[:1].upper() + problem[1:]),))


def _without_path(message: str, chosen: SelectedRelease) -> str:
    return message.replace(f"{chosen.folder}/", "").replace(str(chosen.folder), "the release")


def _gate(data: bytes) -> GateFile | None:
    try:
        return canonical.decode(data, GateFile, where="gate")
    except InputError:
        return None


def _verified(
    run: StageRun,
    chosen: SelectedRelease,
    parts: ReleaseFileNames,
    files: dict[str, GivenFile],
    contents: dict[str, bytes],
) -> tuple[Verification, Expectations]:
    rehearsed = chosen.rehearsed or REHEARSAL_HOSTS in contents.get(parts.trusted_root, b"")
    args = _arguments()
    if rehearsed:
        args.trusted_root = chosen.folder / parts.trusted_root
    signing = run.config.signing
    environment = {REHEARSAL_VARIABLE: "1" if rehearsed else ""}
    configured = configured_input(run.root, signing.trust_config) if signing.trust_config else None
    trusted = verification_inputs.trust(args, identities_in_force(signing, environment), trust_config=configured)
    wanted = verification_inputs.expectations(
        args,
        trusted,
        chosen.folder,
        uri_base=run.config.provenance.uri_base,
        artifacts=chosen.artifacts,
        rehearsal=rehearsed,
    )
    wanted = dataclasses.replace(
        wanted,
        allow_unsigned=signing.mode is SigningMode.CHECKSUMS,
        identity_ephemeral=rehearsed and not signing.identities,
    )
    evidence = [read_evidence(path) for path in getattr(run.args, "attestations", ())]
    further = tuple(statement for file, data in evidence for statement in further_in(file.name, data, trusted.checker))
    return check_contents(files, contents, wanted, trusted.checker, further=further), wanted


def _arguments() -> argparse.Namespace:
    """Return the verifier's options as they are where none is given."""
    parser = argparse.ArgumentParser()
    verification_inputs.add_options(parser)
    return parser.parse_args([])


def _facts(
    run: StageRun, parts: ReleaseFileNames, verification: Verification, wanted: Expectations
) -> VerificationFacts:
    lines = {check.code: check.lines for check in verification.checks}
    signed = [line.signer for line in lines.get("files.signed", ()) if line.outcome is Outcome.PASS and line.signer]
    return VerificationFacts(
        ruling=verification.ruling.value,
        problems=_problems(verification),
        checks={
            check.code: CheckFacts(
                outcome=check.outcome.value,
                lines=len(check.lines),
                passed=sum(line.outcome is Outcome.PASS for line in check.lines),
            )
            for check in verification.checks
        },
        signed=verification.signed,
        signatures=len(lines.get("files.signed", ())) if verification.signed else 0,
        logged=sum(bool(signer.log_id) for signer in signed),
        public_root=bool(wanted.root) and not wanted.private_root and not wanted.rehearsal_root,
        published_identity=verification.signed and bool(run.config.signing.identities),
        root_included=verification.signed and parts.trusted_root in parts.names,
        level=verification.level.build,
        level_reason=verification.level.reason,
    )


def _problems(verification: Verification) -> tuple[str, ...]:
    found = [
        _sentence(f"{line.subject}: {line.message}")
        for check in verification.checks
        for line in check.lines
        if line.ruling is not Outcome.PASS
    ]
    more = len(found) - MOST_PROBLEMS
    return (*found[:MOST_PROBLEMS], *((f"And {more} more.",) if more > 0 else ()))


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def release_facts(
    run: StageRun, chosen: SelectedRelease, opened: Opened | None, verification: VerificationFacts
) -> ReleaseFacts:
    """Combine the facts of manifest, gate file and kept report; those of SBOMs and archive are gathered elsewhere."""
    facts = ReleaseFacts(present=True, manifest=_manifest(chosen, run.config), verification=verification)
    if opened is None:
        return facts
    return msgspec.structs.replace(
        facts,
        rehearsal=chosen.rehearsed or opened.verification is None or opened.verification.rehearsal,
        records=_records(opened),
        verdict=_verdict(opened.gate),
        kept=_kept(opened),
        vex=sum(name.endswith((".cdx.json", ".openvex.json")) for name in opened.parts.vex),
    )


def _manifest(chosen: SelectedRelease, config: Config) -> ManifestFacts:
    release = chosen.release
    facts = ManifestFacts(chain_intact=not chosen.chain, releases=chosen.releases)
    if release is None or release.manifest is None:
        return facts
    manifest = release.manifest
    return msgspec.structs.replace(
        facts,
        intact=not release.problems,
        sequence=manifest.sequence,
        retained_days=_days(manifest.retained_at[:10], manifest.retained_until),
        retained_years=_years(manifest.retained_at[:10], manifest.retained_until),
        covers_support=_covers_support(config, manifest),
    )


def _years(start: str, end: str) -> int:
    """Return how many whole years there are from one day to another; -1 if one of them is none."""
    try:
        begins, ends = date.fromisoformat(start), date.fromisoformat(end)
    except ValueError:
        return -1
    return max(ends.year - begins.year - ((ends.month, ends.day) < (begins.month, begins.day)), -1)


def _covers_support(config: Config, manifest: Manifest) -> bool:
    """Return whether a release is retained until the end of its stated support period; not where none is stated."""
    try:
        release = RetainedOn(manifest.version, date.fromisoformat(manifest.retained_at[:10]))
        ends, last = support_end(config, release), date.fromisoformat(manifest.retained_until)
    except ValueError:
        return False
    return ends is not None and ends <= last


def _days(start: str, end: str) -> int:
    try:
        return (date.fromisoformat(end) - date.fromisoformat(start)).days
    except ValueError:
        return -1


def _records(opened: Opened) -> dict[str, RecordFacts]:
    checks = opened.verification.checks if opened.verification else ()
    bound = {
        line.subject
        for check in checks
        if check.code == "gate.records"
        for line in check.lines
        if line.outcome is Outcome.PASS
    }
    records = opened.gate.records if opened.gate else ()
    return {record.stage: _record(record, bound=record.stage in bound) for record in records}


def _record(record: Record, *, bound: bool) -> RecordFacts:
    feeds = [feed for feed in record.feeds if feed.name not in _NO_ADVISORIES]
    ages = [feed.age_seconds for feed in feeds if feed.age_seconds is not None]
    waived = sum(bool(finding.waived_by) for finding in record.findings)
    return RecordFacts(
        bound=bound,
        outcome=record.outcome.value,
        offline=record.offline,
        counts=record.counts,
        options=record.options,
        findings=_tallies(record.findings),
        open=len(record.findings) - waived,
        waived=waived,
        feeds=len(feeds),
        undated_feeds=len(feeds) - len(ages),
        oldest_feed_seconds=max(ages, default=-1),
    )


def _tallies(findings: Iterable[Finding]) -> dict[str, FindingTally]:
    found: dict[str, list[int]] = {}
    for finding in findings:
        found.setdefault(finding.code, [0, 0])[bool(finding.waived_by)] += 1
    return {code: FindingTally(open=open_, waived=waived) for code, (open_, waived) in sorted(found.items())}


def _verdict(gate: GateFile | None) -> VerdictFacts:
    if gate is None:
        return VerdictFacts()
    verdict = gate.verdict
    return VerdictFacts(
        decision=verdict.decision,
        outcome=verdict.outcome.value,
        profiles=verdict.profiles,
        rules=len(verdict.rules),
        refused=sum(rule.outcome is not Outcome.PASS for rule in verdict.rules),
        files=len(verdict.policy),
        digest_agrees=verdict.policy_sha256 == digest_of(verdict.policy),
        weakened=UNSAID if verdict.weakened is None else len(verdict.weakened),
        settings=_settings(verdict.weakened),
    )


def _settings(weakened: tuple[Weakening, ...] | None) -> str:
    if weakened is None:
        return f"{WEAKENED}: {NOT_RECORDED}."
    found = weakened_sentence(printable(setting.in_words) for setting in weakened)
    return f"{found[:1].upper()}{found[1:]}." if found else ""


def _kept(opened: Opened) -> KeptFacts:
    name = opened.parts.prefix + KEPT_SUFFIXES["verification.json"]
    if name not in opened.contents:
        return KeptFacts()
    digests = {path: file.sha256 for path, file in opened.files.items()}
    data = opened.contents[name]
    return KeptFacts(
        there=True,
        ruling=(Outcome.PASS if accepted(data) else Outcome.FAIL).value,
        same=not kept_problems(opened.parts, digests, opened.contents, name),
    )


def document_of(opened: Opened, name: str) -> object:
    """Return a document of the release as plain data; None where it cannot be read."""
    try:
        return json_reader.read(opened.contents.get(name, b"")).value
    except UnexpectedShapeError:
        return None
