"""Select the retained release that claims rest on: the named one, else the newest, else the last rehearsal's.

A real release always wins over a rehearsal. Where releases of the component are retained and the newest cannot be
determined, none is selected: an older release must not replace a damaged one.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from ops.supply_chain.adapters.files.artifact_store import STORE_FOLDER, ArtifactStore
from ops.supply_chain.contracts.files.manifest import HeldRelease
from ops.supply_chain.core.errors import ErrorClass, InputError, UsageError
from ops.supply_chain.release.retention.rules import newest, with_chain_problems
from ops.supply_chain.runner.context import StageRun

REHEARSAL_FOLDER = "rehearsal/artifacts"
"""Folder of the releases retained by `nox -s rehearse`, below `dist/`."""


class SelectedRelease(msgspec.Struct, frozen=True, kw_only=True):
    """One retained release: its folder, the label of its paths, its manifest and its chain.

    `rehearsed` is set for a rehearsal. `releases` counts those of the component, `chain` are the problems of their
    chain. `release` is None where the newest one cannot be determined.
    """

    folder: Path
    artifacts: Path
    label: str
    release: HeldRelease | None
    releases: int
    chain: tuple[str, ...]
    rehearsed: bool


def choose(run: StageRun, evidence: Path | None, *, rehearsals: bool) -> SelectedRelease | None:
    """Select the release.

    Args:
        run: The stage's run.
        evidence: The folder of a release, `<artifacts>/supply-chain/N/V`; None for the newest.
        rehearsals: Whether the last rehearsal counts where no release is retained.
    Returns:
        None where nothing of the component is retained.
    Raises:
        InputError: The named folder is not a retained release.
        UsageError: The release is of another component.
    """
    if evidence is not None:
        return _named(run, evidence.absolute())
    places = [(run.artifacts, "artifacts", False)]
    if rehearsals:
        places.append((run.dist / REHEARSAL_FOLDER, f"dist:{REHEARSAL_FOLDER}", True))
    for artifacts, label, rehearsed in places:
        held = _held(artifacts, run.project.name)
        if held:
            whole = all(release.manifest is not None for release in held)
            return _chosen(artifacts, label, newest(held) if whole else None, held, rehearsed=rehearsed)
    return None


def _named(run: StageRun, folder: Path) -> SelectedRelease:
    artifacts = folder.parents[2] if len(folder.parents) > 2 else folder  # noqa: PLR2004 - of N, V and the store
    if folder.parent.parent.name != STORE_FOLDER or not folder.is_dir():
        raise InputError(
            f"{folder}: is not a retained release",
            hint=f"Give the folder of a release: <artifacts>/{STORE_FOLDER}/N/V.",
        )
    if folder.parent.name != run.project.name:
        raise UsageError(
            f"{folder}: is a release of {folder.parent.name}, and the project is {run.project.name}",
            hint="Give the project of that release with --project.",
            kind=ErrorClass.COMMAND_LINE,
        )
    held = _held(artifacts, run.project.name)
    release = next(
        (candidate for candidate in held if candidate.version == folder.name and candidate.manifest is not None), None
    )
    return _chosen(artifacts, "evidence", release, held, rehearsed=False, folder=folder)


def _held(artifacts: Path, component: str) -> tuple[HeldRelease, ...]:
    store = ArtifactStore(artifacts)
    if component not in store.components():
        return ()
    held = [store.release(component, version, digests=False) for version in store.versions(component)]
    try:
        return with_chain_problems(held, store.pruned(component))
    except InputError:
        problem = "the list of pruned releases is broken"
        return tuple(msgspec.structs.replace(release, problems=(*release.problems, problem)) for release in held)


def _chosen(
    artifacts: Path,
    label: str,
    release: HeldRelease | None,
    held: tuple[HeldRelease, ...],
    *,
    rehearsed: bool,
    folder: Path | None = None,
) -> SelectedRelease:
    component = held[0].component if held else ""
    version = release.version if release else ""
    chain = tuple(problem for retained in held for problem in retained.problems)
    if release is not None:
        whole = ArtifactStore(artifacts).release(component, version, digests=True)
        release = msgspec.structs.replace(release, problems=tuple(dict.fromkeys((*release.problems, *whole.problems))))
    return SelectedRelease(
        folder=folder or artifacts / STORE_FOLDER / component / version,
        artifacts=artifacts,
        label=f"{label}{':' if ':' not in label else '/'}{STORE_FOLDER}/{component}/{version}",
        release=release,
        releases=len(held),
        chain=chain,
        rehearsed=rehearsed,
    )
