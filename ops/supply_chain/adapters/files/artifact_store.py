"""Retained releases on disk: `data/artifacts/supply-chain/N/V/`, each whole and with its manifest, or not there.

A release's folder holds its files and `manifest.json`, nothing else; the component's folder its
releases, `pruned.json` and a lock. What a killed run left is hidden and is never taken for a release.
A local disk is not write-once storage: a process with write access can rewrite a whole chain.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from ops.supply_chain.adapters.files.folders import building, copy_measured, files_in, locked, measure, remove
from ops.supply_chain.contracts.files.manifest import HeldRelease, Manifest, ManifestFile, PrunedRelease, PrunedReleases
from ops.supply_chain.core import canonical
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import InputError, OutputError
from ops.supply_chain.core.text import printable

STORE_FOLDER = "supply-chain"
MANIFEST_NAME = "manifest.json"
PRUNED_NAME = "pruned.json"


class ArtifactStore:
    """The retained releases of all components below one folder.

    Args:
        artifacts: The folder that `--artifacts` names; it need not exist yet.
    """

    def __init__(self, artifacts: Path) -> None:
        self.root = artifacts / STORE_FOLDER

    def components(self) -> tuple[str, ...]:
        """Name the components that have a folder here, sorted."""
        return files_in(self.root)

    @contextmanager
    def locked(self, component: str) -> Iterator[None]:
        """Lock a component's folder for this run, after removing the leftovers of killed runs; wait for another run.

        Raises:
            UnavailableError: Another run does not let go of it.
            OutputError: The folder cannot be made or cleaned.
        """
        with locked(self.root / component):
            yield

    def versions(self, component: str) -> tuple[str, ...]:
        """Name everything in a component's folder that is or should be a release, sorted."""
        return tuple(name for name in files_in(self.root / component) if name != PRUNED_NAME)

    def release(self, component: str, version: str, *, digests: bool) -> HeldRelease:
        """Read one release's folder, and report what differs from its manifest."""
        folder = self.root / component / version
        if folder.is_symlink() or not folder.is_dir():
            return _held(component, version, problems=(f"{version}: is no folder",))
        try:
            data = canonical.read_bytes(folder / MANIFEST_NAME)
            manifest = canonical.decode(data, Manifest, where=f"{version}/{MANIFEST_NAME}")
        except InputError as error:
            return _held(component, version, problems=(_without(self.root / component, error.message),))
        problems = [*_manifest_problems(manifest, data, component, version)]
        problems += _file_problems(folder, manifest, digests=digests)
        return _held(component, version, manifest, sha256_bytes(data), tuple(problems))

    def file(self, component: str, version: str, name: str) -> Path:
        """Return where a retained file lies."""
        return self.root / component / version / name

    def pruned(self, component: str) -> tuple[PrunedRelease, ...]:
        """Read what is left of a component's pruned releases, sorted by sequence.

        Raises:
            InputError: The list is broken.
        """
        path = self.root / component / PRUNED_NAME
        if not path.exists():
            return ()
        return canonical.read(path, PrunedReleases).releases

    def retain(self, manifest: Manifest, files: Mapping[str, Path]) -> None:
        """Copy a release here, whole or not at all. The caller holds the component's lock.

        Args:
            manifest: What is to be here afterwards.
            files: Name -> where it lies now, for each file of the manifest.
        Raises:
            OutputError: It is here already, cannot be written, or a file is not as the manifest says.
        """
        target = self.root / manifest.component / manifest.version
        with building(target, replace=False) as work:
            for file in manifest.files:
                copied = copy_measured(files[file.name], work / file.name)
                if (copied.sha256, copied.size) != (file.sha256, file.size):
                    raise OutputError(
                        f"{file.name}: changed while it was retained",
                        hint="Leave dist/ alone while a release is made, and run it again.",
                    )
            canonical.write(work / MANIFEST_NAME, manifest)

    def prune(self, entry: PrunedRelease, component: str) -> None:
        """Remove a release and keep a line of it. The caller holds the component's lock and has decided.

        Raises:
            OutputError: Something cannot be written or removed.
        """
        # The line first: a run that is killed in between leaves a release that can be pruned again,
        # never an unexplained gap in the chain.
        others = [pruned for pruned in self.pruned(component) if pruned.version != entry.version]
        releases = tuple(sorted([*others, entry], key=lambda pruned: pruned.sequence))
        canonical.write(self.root / component / PRUNED_NAME, PrunedReleases(schema="pruned/1", releases=releases))
        remove(self.root / component / entry.version)


def _held(
    component: str,
    version: str,
    manifest: Manifest | None = None,
    manifest_sha256: str = "",
    problems: tuple[str, ...] = (),
) -> HeldRelease:
    return HeldRelease(
        component=component, version=version, manifest=manifest, manifest_sha256=manifest_sha256, problems=problems
    )


def _manifest_problems(manifest: Manifest, data: bytes, component: str, version: str) -> Iterator[str]:
    where = f"{version}/{MANIFEST_NAME}"
    if (manifest.component, manifest.version) != (component, version):
        yield f"{where}: is of {manifest.component} {manifest.version}"
    if canonical.encode(manifest) != data:
        yield f"{where}: is not in the form that it was written in"
    if len({file.name for file in manifest.files}) != len(manifest.files):
        yield f"{where}: names a file twice"
    if not any(file.sha256 == manifest.provenance_sha256 for file in manifest.files):
        yield f"{where}: names a provenance file that the release does not contain"
    try:
        date.fromisoformat(manifest.retained_until)
    except ValueError:
        yield f"{where}: retained_until is no day: {manifest.retained_until}"


def _file_problems(folder: Path, manifest: Manifest, *, digests: bool) -> Iterator[str]:
    try:
        there = {path.name for path in folder.iterdir()} - {MANIFEST_NAME}
    except OSError as error:
        yield f"{manifest.version}: cannot be read: {error.strerror or error}"
        return
    named = {file.name: file for file in manifest.files}
    for name in sorted(there - named.keys()):
        yield f"{manifest.version}/{printable(name)}: is not in the manifest"
    for name, file in sorted(named.items()):
        if name not in there:
            yield f"{manifest.version}/{name}: is missing"
        else:
            yield from _content_problems(folder / name, file, manifest.version, digests=digests)


def _content_problems(path: Path, file: ManifestFile, version: str, *, digests: bool) -> Iterator[str]:
    try:
        if path.is_symlink() or not path.is_file():
            yield f"{version}/{file.name}: is no plain file"
        elif path.stat().st_size != file.size:
            yield f"{version}/{file.name}: has {path.stat().st_size} bytes, the manifest says {file.size}"
        elif digests and measure(path).sha256 != file.sha256:
            yield f"{version}/{file.name}: has another SHA-256 than the manifest says"
    except (OSError, InputError) as error:
        yield f"{version}/{file.name}: cannot be read: {_without(path.parent, str(error))}"


def _without(folder: Path, message: str) -> str:
    """Take the machine's path out of a message that goes into a finding."""
    return message.replace(f"{folder}/", "")
