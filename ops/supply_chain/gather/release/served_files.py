"""What GitHub and the configured package indexes serve today of a retained release, compared with its manifest.

A release that is not there was perhaps never published: that is stated. What could not be asked is not examined.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from ops.supply_chain.adapters.github.address import api_from_environment, web_host
from ops.supply_chain.adapters.github.download import DownloadLimits, download_release, is_published
from ops.supply_chain.contracts.files.manifest import Manifest
from ops.supply_chain.contracts.values.publication import REPOSITORY, TAG, LocalFile
from ops.supply_chain.core.errors import InputError, UnavailableError
from ops.supply_chain.gather.release.index_state import IndexState
from ops.supply_chain.release.publication.index_choice import index_named
from ops.supply_chain.release.publication.index_plan import SHA256
from ops.supply_chain.release.publication.names import repository_of
from ops.supply_chain.runner.context import StageRun
from ops.supply_chain.trust.verification.file_kinds import MANIFEST, classify

LIMITS = DownloadLimits(total_bytes=2 << 30)
"""The most that is downloaded of one release to compare it."""


class ServedState(NamedTuple):
    """What differs, one sentence each; what could not be asked; and where the release is not published."""

    changed: tuple[str, ...] = ()
    unexamined: tuple[str, ...] = ()
    unpublished: tuple[str, ...] = ()


def github_repository(run: StageRun) -> str:
    """Return `OWNER/REPO`: `[reporting].github`, else the git remote at GitHub; empty if there is none."""
    configured = run.config.reporting.github
    if REPOSITORY.fullmatch(configured):
        return configured
    source = run.project.source
    return repository_of(source.remote, web_host(api_from_environment())) if source else ""


def served_state(run: StageRun, manifest: Manifest) -> ServedState:
    """Compare what is served of a release with its manifest.

    Args:
        run: The stage's run.
        manifest: Of the retained release.
    """
    digests = {file.name: file.sha256 for file in manifest.files}
    parts = classify(digests)
    public = {name: sha256 for name, sha256 in digests.items() if name not in {MANIFEST, *parts.kept}}
    files = [
        LocalFile(name=file.name, sha256=file.sha256, size=file.size)
        for file in manifest.files
        if file.name in parts.distributions
    ]
    states = [_on_github(run, manifest.version, public), *(_on_indexes(run, files) if files else ())]
    return ServedState(
        tuple(sentence for state in states for sentence in state.changed),
        tuple(sentence for state in states for sentence in state.unexamined),
        tuple(sentence for state in states for sentence in state.unpublished),
    )


def _on_github(run: StageRun, version: str, public: Mapping[str, str]) -> ServedState:
    repository = github_repository(run)
    if not repository:
        return ServedState()
    try:
        tag = published_tag(repository, version, offline=run.offline)
        if not tag:
            return ServedState(unpublished=(f"GitHub {repository}",))
        with tempfile.TemporaryDirectory(prefix="sealwright-served-") as folder:
            found = download_release(repository, tag, Path(folder) / "files", limits=LIMITS, offline=run.offline)
    except UnavailableError as error:
        return ServedState(unexamined=(error.message,))
    except InputError as error:
        return ServedState(changed=(error.message,))
    served = {file.name: file.sha256 for file in found.files}
    return ServedState(changed=tuple(_differences(f"GitHub {repository}", public, served)))


def published_tag(repository: str, version: str, *, offline: bool) -> str:
    """Return the tag under which a version is published at GitHub; empty if it is not.

    Raises:
        UnavailableError: GitHub did not answer.
    """
    tags = [tag for tag in (version, f"v{version}") if TAG.fullmatch(tag)]
    return next((tag for tag in tags if is_published(repository, tag, offline=offline)), "")


def _differences(where: str, public: Mapping[str, str], served: Mapping[str, str]) -> Iterator[str]:
    for name in sorted(public.keys() | served.keys()):
        if name not in served:
            yield f"{name}: {where} does not serve it any more"
        elif name not in public:
            yield f"{name}: {where} serves it, and it is no file of the release"
        elif served[name] != public[name]:
            yield f"{name}: {where} serves other bytes than the release has"


def _on_indexes(run: StageRun, files: list[LocalFile]) -> Iterator[ServedState]:
    for entry in run.config.indexes:
        if run.offline:
            yield ServedState(unexamined=(f"index {entry.name}: not asked, because of --offline",))
            continue
        try:
            listings = IndexState(index_named(entry.name, run.config.indexes), None).listings(files)
        except UnavailableError as error:
            yield ServedState(unexamined=(error.message,))
            continue
        there = {
            file.filename: file.hashes for listing in listings.values() for file in (listing.files if listing else ())
        }
        where = f"index {entry.name}"
        yield ServedState(
            changed=tuple(
                f"{file.name}: {where} lists another SHA-256 than the release has"
                for file in files
                if any(each.startswith(SHA256) for each in there.get(file.name, ()))
                and f"{SHA256}{file.sha256}" not in there[file.name]
            ),
            unexamined=tuple(
                f"{file.name}: {where} lists no SHA-256 of it"
                for file in files
                if file.name in there and not any(each.startswith(SHA256) for each in there[file.name])
            ),
            unpublished=tuple(f"{where} ({file.name})" for file in files if file.name not in there),
        )
