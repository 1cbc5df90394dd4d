"""The console command: run a session of sealwright in the current folder.

    sealwright SESSION [OPTIONS]    for example: sealwright rehearse --version v1.2.0
    sealwright --list               list the sessions

The project is the current folder, or the one that `--project` names. Artifacts are written to `dist/` here, releases are
retained in `data/artifacts/` here. `sealwright STAGE --help` describes the options of a stage.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence

from sealwright.invocation import typed_command
from sealwright.sessions import Session, sessions

USAGE = 2
HELP = frozenset({"-h", "--help"})
STARTER = "sealwright.stage"
SIGNALLED = 128
"""A shell adds it to the number of the signal that ended a program."""

HOME_VARIABLE = "SEALWRIGHT_HOME"
"""The folder in which the user called the command: the default project, with `dist/` and `data/artifacts/` in it."""

COMMAND_VARIABLE = "SEALWRIGHT_COMMAND"
"""What the user typed before the session, for example `uvx sealwright`."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the session that the first word names.

    Returns:
        The exit code of the session's program; 2 where there is no such session. Where a process can become another one, it
        does not return.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    first = words[0] if words else ""
    if first in ("", "-h", "--help"):
        print(__doc__)
        return 0 if first else USAGE
    if first in ("-V", "--version"):
        print(f"sealwright {installed_version()}")
        return 0
    if first in ("-l", "--list"):
        found = list_sessions()
        width = max(map(len, found))
        print("\n".join(f"{name:<{width}}  {summary}" for name, summary in found.items()))
        return 0
    if first not in sessions():
        print(_unknown(first, sessions()), file=sys.stderr)
        return USAGE
    return start(sessions()[first], words[2:] if words[1:2] == ["--"] else words[1:])


def start(session: Session, options: Sequence[str]) -> int:
    """Become the program of a session, with the user's options; returns and ends as `main` does."""
    try:
        known = {HOME_VARIABLE: os.getcwd(), COMMAND_VARIABLE: typed_command()}  # noqa: PTH109 - pathlib is not imported here
    except FileNotFoundError:
        print("error: the current folder is not there any more", file=sys.stderr)
        return USAGE
    command = session.command(options)
    if session.secrets is not None and HELP.intersection(options):
        return show_help(command, known)
    return become([sys.executable, "-Im", STARTER, *command], session.variables({**os.environ, **known}, options))


def show_help(command: Sequence[str], variables: Mapping[str, str]) -> int:
    """Run the program of a stage in this process, for its help: a new one costs as much as the help itself.

    Args:
        command: Its module and words.
        variables: What the stage reads beyond the variables of this process.
    Returns:
        Its exit code; the program may end this process itself.
    """
    from sealwright.stage import main as run

    os.environ.update(variables)
    if not sys.flags.safe_path:
        del sys.path[0]  # the current folder, or that of the command
    sys.argv[1:] = command
    run()
    return 0


def list_sessions() -> dict[str, str]:
    """Return the sessions with what each of them does, in the order of the noxfile, then the stages."""
    return {name: session.summary for name, session in sessions().items()}


def installed_version() -> str:
    """Return the version of the installed distribution."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("sealwright")
    except PackageNotFoundError:
        return "(not installed)"


def become(command: Sequence[str], variables: Mapping[str, str]) -> int:
    """Become another program; on Windows, where a process cannot, start it and wait for its end.

    Args:
        command: Its file and its words.
        variables: Its whole environment.
    Returns:
        Its exit code.
    """
    if os.name != "nt":
        os.execve(command[0], [*command], variables)  # noqa: S606 - our own program
    return wait_for(command, variables)


def wait_for(command: Sequence[str], variables: Mapping[str, str]) -> int:
    """Start a program, wait for its end, and return its exit code as a shell gives it; its arguments are as above."""
    import subprocess

    process = subprocess.Popen(command, env=variables)
    while True:
        try:
            code = process.wait()
        except KeyboardInterrupt:  # it reaches both; the session ends by itself
            continue
        return code if code >= 0 else SIGNALLED - code


def _unknown(word: str, known: Iterable[str]) -> str:
    near = [name for name in known if differs_by_one_slip(word.lower(), name)]
    hint = f"Did you mean {near[0]!r}? 'sealwright --list' lists all." if near else "'sealwright --list' lists all."
    return f"error: there is no session {word!r}\n  {hint}"


def differs_by_one_slip(word: str, name: str) -> bool:
    """Return whether a word is a name with one character too few, too many or wrong, or two swapped.

    Only such a name is suggested: a session may publish, and what is merely alike (`unpublish`) may be meant otherwise.
    """
    shortest = min(len(word), len(name))
    start = next((place for place in range(shortest) if word[place] != name[place]), shortest)
    rest = shortest - start
    end = next((place for place in range(rest) if word[-1 - place] != name[-1 - place]), rest)
    left, right = word[start : len(word) - end], name[start : len(name) - end]
    return max(len(left), len(right)) <= 1 or (len(left) == len(right) == 2 and left == right[::-1])  # noqa: PLR2004 - a pair


if __name__ == "__main__":
    raise SystemExit(main())
