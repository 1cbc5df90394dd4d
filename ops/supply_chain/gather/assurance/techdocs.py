"""Read the content of the mirror from retained releases that match their manifests.

A document that is intact but cannot be read (another version of sealwright wrote it) is reported on the release's
page; nothing is shown in its place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec

from ops.supply_chain.adapters.files.artifact_store import STORE_FOLDER, ArtifactStore
from ops.supply_chain.assurance.review.dependencies import Direct, Licences, build_matrix
from ops.supply_chain.assurance.techdocs.model import (
    SAFE,
    Mirror,
    MirrorPackage,
    MirrorRelease,
    MirrorScan,
    MirrorWaiver,
)
from ops.supply_chain.contracts.config.signing import SigningIdentity
from ops.supply_chain.contracts.files.dependency_matrix import DependencyMatrix
from ops.supply_chain.contracts.files.manifest import HeldRelease, Manifest
from ops.supply_chain.contracts.files.provenance import Statement
from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.contracts.files.verdict import GateFile
from ops.supply_chain.contracts.values.cause import RootCause
from ops.supply_chain.contracts.values.release_naming import naming_of, provenance_name
from ops.supply_chain.contracts.values.signature_names import bundle_name, is_signed
from ops.supply_chain.core import canonical
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.errors import InputError, UnavailableError
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.formats.cause_lines import CauseText, cause_text
from ops.supply_chain.gather.assurance.review import licences_in, read_releases, released_sbom
from ops.supply_chain.gather.gates.run_log import causes_of_run
from ops.supply_chain.gather.gates.since import expected_gates, scan_note
from ops.supply_chain.inventory.comparison.inventory import SbomInventory
from ops.supply_chain.inventory.direct import direct_packages
from ops.supply_chain.release.assembly.layout import checksums_name, gate_name
from ops.supply_chain.risk.findings.causes import root_causes
from ops.supply_chain.risk.findings.render.screen import mark_of
from ops.supply_chain.risk.waivers.parse import parse_waivers
from ops.supply_chain.runner.context import StageRun
from ops.supply_chain.runner.dist_folder import SCAN_FOLDER
from ops.supply_chain.runner.rehearsal_mode import EPHEMERAL
from ops.supply_chain.runner.stage import RECORDS_FOLDER
from ops.supply_chain.trust.identities.check import checked
from ops.supply_chain.trust.verification import commands

REHEARSED = Path("rehearsal") / "artifacts"
"""Folder of the last rehearsal's releases, below `dist/`."""

LEDGER_FOLDER = "ledger"
T = TypeVar("T")


class Mirrored(NamedTuple):
    """The mirror, the store of its files, and the ledger (None where there is none)."""

    mirror: Mirror
    store: ArtifactStore
    ledger: Path | None


def read_mirror(run: StageRun, *, files_at: str) -> Mirrored:
    """Read the content of the mirror.

    Args:
        run: The stage's run.
        files_at: Base address of released files; empty where they are included.
    Raises:
        UnavailableError: There is no intact release, retained or rehearsed.
        InputError: The list of pruned releases is malformed.
    """
    name = run.project.name
    store, held = _choose(run, name)
    damaged = [f"{release.component}: {problem}" for release in held for problem in release.problems]
    releases = tuple(
        _release(run, store, release, release.manifest) for release in held if release.manifest and not release.problems
    )
    if not releases:
        raise UnavailableError(
            f"no intact release of {name} is retained, so there is nothing to mirror",
            hint=f"Make one with {command('release')} or {command('rehearse')}; list damaged ones with {command('retention', '--verify')}.",
        )
    newest = max(releases, key=lambda release: release.manifest.sequence)
    waivers, malformed = _waivers(run)
    ledger = run.artifacts / LEDGER_FOLDER / f"{name}.jsonl"
    found = ledger if ledger.is_file() and not ledger.is_symlink() else None
    mirror = Mirror(
        component=name,
        description=run.project.description,
        config=run.config.mirror,
        releases=tuple(sorted(releases, key=lambda release: -release.manifest.sequence)),
        damaged=tuple(damaged),
        waivers=waivers,
        malformed=malformed,
        identities=checked(run.config.signing.identities),
        matrix=_matrix(run, store, newest),
        scan=_scan(run),
        files_at=files_at,
        ledger=found is not None,
    )
    return Mirrored(mirror, store, found)


def _choose(run: StageRun, name: str) -> tuple[ArtifactStore, tuple[HeldRelease, ...]]:
    """Return the real releases, else those of the last rehearsal: a real one always wins."""
    store = ArtifactStore(run.artifacts)
    held = _held(store, name)
    if held:
        return store, held
    rehearsed = ArtifactStore(run.dist / REHEARSED)
    return rehearsed, _held(rehearsed, name)


def _held(store: ArtifactStore, name: str) -> tuple[HeldRelease, ...]:
    return tuple(
        held
        if SAFE.fullmatch(held.version)
        else msgspec.structs.replace(
            held, problems=(*held.problems, f"{held.version}: not a valid version of a release")
        )
        for held in read_releases(store, name)
    )


def _release(run: StageRun, store: ArtifactStore, held: HeldRelease, manifest: Manifest) -> MirrorRelease:
    unread: list[str] = []
    component, version = manifest.component, manifest.version

    def document(file: str, kind: type[T]) -> T | None:
        path = store.file(component, version, file)
        return _attempt(unread, file, lambda: canonical.decode(canonical.read_bytes(path), kind, where=file))

    gate = document(gate_name(component, version), GateFile)
    naming = naming_of({file.name for file in manifest.files})
    statement = document(provenance_name(component, version, naming), Statement)
    rehearsal = store.root == run.dist / REHEARSED / STORE_FOLDER or _is_rehearsal(gate, statement)
    rules = gate.verdict.rules if gate else ()
    commit, source = _source(statement)
    return MirrorRelease(
        manifest=manifest,
        manifest_sha256=held.manifest_sha256,
        rehearsal=rehearsal,
        decision=gate.verdict.decision if gate else "",
        passed=sum(rule.outcome is Outcome.PASS for rule in rules),
        rules=len(rules),
        records=gate.records if gate else (),
        causes=_texts(run, root_causes(gate.records, [gate.verdict]), decided=True) if gate else (),
        commit=commit,
        source=source,
        builder=statement.predicate.run_details.builder.id if statement else "",
        packages=_packages(store, manifest, unread),
        commands=_commands(run, manifest, rehearsal=rehearsal),
        unread=tuple(unread),
    )


def _texts(run: StageRun, causes: Sequence[RootCause], *, decided: bool) -> tuple[CauseText, ...]:
    fail_on = None if decided else run.config.gate.fail_on
    return tuple(cause_text(mark_of(cause, fail_on=fail_on), cause) for cause in causes)


def _scan(run: StageRun) -> MirrorScan:
    """Return the last scan that is kept in `dist/scan/`; one of which a record is broken or of another project is not shown."""
    dist = run.dist / SCAN_FOLDER
    paths = sorted((dist / RECORDS_FOLDER).glob("*.json"))
    if not paths:
        return MirrorScan(problem="no scan is kept here")
    try:
        records = tuple(canonical.read(path, Record) for path in paths)
    except InputError:
        return MirrorScan(problem="a record of the last scan cannot be read")
    if any(record.stage != path.stem for record, path in zip(records, paths, strict=True)):
        return MirrorScan(problem="a record of the last scan is of another stage than its name says")
    if {record.component for record in records} != {run.project.name}:
        return MirrorScan(problem="the last scan that is kept here is of another component")
    return MirrorScan(
        started=min(record.started for record in records),
        version=records[0].version,
        records=records,
        causes=_texts(run, causes_of_run(dist, records, ()), decided=False),
        compared=scan_note(dist, run.project.name),
        missing=tuple(sorted(expected_gates(dist) - {record.stage for record in records})),
    )


def _attempt(unread: list[str], file: str, work: Callable[[], T]) -> T | None:
    try:
        return work()
    except InputError as error:
        unread.append(error.message if error.message.startswith(file) else f"{file}: {error.message}")
        return None


def _is_rehearsal(gate: GateFile | None, statement: Statement | None) -> bool:
    # Where neither document can be read, the kind is not known, and the page of releases says so.
    marks = [gate.rehearsal] if gate else []
    if statement is not None:
        marks.append(statement.predicate.build_definition.external_parameters.rehearsal)
    return any(marks)


def _source(statement: Statement | None) -> tuple[str, str]:
    source = statement.predicate.build_definition.external_parameters.source if statement else None
    return (source.digest.git_commit or "", source.uri) if source else ("", "")


def _packages(store: ArtifactStore, manifest: Manifest, unread: list[str]) -> tuple[MirrorPackage, ...] | None:
    path = released_sbom(store, manifest)
    if path is None:
        unread.append("the release has no SBOM")
        return None
    inventory = _attempt(unread, path.name, lambda: _inventory(path))
    if inventory is None:
        return None
    packages = [
        MirrorPackage(name=item.name, version=version, licence=", ".join(item.licences), producer=item.producer)
        for versions in inventory.items.values()
        for version, item in versions.items()
    ]
    return tuple(sorted(packages, key=lambda package: (package.name, package.version)))


def _inventory(path: Path) -> SbomInventory:
    from ops.supply_chain.inventory.comparison.compare import read_inventory

    return read_inventory(canonical.load_plain(canonical.read_bytes(path), where=path.name), where=path.name)


def _matrix(run: StageRun, store: ArtifactStore, newest: MirrorRelease) -> DependencyMatrix:
    """Build the matrix of the newest release from its SBOM; only CycloneDX marks direct dependencies."""
    path = released_sbom(store, newest.manifest)
    direct, licences = Direct({}, ("SBOM",)), Licences({}, "")
    if path is not None and newest.packages is not None:
        licences = licences_in(path, f"the SBOM of {newest.version}")
        if path.name.endswith(".cdx.json"):
            plain = canonical.load_plain(canonical.read_bytes(path), where=path.name)
            found = direct_packages(plain, where=path.name)
            direct = Direct(found.versions, () if found.complete else (path.name,))
    return build_matrix(direct, licences, run.config.dependencies)


def _waivers(run: StageRun) -> tuple[tuple[MirrorWaiver, ...], tuple[str, ...]]:
    found, malformed = parse_waivers(run.config)
    waivers = tuple(
        MirrorWaiver(
            id=waiver.id,
            package=f"{waiver.package} {waiver.versions}".strip(),
            owner=waiver.owner,
            reason=waiver.reason,
            justification=waiver.justification,
            begins=waiver.date.isoformat(),
            ends=waiver.expires.isoformat(),
            link=waiver.link,
        )
        for waiver in found
    )
    return waivers, tuple(problem.message for problem in malformed)


def _commands(run: StageRun, manifest: Manifest, *, rehearsal: bool) -> tuple[str, ...]:
    """Return the commands that verify a release: its digests, and its signatures by authorized identities."""
    identities: Sequence[SigningIdentity] = run.config.signing.identities
    if rehearsal and not identities:
        identities = (SigningIdentity(identity=EPHEMERAL.identity, issuer=EPHEMERAL.issuer),)
    checks = checksums_name(manifest.component, manifest.version)
    names = {file.name for file in manifest.files}
    private = rehearsal or bool(run.config.signing.trust_config)
    naming = naming_of(names)
    signed = [name for name in sorted(names) if is_signed(name) and bundle_name(name, naming) in names]
    found = [commands.checksums(checks)] if checks in names else []
    # The checksums cover every other file, so their signature is enough.
    for name in [checks] if checks in signed else signed:
        for identity in identities:
            who = commands.who(identity.identity, identity.identity_regex, identity.issuer)
            found.append(commands.verify_file(name, bundle_name(name, naming), who, private_root=private))
    return tuple(found)
