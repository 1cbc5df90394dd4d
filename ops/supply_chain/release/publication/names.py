"""Which files can be published, and which repository and tag are meant."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ops.supply_chain.contracts.values.publication import ASSET_NAME, REPOSITORY, TAG, LocalFile
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.errors import ErrorClass, InputError, UsageError

MOST_ASSETS = 1000
"""docs.github.com, "About releases", "Storage and bandwidth quotas": "Each release can have up to 1000 release assets"."""

MOST_BYTES = (2 << 30) - 1
"""The same page: "Each file included in a release must be under 2 GiB"."""

_REMOTE = re.compile(
    r"(?:(?:https?|ssh|git)://(?:[^@/]+@)?(?P<host>[^/:]+)(?::\d+)?/|(?:[^@/\s]+@)?(?P<scp>[^/:\s]+):(?!//))"
    r"(?P<path>[^\s?#]+)"
)


def repository_of(remote: str, host: str) -> str:
    """Work out `OWNER/REPO` from a git remote.

    Args:
        remote: A URL, or `user@host:path`; empty if there is none.
        host: The code host's web address, without scheme.
    Returns:
        Empty where the remote is not a repository of that host.
    """
    found = _REMOTE.fullmatch(remote.strip())
    if not found or (found["host"] or found["scp"] or "").lower() != host.lower():
        return ""
    path = found["path"].strip("/").removesuffix(".git")
    return path if REPOSITORY.fullmatch(path) else ""


def require_repository(text: str) -> str:
    """Return a repository's name.

    Raises:
        UsageError: It is none.
    """
    if REPOSITORY.fullmatch(text):
        return text
    raise UsageError(
        f"{text!r} is not the name of a repository", hint="Give it as OWNER/REPO.", kind=ErrorClass.COMMAND_LINE
    )


def require_tag(text: str) -> str:
    """Return a tag's name.

    Raises:
        UsageError: It is none that we would publish under.
    """
    if TAG.fullmatch(text):
        return text
    raise UsageError(
        f"{text!r} cannot be the tag of a release: letters, digits and . _ + / = - only",
        hint="Give it with --tag.",
        kind=ErrorClass.COMMAND_LINE,
    )


def require_publishable(files: Sequence[LocalFile], *, where: str) -> None:
    """Check that the host takes these files as they are.

    Args:
        files: All files of the release.
        where: The folder, for errors.
    Raises:
        InputError: None, too many, one that is empty, too large, or that would be renamed.
    """
    if not files:
        raise InputError(f"{where}: there is no release", hint=f"Make one first: {command('release')}.")
    if len(files) > MOST_ASSETS:
        raise InputError(f"{where}: {len(files)} files, and a release can have {MOST_ASSETS} at most")
    folded: set[str] = set()
    for file in files:
        problem = _problem(file, folded)
        if problem:
            raise InputError(f"{where}/{file.name}: {problem}", hint=f"Make the release again: {command('release')}.")
        folded.add(file.name.lower())


def _problem(file: LocalFile, folded: set[str]) -> str:
    if not ASSET_NAME.fullmatch(file.name) or ".." in file.name:
        return "cannot be published under this name: letters, digits and . _ + - only"
    if file.name.lower() in folded:
        return "there is another file whose name differs in case only"
    if file.size == 0:
        return "is empty, and GitHub takes no empty asset"
    return f"has {file.size} bytes, and an asset can have {MOST_BYTES} at most" if file.size > MOST_BYTES else ""
