"""Ignore lists of other tools: which files of a project may have one, and their entries."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from ops.supply_chain.assurance.adoption.ignore_files import READERS
from ops.supply_chain.assurance.adoption.model import IgnoredAdvisory, ImportedIgnores
from ops.supply_chain.assurance.adoption.pip_audit_flags import ignored_by_pip_audit
from ops.supply_chain.core.text import printable

LARGEST_BYTES = 4 << 20
"""Maximum size of a file that is searched, above any file written by hand; a larger one is reported."""

_CI = re.compile(
    r"\.github/(?:workflows|actions)/.+\.ya?ml|\.gitlab-ci\.yml|\.circleci/config\.yml|azure-pipelines\.yml"
    r"|bitbucket-pipelines\.yml|\.travis\.yml|\.drone\.yml|Jenkinsfile"
)
_TOOLS = re.compile(
    r"tox\.ini|noxfile\.py|GNUmakefile|[Mm]akefile|[Jj]ustfile|Taskfile\.ya?ml|\.pre-commit-config\.yaml|setup\.cfg"
    r"|pyproject\.toml|(?:[^/]+/)?[^/]+\.sh"
)


def is_ci(path: str) -> bool:
    """Return whether a path, relative to the project, is the configuration of a CI service."""
    return _CI.fullmatch(path) is not None


def import_ignores(paths: Iterable[str], read: Callable[[str], bytes | None]) -> ImportedIgnores:
    """Read every ignore list of a project.

    Args:
        paths: The project's files, relative to it.
        read: Returns a file's content, None where it cannot be read.
    Returns:
        Entries and notes in the order of the paths; a file that could not be read is a note.
    """
    entries: list[IgnoredAdvisory] = []
    notes: list[str] = []
    for path in sorted(paths):
        name = path.rsplit("/", 1)[-1]
        if name not in READERS and not is_ci(path) and not _TOOLS.fullmatch(path):
            continue
        data = read(path)
        if data is None or len(data) > LARGEST_BYTES:
            notes.append(
                f"{printable(path)}: could not be read or is too large; its ignore list, if any, was not imported"
            )
            continue
        found = _of_file(printable(path), data.decode("utf-8", "replace"), name)
        entries += found.entries
        notes += found.notes
    return ImportedIgnores(entries=tuple(entries), notes=tuple(notes))


def _of_file(path: str, text: str, name: str) -> ImportedIgnores:
    found = READERS[name](path, text) if name in READERS else ImportedIgnores()
    if is_ci(path) or _TOOLS.fullmatch(path):
        flags = ignored_by_pip_audit(path, text)
        return ImportedIgnores(entries=(*found.entries, *flags), notes=found.notes)
    return found
