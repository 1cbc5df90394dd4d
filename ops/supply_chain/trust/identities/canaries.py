"""Names that no one pattern of a project may match: unrelated repositories, people and pipelines.

A pattern that matches one of them matches strangers: it says nothing about who signed. The names have every plain
letter and digit alone, so that a pattern that only leaves out some characters is noticed as well, and the names that
workflows, branches and tags usually have, so that a pattern that fixes only these is noticed too. `neighbours` continues
or begins what a pattern spells out, so that one that fixes only a part of an owner or a host is noticed.
"""

from __future__ import annotations

import re
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

_HOSTS = ("", "https://github.com/", "https://gitlab.com/", "https://buildkite.com/")
_OTHER_OWNERS = tuple(
    f"{end}/zz{path}"
    for end in ("-zz", "zz")
    for path in (
        "",
        *(
            f"{file}@{ref}"
            for file in ("/.github/workflows/zz.yml", "/.github/workflows/release.yml", "//.gitlab-ci.yml")
            for ref in ("refs/heads/zz", "refs/heads/main", "refs/tags/v1.0.0", "refs/tags/1.0.0", "refs/tags/v1.0")
        ),
    )
)
_SPELLED = re.compile(r"(?:\\[^A-Za-z0-9]|[A-Za-z0-9:/@_-]|\.(?![*+?{]))+")
"""A part of a pattern that matches itself; an unescaped dot is meant as one."""


def neighbours(pattern: str) -> Iterator[str]:
    """Return names of others that begin or end with what a pattern spells out of an owner, a host or a mail domain."""
    for found in _SPELLED.finditer(pattern):
        spelled = re.sub(r"\\(.)", r"\1", found.group())
        for text in dict.fromkeys((spelled, spelled[:-1], *(f"{spelled}{letter}" for letter in _letters(spelled)))):
            if _is_owner(text):
                yield from (f"{host}{text}{end}" for host in _HOSTS for end in _OTHER_OWNERS)
            if "/" not in text:
                domain = text.rpartition("@")[2]
                yield from (f"zz@zz{domain}", f"zz@zz-{domain}", f"zz@{domain}.zz.example", f"zz@{domain}zz.example")
                yield from (f"{text}@zz.example", f"{text}.zz.example", f"{text}zz.example")


def _letters(spelled: str) -> str:
    # After a slash a name begins, which the names that are no neighbours cover.
    return "" if spelled.endswith("/") else _ALPHABET


def _is_owner(text: str) -> bool:
    """Return whether what follows a text would still be part of its owner's name."""
    rest = text.partition("://")[2] if "://" in text else f"host/{text}"
    host, slash, owner = rest.partition("/")
    return bool(host and slash and owner) and "/" not in owner


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
