"""Names that no one pattern of a project may match: unrelated repositories, people and pipelines.

A pattern that matches one of them matches strangers: it says nothing about who signed. The names have every plain
letter and digit alone, so that a pattern that only leaves out some characters is noticed as well, and the names that
workflows, branches and tags usually have, so that a pattern that fixes only these is noticed too.
"""

from __future__ import annotations

import string
from collections.abc import Iterator
from functools import cache

_ALPHABET = string.ascii_lowercase + string.digits
_LENGTHS = (3, 9, 33)
_WORKFLOWS = ("release", "publish", "ci", "build", "main", "deploy")
_REFS = ("refs/heads/main", "refs/heads/master", "refs/tags/v1.0.0", "refs/tags/1.0.0", "refs/heads/release")
_MAIL_HOSTS = (
    "@gmail.com",
    "@googlemail.com",
    "@outlook.com",
    "@hotmail.com",
    "@yahoo.com",
    "@icloud.com",
    "@proton.me",
    "@users.noreply.github.com",
)
"""Ends of addresses that anyone can get."""


@cache
def canaries() -> tuple[str, ...]:
    """Return the names, in a fixed order."""
    return tuple(dict.fromkeys(_canaries()))


def _canaries() -> Iterator[str]:
    for owner in _words():
        yield f"https://github.com/{owner}/{owner}/.github/workflows/{owner}.yml@refs/heads/{owner}"
        yield f"https://gitlab.com/{owner}/{owner}//.gitlab-ci.yml@refs/heads/{owner}"
        yield f"https://buildkite.com/{owner}/{owner}"
        yield f"https://{owner}.example/{owner}"
        yield f"{owner}@{owner}.example"
        yield owner
        yield from (f"{owner}{host}" for host in _MAIL_HOSTS)
    for owner in ("canary-7f3a", "unrelated51c2", "Zz-Top-9"):
        for workflow in _WORKFLOWS:
            for ending in ("yml", "yaml"):
                for ref in _REFS:
                    yield f"https://github.com/{owner}/{owner}/.github/workflows/{workflow}.{ending}@{ref}"
                    yield f"https://gitlab.com/{owner}/{owner}//.gitlab-ci.yml@{ref}"


def _words() -> Iterator[str]:
    for letter in _ALPHABET:
        yield from (letter * length for length in _LENGTHS)
        yield f"{letter * 4}-{letter * 4}"
