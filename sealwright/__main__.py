"""The console command: run a session of sealwright in the current folder.

    sealwright SESSION [OPTIONS]    for example: sealwright rehearse --version v1.2.0
    sealwright --list               list the sessions

The project is the current folder, or the one that `--project` names. Artifacts are written to `dist/` here, releases are
retained in `data/artifacts/` here. `sealwright STAGE --help` describes the options of a stage.
"""

from __future__ import annotations

import difflib
import importlib.util
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sealwright import TREE, console_run
from sealwright.invocation import typed_command

USAGE = 2
PROBLEM = 1
NOXFILE = TREE / "noxfile.py"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the session that the first word names.

    Returns:
        The exit code of the session's program; 2 where there is no such session.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    first = words[0] if words else ""
    if first in ("", "-h", "--help"):
        print(__doc__)
        return 0 if first else USAGE
    if first in ("-V", "--version"):
        print(f"sealwright {installed_version()}")
        return 0
    try:
        run = console_run.ConsoleRun(home=Path.cwd(), command=typed_command())
    except FileNotFoundError:
        print("error: the current folder is not there any more", file=sys.stderr)
        return USAGE
    return _start(first, words[2:] if words[1:2] == ["--"] else words[1:], run)


def list_sessions() -> Mapping[str, str]:
    """Return the sessions of the noxfile with the first line of their docstrings, in its order."""
    import nox.registry

    nox.registry.reset()
    spec = importlib.util.spec_from_file_location("sealwright_noxfile", NOXFILE)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(NOXFILE)
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
    found: dict[str, Any] = dict(nox.registry.get())
    nox.registry.reset()
    return {name: (function.__doc__ or "").strip().partition("\n")[0] for name, function in found.items()}


def installed_version() -> str:
    """Return the version of the installed distribution."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("sealwright")
    except PackageNotFoundError:
        return "(not installed)"


def _start(session: str, rest: Sequence[str], run: console_run.ConsoleRun) -> int:
    console_run.current = run
    sessions = list_sessions()
    if session in ("-l", "--list"):
        width = max(map(len, sessions))
        print("\n".join(f"{name:<{width}}  {summary}" for name, summary in sessions.items()))
        return 0
    if session not in sessions:
        print(_unknown(session, sessions), file=sys.stderr)
        return USAGE
    return _run(session, rest, run)


def _run(session: str, rest: Sequence[str], run: console_run.ConsoleRun) -> int:
    import nox

    before = sys.argv
    sys.argv = ["sealwright", "--noxfile", str(NOXFILE), "--no-venv", "--session", session, "--", *rest]
    ended: object = None
    try:
        nox.main()
    except SystemExit as stop:
        ended = stop.code
    finally:
        sys.argv = before
    return run.code or (ended if isinstance(ended, int) else PROBLEM if ended else 0)


def _unknown(word: str, sessions: Mapping[str, str]) -> str:
    nearest = difflib.get_close_matches(word, sessions, n=1, cutoff=0.0)
    return f"error: there is no session {word!r}\n  The nearest is {nearest[0]!r}; 'sealwright --list' lists all."


if __name__ == "__main__":
    raise SystemExit(main())
