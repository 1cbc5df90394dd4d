"""Which files the retained releases have downloaded and hashed, as far as each of them still verifies."""

from __future__ import annotations

from collections.abc import Collection

from ops.supply_chain.adapters.files.artifact_store import ArtifactStore
from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.contracts.files.manifest import HeldRelease
from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.contracts.files.verdict import GateFile
from ops.supply_chain.core import canonical
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.names import normalise
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.core.text import printable
from ops.supply_chain.dependencies.index_hashes.downloads import DOWNLOADED, EarlierBytes, EarlierFile
from ops.supply_chain.gather.assurance.shipped_verification import verified
from ops.supply_chain.gather.gates.wheel_contents import SUFFIX
from ops.supply_chain.gather.risk.advisories.shipped import held_releases
from ops.supply_chain.release.assembly.layout import gate_name
from ops.supply_chain.runner.context import StageRun

STAGE = "check_hashes"


def earlier_bytes(run: StageRun, wanted: Collection[str]) -> EarlierBytes:
    """Return which of some files retained releases of this project have verified.

    The newest release first. One that names none of the files that are left is not opened; each that counts is verified to
    the last byte, with its signatures and its place in the chain.

    Args:
        run: The stage's run.
        wanted: SHA-256 of the files.
    """
    store, component = ArtifactStore(run.artifacts), run.project.name
    try:
        held = held_releases(store, component)
    except InputError as error:
        return EarlierBytes({}, unusable=(f"the retained releases cannot be read: {printable(error.message)}",))
    left = set(wanted)
    files: dict[str, EarlierFile] = {}
    unusable = []
    for release in reversed(held):
        record = _record(store, release)
        found = {ref.sha256: ref.size for ref in _downloads(record) if ref.sha256 in left}
        if record is None or not found or not left:
            continue
        problem = _problem(run, store, release)
        if problem:
            unusable.append(f"retained release {printable(release.version)} counts for nothing: {problem}")
            continue
        contents = frozenset(ref.sha256 for ref in record.reads if ref.path.endswith(SUFFIX))
        files |= {sha256: EarlierFile(size, release.version, contents) for sha256, size in found.items()}
        left -= found.keys()
    return EarlierBytes(files, tuple(unusable))


def _record(store: ArtifactStore, release: HeldRelease) -> Record | None:
    """Return the record of the stage in the gate file of a release, if its bytes are those of the manifest."""
    name = gate_name(release.component, release.version)
    wanted = {file.sha256 for file in release.manifest.files if file.name == name} if release.manifest else set()
    try:
        data = canonical.read_bytes(store.file(release.component, release.version, name))
        records = canonical.decode(data, GateFile, where=name).records if sha256_bytes(data) in wanted else ()
    except InputError:
        return None
    return next((record for record in records if record.stage == STAGE), None)


def _downloads(record: Record | None) -> list[FileRef]:
    """Return the files that a stage has downloaded, without those of a package that it has a finding about.

    A waiver let the release pass; it may have ended, and a file that is not opened again has no finding.
    """
    if record is None:
        return []
    found = tuple(f"{normalise(finding.package)}-" for finding in record.findings if finding.package)
    downloads = [ref for ref in record.reads if ref.path.startswith(DOWNLOADED)]
    return [ref for ref in downloads if not normalise(ref.path.removeprefix(DOWNLOADED)).startswith(found)]


def _problem(run: StageRun, store: ArtifactStore, release: HeldRelease) -> str:
    """Return why a release counts for nothing; empty if it verifies."""
    whole = store.release(release.component, release.version, digests=True)
    problems = [*release.problems, *whole.problems]
    if problems:
        return printable(problems[0])
    folder = store.root / release.component / release.version
    result = verified(run, folder, release.version, release)
    return "" if result.outcome is Outcome.PASS else printable(result.problems[0].rstrip("."))
