"""The CI run that a certificate names: its repository, commit, ref, event and kind of runner.

Fulcio writes them as extensions; GitHub's certificates have those of the first generation as well. Each function returns
every value that a certificate names, usually one: two that differ match nothing.

Source: https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_ARC = "1.3.6.1.4.1.57264.1."
OLD_EVENT, OLD_COMMIT, OLD_REPOSITORY, OLD_REF = (f"{_ARC}{number}" for number in (2, 3, 5, 6))
"""The extensions of the first generation, for GitHub alone; the repository is `owner/name`."""

RUNNER, REPOSITORY, COMMIT, REF, EVENT = (f"{_ARC}{number}" for number in (11, 12, 13, 14, 20))


def repositories_of(extensions: Mapping[str, str]) -> set[str]:
    """Return the repositories, as `host/owner/name`."""
    found = {repository_of(extensions[REPOSITORY])} if REPOSITORY in extensions else set()
    if OLD_REPOSITORY in extensions:
        found.add(repository_of(f"https://github.com/{extensions[OLD_REPOSITORY]}"))
    return found


def commits_of(extensions: Mapping[str, str]) -> set[str]:
    """Return the commits, in lower case."""
    return {extensions[oid].lower() for oid in (COMMIT, OLD_COMMIT) if oid in extensions}


def refs_of(extensions: Mapping[str, str]) -> set[str]:
    """Return the git refs."""
    return {extensions[oid] for oid in (REF, OLD_REF) if oid in extensions}


def events_of(extensions: Mapping[str, str]) -> set[str]:
    """Return the events that started the run."""
    return {extensions[oid] for oid in (EVENT, OLD_EVENT) if oid in extensions}


def runners_of(extensions: Mapping[str, str]) -> set[str]:
    """Return the kinds of runner, such as `github-hosted`."""
    return {extensions[RUNNER]} if RUNNER in extensions else set()


def repository_of(uri: str) -> str:
    """Return a repository's address in the one form in which two can be compared.

    `git+https://host/owner/name.git@commit`, `https://host/owner/name/`, `git+ssh://host/owner/name` and
    `git@host:owner/name.git` are one: `host/owner/name`, in lower case, because code hosts ignore case.
    """
    bare, with_scheme = re.subn(r"\A(?:git\+)?[a-z+]+://(?:[^/]*@)?", "", uri.strip(), flags=re.IGNORECASE)
    if not with_scheme:
        # What ssh takes: without this `git@host:owner/name` would be cut at its first `@`, and be like any other.
        bare = re.sub(r"\A(?:[^@/:]*@)?([^@/:]+):/?", r"\1/", bare)
    return bare.split("@", 1)[0].split("#", 1)[0].rstrip("/").removesuffix(".git").lower()
