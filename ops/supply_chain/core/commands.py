"""The commands that sealwright advises, made in one place, and written as the user types them.

Records, findings and rules are released, so they have a command in one form, `nox -s lock -- --upgrade`, which names no
folder of any machine. Where it is printed, `as_typed` writes it for the way in which sealwright was called, with the project
that it must act on.
"""

from __future__ import annotations

import re
import shlex
from typing import NamedTuple

_PREFIX = "nox -s "
_COMMAND = re.compile(r"\bnox\s+-s\s+(?P<session>[a-z]\w*)(?P<split>\s+--(?=\s))?(?P<project>\s+--project\b)?")
_NAMES_ITS_PROJECT = frozenset({"adopt"})
"""Sessions whose first word is the project."""


class Typing(NamedTuple):
    """How the user types a session.

    `console` is the console command as it was called; empty for nox in a checkout. `project` is the project as the command
    line named it; empty for the one that a session has without an option.
    """

    console: str = ""
    project: str = ""


RECORDED = Typing()
"""As it is recorded: nox, and the project that a session has without an option."""


def command(session: str, *words: str) -> str:
    """Return the command that runs a session, in the form in which it is recorded.

    Args:
        session: Its name.
        words: Options and further words, each as a shell takes it.
    """
    return _PREFIX + session + (" -- " + " ".join(words) if words else "")


def as_typed(text: str, typing: Typing) -> str:
    """Return a text with each command in it as the user types it; applied twice, it changes nothing more."""
    return _COMMAND.sub(lambda found: _typed(found, typing), text)


def _typed(found: re.Match[str], typing: Typing) -> str:
    session = found["session"]
    named = bool(found["project"]) or not typing.project or session in _NAMES_ITS_PROJECT
    options = [] if named else ["--project", shlex.quote(typing.project)]
    options += ["--project"] if found["project"] else []
    split = [] if typing.console or not (options or found["split"]) else ["--"]
    return " ".join([*([typing.console] if typing.console else ["nox", "-s"]), session, *split, *options])
