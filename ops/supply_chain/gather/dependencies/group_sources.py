"""The sources of locks of dependency groups and extras: written from `pyproject.toml`, or compared with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ops.supply_chain.adapters.files.inputs import read_input_text
from ops.supply_chain.adapters.files.lock_sources import list_files, read_text
from ops.supply_chain.adapters.files.package_folders import read_manifest
from ops.supply_chain.contracts.config.file import Config
from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.core.files import write_atomic
from ops.supply_chain.dependencies.compile.group_source import (
    group_sources,
    is_group_source,
    keeps_own_sources,
    source_drift,
)
from ops.supply_chain.dependencies.compile.plan import is_from_pyproject
from ops.supply_chain.dependencies.compile.sources import LOCK_SUFFIX, SOURCE_SUFFIX


def group_source_findings(root: Path, locks: Iterable[str]) -> Iterator[Finding]:
    """Yield a finding for each lock whose source was written from a group or extra that is another now.

    Args:
        root: The project's folder.
        locks: The locks that are examined, relative to it; those with another source are passed by.
    Raises:
        InputError: A source or `pyproject.toml` cannot be read.
    """
    expected: Mapping[str, str] | None = None
    for lock in locks:
        source = lock.removesuffix(LOCK_SUFFIX) + SOURCE_SUFFIX
        text = read_input_text(root, source) if lock.endswith(LOCK_SUFFIX) and "/" not in lock else None
        if text is not None and is_group_source(text):
            expected = group_sources(read_manifest(root, "")) if expected is None else expected
            finding = source_drift(lock, text, expected.get(source))
            if finding is not None:
                yield finding


def write_group_sources(root: Path, config: Config) -> tuple[str, ...]:
    """Write the source of each group and extra of a project that is locked from its `pyproject.toml`.

    Returns:
        The paths that were written, relative to the project, sorted.
    Raises:
        InputError: A file cannot be read.
        OutputError: A source cannot be written.
    """
    sources = planned_group_sources(root, config)
    written = [path for path, text in sources.items() if read_input_text(root, path) != text]
    for path in written:
        write_atomic(root / path, sources[path].encode())
    return tuple(written)


def planned_group_sources(root: Path, config: Config) -> dict[str, str]:
    """Return what `write_group_sources` would leave: path -> text, sorted.

    Empty where the project has other sources, or names its locks or takes packages from other places than an index:
    it decides itself then.

    Raises:
        InputError: A file cannot be read.
    """
    files = list_files(root, config.locks.excluded)
    if config.locks.include or not is_from_pyproject(files, lambda path: read_text(root, path)):
        return {}
    document = read_manifest(root, "")
    sources = group_sources(document)
    there = {path: read_input_text(root, path) or "" for path in files if path.endswith(SOURCE_SUFFIX)}
    foreign = [path for path, text in there.items() if not is_group_source(text)]
    if not sources or _has_sources(document) or keeps_own_sources(foreign):
        return {}
    return sources


def _has_sources(document: Mapping[str, Any]) -> bool:
    """Return whether `[tool.uv.sources]` gives packages from other places, which only uv's own lock records."""
    tool = document.get("tool")
    uv = tool.get("uv") if isinstance(tool, dict) else None
    return bool(uv.get("sources")) if isinstance(uv, dict) else False
