"""An empty store is filled from what was published: on a new runner the daily scan needs no disk of its own.

The supported releases are downloaded from GitHub, at most `MOST_RELEASES` of them, and verified as a customer does, with the
project's published identities. Only what verifies is retained; the chain of the restored manifests begins with the oldest.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from ops.supply_chain.adapters.files.artifact_store import MANIFEST_NAME, ArtifactStore
from ops.supply_chain.adapters.files.folders import measure
from ops.supply_chain.adapters.github.download import download_release, published_releases
from ops.supply_chain.contracts.config.periods import RetainedOn, retained_until
from ops.supply_chain.contracts.config.supported import supported_releases
from ops.supply_chain.contracts.files.manifest import ManifestFile, PreviousRelease
from ops.supply_chain.contracts.files.provenance import Statement
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.contracts.values.publication import LocalFile, RemoteRelease
from ops.supply_chain.core import canonical
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.errors import InputError, StageError, UnavailableError
from ops.supply_chain.core.moments import parse_timestamp
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.core.text import plural, printable
from ops.supply_chain.gather.assurance.shipped_verification import UNVERIFIED, verified
from ops.supply_chain.gather.release.served_files import LIMITS, github_repository
from ops.supply_chain.gather.risk.advisories.shipped import NOT_EXAMINED
from ops.supply_chain.release.assembly.layout import media_type_of
from ops.supply_chain.release.retention.rules import build_manifest
from ops.supply_chain.runner.context import StageRun
from ops.supply_chain.trust.verification.file_kinds import classify

MOST_RELEASES = 30
_ACTIONS = "GITHUB_ACTIONS"


class Restored(NamedTuple):
    """The versions that were restored, oldest first, the findings about those that were not, and where they were searched for.

    `repository` is empty if nothing was asked: releases are retained, or no repository is known.
    """

    versions: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    repository: str = ""


class _Published(NamedTuple):
    version: str
    release: RemoteRelease


def restore(run: StageRun) -> Restored:
    """Fill the component's folder of the store, if nothing is in it and the project's releases are at GitHub.

    The repository is that of `[reporting].github`; in GitHub Actions the git remote will do.

    Raises:
        OutputError: A release cannot be retained.
    """
    repository = github_repository(run) if run.config.reporting.github or os.environ.get(_ACTIONS) == "true" else ""
    store, component = ArtifactStore(run.artifacts), run.project.name
    if not repository or (component in store.components() and store.versions(component)):
        return Restored()
    try:
        published = _of_component(published_releases(repository, offline=run.offline), component)
    except UnavailableError as error:
        return Restored(findings=(_not_restored("releases", error.message),), repository=repository)
    today = run.now.date()
    known = [RetainedOn(entry.version, today) for entry in published]
    wanted = {release.version for release in supported_releases(run.config, known, today)}
    chosen = [entry for entry in published if entry.version in wanted]
    findings: list[Finding] = []
    if len(chosen) > MOST_RELEASES:
        more = plural(len(chosen) - MOST_RELEASES, "older release")
        findings.append(_not_restored(more, f"at most {MOST_RELEASES} are restored"))
    versions = []
    if chosen:
        with store.locked(component):
            for entry in chosen[-MOST_RELEASES:]:
                problem = _restore(run, store, repository, entry)
                findings += [problem] if problem else []
                versions += [] if problem else [entry.version]
    return Restored(tuple(versions), tuple(findings), repository)


def _of_component(releases: Sequence[RemoteRelease], component: str) -> list[_Published]:
    """Return the releases of a component, oldest first; others, and what is no release of this kind, are left out."""
    found = []
    for release in releases:
        try:
            parts = classify([asset.name for asset in release.assets])
        except InputError:
            continue
        if parts.prefix.startswith(f"{component}-") and release.tag.endswith(
            parts.prefix.removeprefix(f"{component}-")
        ):
            found.append(_Published(parts.prefix.removeprefix(f"{component}-"), release))
    return found[::-1]


def _restore(run: StageRun, store: ArtifactStore, repository: str, entry: _Published) -> Finding | None:
    """Download, verify and retain one release; return why it was not."""
    with tempfile.TemporaryDirectory(prefix="sealwright-restore-") as scratch:
        folder = Path(scratch) / "release"
        try:
            found = download_release(repository, entry.release.tag, folder, limits=LIMITS, offline=run.offline)
            result = verified(run, folder, entry.version)
            if result.outcome is Outcome.PASS:
                _retain(run, store, folder, entry.version, found.files)
                return None
        except UnavailableError as error:
            return _not_restored(f"release {entry.version}", error.message)
        except StageError as error:
            return _refused(entry.version, error.message)
    problem = result.problems[0]
    if result.outcome is Outcome.FAIL:
        return _refused(entry.version, problem)
    return _not_restored(f"release {entry.version}", problem)


def _retain(run: StageRun, store: ArtifactStore, folder: Path, version: str, files: Sequence[LocalFile]) -> None:
    component = run.project.name
    parts = classify([file.name for file in files])
    if parts.prefix != f"{component}-{version}":
        raise InputError(f"its files are of {parts.prefix}, expected {component}-{version}")
    statement = canonical.read(folder / parts.provenance, Statement)
    finished = statement.predicate.run_details.metadata.finished_on
    moment: datetime = parse_timestamp(finished, where=parts.provenance)
    manifest = build_manifest(
        [
            ManifestFile(name=file.name, sha256=file.sha256, size=file.size, media_type=media_type_of(file.name))
            for file in files
        ],
        component=component,
        version=version,
        created=finished,
        now=moment,
        until=retained_until(run.config, RetainedOn(version, moment.date())),
        last=_last(store, component),
    )
    store.retain(manifest, {file.name: folder / file.name for file in files})


def _last(store: ArtifactStore, component: str) -> tuple[int, PreviousRelease] | None:
    held = [store.release(component, version, digests=False).manifest for version in store.versions(component)]
    last = max((manifest for manifest in held if manifest), key=lambda manifest: manifest.sequence, default=None)
    if last is None:
        return None
    sha256 = measure(store.file(component, last.version, MANIFEST_NAME)).sha256
    return last.sequence, PreviousRelease(version=last.version, manifest_sha256=sha256)


def _not_restored(what: str, why: str) -> Finding:
    return Finding(
        code=NOT_EXAMINED,
        severity=Severity.INFO,
        message=f"nothing was retained here, and {printable(what)} could not be restored: {printable(why).rstrip('.')}",
        next_step=f"Run it again when GitHub answers: {command('check_releases', '--restore')}",
    )


def _refused(version: str, problem: str) -> Finding:
    return Finding(
        code=UNVERIFIED,
        severity=Severity.CRITICAL,
        message=f"release {printable(version)} at GitHub was not restored, it does not verify: {printable(problem).rstrip('.')}",
        next_step="Inform customers, and find out who changed it: docs/incident-playbook.md.",
        version=printable(version),
    )
