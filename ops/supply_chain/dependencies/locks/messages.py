"""What is said of a file that was recognised and not read: why, and what to do."""

from __future__ import annotations

import posixpath
import re

from ops.supply_chain.contracts.values.lock import LockKind
from ops.supply_chain.contracts.values.unread import UnreadFile
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.text import plural, printable
from ops.supply_chain.dependencies.locks.declarations import Declaration
from ops.supply_chain.formats.lock_formats import PIPFILE, how_to_lock, lock_command

_EXCLUDE = (
    "or list it in [locks].exclude with a reason: a release is then denied until [[policy.weakened]] accepts that, with the "
    "entry that the denial prints"
)
_PLACE = re.compile(r".*?:\d+: ")
_SHOWN = 3


def unread_of_format(path: str, what: str) -> UnreadFile:
    """Return the entry of a file in a format that no reader reads."""
    step = f"Export its Python packages to a requirements.txt with hashes, {_EXCLUDE}."
    return UnreadFile(printable(path), f"is {what}, which has no reader", step)


def unnamed_constraints(path: str) -> UnreadFile:
    """Return the entry of constraints that no requirements file names."""
    step = f"Name it with -c in the requirements file that it is for, {_EXCLUDE}."
    return UnreadFile(printable(path), "constrains versions, but no requirements file names it with -c", step)


def case_of_name(path: str) -> UnreadFile:
    """Return the entry of a file with the name of a lock in other upper and lower case."""
    step = f"Rename it as its tool writes it, {_EXCLUDE}."
    return UnreadFile(printable(path), "has the name of a lock in other upper and lower case", step)


def excluded_by_include(path: str) -> UnreadFile:
    """Return the entry of a lock that `[locks].include` does not name."""
    step = f"Add it to [locks].include, {_EXCLUDE}."
    return UnreadFile(printable(path), "is a lock that [locks].include does not name", step)


def from_unknown_source(path: str, why: str) -> UnreadFile:
    """Return the entry of a path that the search of a project passes by."""
    return UnreadFile(printable(path), why, f"Move its files to a folder that is searched, {_EXCLUDE}.")


def unreadable(path: str, error: InputError) -> UnreadFile:
    """Return the entry of a file that could be a lock or a declaration and cannot be read."""
    why = _PLACE.sub("", error.message, count=1)
    return UnreadFile(printable(path), f"cannot be read: {why}", f"Put a readable file there, {_EXCLUDE}.")


def unlocked_source(path: str) -> UnreadFile:
    """Return the entry of a source that no lock is compiled from."""
    step = f"Compile it ({command('lock')}, or uv pip compile), {_EXCLUDE}."
    return UnreadFile(printable(path), "requires packages, but no lock is compiled from it", step, declares=True)


def declared_file(path: str, declared: Declaration) -> UnreadFile:
    """Return the entry of a file with declarations that no lock covers."""
    step = f"{how_to_lock(printable(path), {owner for _, _, owner in declared.asked})} and commit the lock, {_EXCLUDE}."
    name = posixpath.basename(path)
    if declared.own:
        where = ", ".join(declared.own[:_SHOWN]) + (", ..." if len(declared.own) > _SHOWN else "")
        why = f"declares packages in {where}, which no lock that is read contains"
    elif declared.is_script:
        why = f"is a script that declares dependencies (PEP 723), but there is no {name}.lock"
        step = f"Lock it (`{lock_command(LockKind.UV, f'{printable(path)}.lock')}`), {_EXCLUDE}."
    elif name == PIPFILE:
        why = f"declares {_count(declared)}, but there is no {name}.lock"
    elif declared.unknown:
        why = f"may declare dependencies that no lock contains: {declared.unknown}"
    else:
        why = f"declares {_count(declared)}, and no lock of its folder contains all of them"
    return UnreadFile(printable(path), printable(why), step, declares=True)


def _count(declared: Declaration) -> str:
    return plural(len(declared.wanted), "dependency", "dependencies")
