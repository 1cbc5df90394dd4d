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
_COMMAND = re.compile(
    r"\bnox\s+-s\s+(?P<session>[a-z]\w*)(?P<split>\s+--(?=\s))?(?P<project>\s+--project\b)?(?P<words>\s+(?=[^-\s]))?"
)
_TOOLS = r"(?:nox|sealwright|uv|uvx|pip|pip-compile|pipx|poetry|pdm|pipenv|conda|pixi|python|python3|git|cosign|gh)"
_PASTEABLE = re.compile(
    rf"`(?P<quoted>{_TOOLS} [^`\n]+)`"
    r"|\b(?P<session>nox -s [a-z]\w*(?: -- (?:(?! (?:and|or) )[^`,;()\n])*?(?=[`,;()\n]| (?:and|or) |\.(?:\s|$)|$))?)"
    rf"|: (?P<final>{_TOOLS} (?:-|lock|update|upgrade|add|install|remove|sync|compile|export|pip|run)\b[^`;()\n]*?)(?=\.?$)"
)
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


def pasteable(text: str) -> tuple[str, ...]:
    """Return the commands in a sentence that can be copied, each once, in their order.

    Args:
        text: Advice in the form in which it is recorded. A command is `nox -s SESSION` with its options, ends a sentence
            after a colon, or is between backticks; the name of a tool in prose is none.
    """
    found = (match["quoted"] or match["session"] or match["final"] for match in _PASTEABLE.finditer(text))
    return tuple(dict.fromkeys(words.strip() for words in found))


def _typed(found: re.Match[str], typing: Typing) -> str:
    session = found["session"]
    first = session in _NAMES_ITS_PROJECT
    named = bool(found["project"]) or not typing.project or (first and bool(found["split"] and found["words"]))
    options = [] if named else [*([] if first else ["--project"]), shlex.quote(typing.project)]
    options += ["--project"] if found["project"] else []
    split = [] if typing.console or not (options or found["split"]) else ["--"]
    typed = " ".join([*([typing.console] if typing.console else ["nox", "-s"]), session, *split, *options])
    return typed + (found["words"] or "")
