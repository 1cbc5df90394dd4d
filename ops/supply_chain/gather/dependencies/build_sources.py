"""The sources of build locks: written from `[build-system]` of each package, or compared with it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from pathlib import Path

from ops.supply_chain.adapters.builders.build import build_folder, require_no_token
from ops.supply_chain.adapters.builders.environment import make_environment
from ops.supply_chain.adapters.builders.requirements import requirements_of_backend
from ops.supply_chain.adapters.files.inputs import read_input, read_input_text
from ops.supply_chain.adapters.files.package_folders import package_folders, read_manifest
from ops.supply_chain.contracts.config.file import Config
from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.core.files import write_atomic
from ops.supply_chain.dependencies.compile.build_source import (
    BUILD_SOURCE,
    asked_in,
    build_requires,
    drift_finding,
    render_source,
)
from ops.supply_chain.formats.lock_formats import BUILD_LOCK, PYPROJECT


def build_source_findings(root: Path, locks: Iterable[str]) -> Iterator[Finding]:
    """Yield a finding for each build lock whose source has other requirements than the package in its folder.

    Args:
        root: The project's folder.
        locks: The locks that are examined, relative to it; those that are no build lock are passed by.
    Raises:
        InputError: A `pyproject.toml` or a source cannot be read.
    """
    for lock in locks:
        folder, name = posixpath.split(lock)
        text = read_input_text(root, posixpath.join(folder, BUILD_SOURCE)) if name == BUILD_LOCK else None
        if text is not None:
            requires = build_requires(read_manifest(root, folder))
            finding = drift_finding(lock, posixpath.join(folder, PYPROJECT), text, requires)
            if finding is not None:
                yield finding


def write_build_sources(root: Path, config: Config) -> tuple[str, ...]:
    """Write the source of each package's build lock where it is absent or has other requirements.

    Returns:
        The paths that were written, relative to the project, sorted.
    Raises:
        InputError: A `pyproject.toml` or a source cannot be read.
        OutputError: A source cannot be written.
    """
    if config.build.allow is False:
        return ()
    written = []
    for package in package_folders(root, [entry.path for entry in config.packages]):
        path = posixpath.join(package.path, BUILD_SOURCE)
        old = read_input_text(root, path)
        text = render_source(build_requires(package.document), asked_in(old or ""))
        if text != old:
            write_atomic(root / path, text.encode())
            written.append(path)
    return tuple(written)


def ask_backends(root: Path, config: Config, *, cache: Path, offline: bool) -> tuple[str, ...]:
    """Ask each build backend what it needs beyond `[build-system]`, and write that into the source of the build lock.

    Each runs in an environment of the build lock as it is, on a copy of the project. Only with `[build].allow`.

    Returns:
        The sources that were written, relative to the project, sorted.
    Raises:
        InputError: A build lock cannot be installed.
        UnavailableError: A process above this one has a token, or the backend or the index does not answer.
        OutputError: A source cannot be written.
    """
    if not config.build.allow:
        return ()
    require_no_token()
    written = []
    for package in package_folders(root, [entry.path for entry in config.packages]):
        lock = posixpath.join(package.path, BUILD_LOCK)
        path = posixpath.join(package.path, BUILD_SOURCE)
        with build_folder() as folder:
            environment = make_environment(
                folder / "env",
                read_input(root, lock) or b"",
                where=lock,
                config=config,
                cache=cache,
                offline=offline,
            )
            asked = requirements_of_backend(root, package.path, environment, folder)
        text = render_source(build_requires(package.document), asked)
        if text != read_input_text(root, path):
            write_atomic(root / path, text.encode())
            written.append(path)
    return tuple(written)
