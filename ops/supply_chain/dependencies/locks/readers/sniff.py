"""Recognition of requirements files of any name among prose, word lists and lists of files.

A `.txt` is one if every line of it is a requirement or an option, and at least one of them could not be
anything else: a version, a hash, an address, a path to a package, an include. One with hashes counts
already if most of its lines are such, so that damage does not hide it.
"""

from __future__ import annotations

import re

from ops.supply_chain.core.errors import InputError
from ops.supply_chain.dependencies.locks.errors import MalformedLockError
from ops.supply_chain.dependencies.locks.readers.requirements_text import chunk_texts, decode, read_chunk
from ops.supply_chain.dependencies.locks.sources import ARCHIVE_SUFFIXES

_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]*(?:\[[^\]\n]*\])?"
_SUFFIXES = "|".join(re.escape(suffix) for suffix in ARCHIVE_SUFFIXES)
_TELLING = re.compile(
    rf"""^[ \t]*(?:
        {_NAME}[ \t]*(?:===|[=~!<>]=|[<>])[ \t]*[\w.]      # a version
      | {_NAME}[ \t]*@[ \t]*\S+[:/]                       # a named address
      | -(?:r|c|e|i|f)[ \t=]*\S | --[a-z]{{3}}            # an option
      | (?:git|hg|svn|bzr)\+\S                            # a repository
      | \.{{1,2}}/\S | file:\S                            # a path that says so
      | \S+(?:{_SUFFIXES})(?=\s|$|[\#;?])                 # a distribution file
    )""",
    re.VERBOSE | re.MULTILINE,
)
_OTHER_LISTS = re.compile(
    rf"(?!.*(?:{_SUFFIXES})(?:\s|$|[#;?]))(?:https?://\S+|[^\s.@+=<>-][^\s@+=<>]*/\S*)[ \t]*$", re.MULTILINE
)
_HASHED = ("--hash=sha", "--hash sha")


def is_requirements_file(data: bytes) -> bool:
    """Return whether a `.txt` of any name is a requirements file."""
    try:
        text = decode("", data)
    except InputError:
        return False
    if any(mark in text for mark in _HASHED):
        good, bad = _parsed(text)
        return good > bad
    if not _TELLING.search(text) or any(map(_OTHER_LISTS.match, text.split("\n"))):
        return False
    return _parsed(text)[1] == 0


def has_only_requirements(data: bytes) -> bool:
    """Return whether every line of a file is a requirement or an option, and there is at least one."""
    try:
        good, bad = _parsed(decode("", data))
    except InputError:
        return True  # what it requires is unknown
    return good > 0 and bad == 0


def _parsed(text: str) -> tuple[int, int]:
    good, bad = 0, 0
    for chunk in chunk_texts(text):
        try:
            good += bool(read_chunk(chunk).items)
        except MalformedLockError:
            bad += 1
    return good, bad
