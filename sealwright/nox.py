"""Sessions of sealwright for a project's own noxfile: each name that is imported becomes a session.

    from sealwright.nox import daily_scan, release, security_md

`nox -s release -- --version v1.2.0` then runs the session of that name as `sealwright release` does, in the folder of the
noxfile and with the interpreter that runs nox: nox and sealwright are installed in one environment.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable

import nox

from sealwright.echo import run_without_echo
from sealwright.sessions import sessions

OPTIONS_VARIABLE = "SEALWRIGHT_OPTIONS"


def __getattr__(name: str) -> Callable[..., object]:
    found = sessions().get(name)
    if found is None:
        raise AttributeError(f"module {__name__!r} has no session {name!r}; 'sealwright --list' lists all")

    def session(session: nox.Session) -> None:
        # nox prints the command of a session that fails; in a public log the options may name the project.
        public = "--public-log" in session.posargs
        hidden = {OPTIONS_VARIABLE: shlex.join(session.posargs)} if public else {}
        words = [] if public else session.posargs
        command = [sys.executable, "-Im", "sealwright", name, *words]
        run_without_echo(session, command, env=hidden, stderr=sys.stderr)

    session.__doc__ = found.summary
    return nox.session(name=name, venv_backend="none", default=False)(session)
