"""The commands that sealwright advises, made in one place, and written as the user types them.

Records, findings and rules are released, so they have a command in one form, `nox -s lock -- --upgrade`, which names no
folder of any machine. Where it is printed, `as_typed` writes it for the way in which sealwright was called, with the project
that it must act on.
"""

from __future__ import annotations

import os
import re
from typing import NamedTuple

_PREFIX = "nox -s "
_COMMAND = (
    r"\bnox\s+-s\s+(?P<session>[a-z]\w*)(?P<split>\s+--(?=\s))?"
    r"(?P<own>\s+--(?:project|artifacts)\b)?(?P<words>\s+(?=[^-\s]))?"
)
_TOOLS = r"(?:nox|sealwright|uv|uvx|pip|pip-compile|pipx|poetry|pdm|pipenv|conda|pixi|python|python3|git|cosign|gh)"
_PASTEABLE = (
    rf"`(?P<quoted>(?:cd [^`&\n]+ && )?{_TOOLS} [^`\n]+)`"
    r"|\b(?P<session>nox -s [a-z]\w*(?: -- (?:(?! (?:and|or) )[^`,;()\n])*?(?=[`,;()\n]| (?:and|or) |\.(?:\s|$)|$))?)"
    rf"|: (?P<final>(?:cd [^`&\n]+ && )?{_TOOLS} (?:-|lock|export|mv|update|upgrade|add|install|remove|sync|compile|export|pip|run|tag)\b[^`;()\n]*?)(?=\.?$)"
)
_FOLDER = r"(?P<folder>'[^']*'|\"[^\"]*\"|[^\s`,;]+)"
_FOLDER_OPTIONS = {
    "uv lock": "--directory",
    "uv export": "--directory",
    "poetry lock": "--directory",
    "poetry update": "--directory",
    "pdm lock": "--project",
    "pdm update": "--project",
    "pipenv lock": "",
    "pipenv upgrade": "",
}
"""Commands of the tools that write locks, and the option of each for another folder than the current one, if it has one."""

_LOCK_TOOL = (
    r"\b(?P<tool>uv lock|uv export|poetry (?:lock|update)|pdm (?:lock|update))(?= -|[`.]| &&|$)"
    rf"(?: (?:--directory|--project) {_FOLDER})?"
)
_BARE_TOOL = rf"(?:\bcd {_FOLDER} && )?\b(?P<tool>pipenv (?:lock|upgrade))(?=[ `.]|$)"
_GIT_MOVE = rf"\bgit (?:-C {_FOLDER} )?mv(?= )"
_TOOLS_IN_FOLDERS = ("uv ", "poetry ", "pdm ", "pipenv ", "git ")
"""One of them is in each command that the three expressions above find."""

ON_WINDOWS: bool = os.name == "nt"
_SAFE_ON_WINDOWS = r"[\w@%+=:,./\\~-]+"
_NAMES_ITS_PROJECT = frozenset({"adopt"})
"""Sessions whose first word is the project."""

_USES_ARTIFACTS = frozenset(
    {
        *(
            "affected",
            "backlog",
            "check_releases",
            "compare",
            "daily_scan",
            "draft_tea",
            "incident",
            "mirror_docs",
            "publish",
        ),
        *("release", "report", "reproduce", "retention", "review", "security_md", "supplier", "upload"),
    }
)
"""Sessions that read or write the folder of retained releases."""


class Typing(NamedTuple):
    """How the user types a session.

    `console` is the console command as it was called; empty for nox in a checkout. `project` is the project as the command
    line named it; empty for the one that a session has without an option. `artifacts` is its folder of retained releases,
    likewise.
    """

    console: str = ""
    project: str = ""
    artifacts: str = ""


RECORDED = Typing()
"""As it is recorded: nox, and the project that a session has without an option."""


def command(session: str, *words: str) -> str:
    """Return the command that runs a session, in the form in which it is recorded.

    Args:
        session: Its name.
        words: Options and further words, each as a shell takes it.
    """
    return _PREFIX + session + (" -- " + " ".join(words) if words else "")


def quoted(text: str) -> str:
    """Return a text as one word of the command line of this machine's shell."""
    if not ON_WINDOWS:
        import shlex

        return shlex.quote(text)
    return text if re.fullmatch(_SAFE_ON_WINDOWS, text) else f'"{text}"'


def in_folder(text: str, folder: str) -> str:
    """Return a text whose commands of the tools that write locks act on a folder below or beside the current one.

    Args:
        text: With `uv lock --upgrade-package NAME`, or another that `formats.lock_formats` makes.
        folder: With `/`. A command that names a folder of its own gets it below this one, unless it is there already.
    """
    if not any(tool in text for tool in _TOOLS_IN_FOLDERS):
        return text

    def placed(found: re.Match[str]) -> str:
        own = (found["folder"] or "").strip("'\"")
        if own == folder or own.startswith(f"{folder}/"):
            return found[0]
        where = quoted(f"{folder}/{own}" if own else folder)
        option = _FOLDER_OPTIONS[found["tool"]]
        return f"{found['tool']} {option} {where}" if option else f"cd {where} && {found['tool']}"

    def moved(found: re.Match[str]) -> str:
        return found[0] if found["folder"] else f"git -C {quoted(folder)} mv"

    return re.sub(_GIT_MOVE, moved, re.sub(_BARE_TOOL, placed, re.sub(_LOCK_TOOL, placed, text)))


def as_typed(text: str, typing: Typing) -> str:
    """Return a text with each command in it as the user types it; applied twice, it changes nothing more."""
    typed = re.sub(_COMMAND, lambda found: _typed(found, typing), text) if "nox" in text else text
    if not typing.project:
        return typed
    # A folder of the project is recorded without a dot before it, so that it cannot be taken for the project itself.
    is_bare = not typing.project.startswith((".", "/", "~")) and ":" not in typing.project
    return in_folder(typed, f"./{typing.project}" if is_bare else typing.project.rstrip("/") or "/")


def pasteable(text: str) -> tuple[str, ...]:
    """Return the commands in a sentence that can be copied, each once, in their order.

    Args:
        text: Advice in the form in which it is recorded. A command is `nox -s SESSION` with its options, ends a sentence
            after a colon, or is between backticks; the name of a tool in prose is none.
    """
    found = (match["quoted"] or match["session"] or match["final"] for match in re.finditer(_PASTEABLE, text))
    return tuple(dict.fromkeys(words.strip() for words in found))


def _typed(found: re.Match[str], typing: Typing) -> str:
    session = found["session"]
    options = [] if found["own"] else _own_options(found, typing)
    split = [] if typing.console or not (options or found["split"]) else ["--"]
    typed = " ".join([*([typing.console] if typing.console else ["nox", "-s"]), session, *split, *options])
    return typed + " ".join(["", *(found["own"] or "").split()]) + (found["words"] or "")


def _own_options(found: re.Match[str], typing: Typing) -> list[str]:
    """Return the options for the project and its folder of retained releases; none where the text has its own."""
    session = found["session"]
    first = session in _NAMES_ITS_PROJECT
    options = []
    if typing.project and not (first and found["split"] and found["words"]):
        # A folder whose name begins with a hyphen would be an option.
        project = f"./{typing.project}" if typing.project.startswith("-") else typing.project
        options += [*([] if first else ["--project"]), quoted(project)]
    if typing.artifacts and session in _USES_ARTIFACTS:
        options += ["--artifacts", quoted(typing.artifacts)]
    return options
