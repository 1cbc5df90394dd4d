"""Sessions of sealwright for a project's own noxfile: each name that is imported becomes a session.

    from sealwright.nox import daily_scan, release, security_md

`nox -s release -- --version v1.2.0` then runs the session of that name as `sealwright release` does, in the folder of the
noxfile and with the interpreter that runs nox: nox and sealwright are installed in one environment.
"""

from __future__ import annotations

import ast
import shlex
import sys
from collections.abc import Callable
from functools import cache

import nox

from sealwright import TREE
from sealwright.echo import run_without_echo

OPTIONS_VARIABLE = "SEALWRIGHT_OPTIONS"


def __getattr__(name: str) -> Callable[..., object]:
    summary = None if name.startswith("_") else _sessions().get(name)
    if summary is None:
        raise AttributeError(f"module {__name__!r} has no session {name!r}; 'sealwright --list' lists all")

    def session(session: nox.Session) -> None:
        # nox prints the command of a session that fails; in a public log the options may name the project.
        public = "--public-log" in session.posargs
        hidden = {OPTIONS_VARIABLE: shlex.join(session.posargs)} if public else {}
        words = [] if public else session.posargs
        command = [sys.executable, "-Im", "sealwright", name, *words]
        run_without_echo(session, command, env=hidden, stderr=sys.stderr)

    session.__doc__ = summary
    return nox.session(name=name, venv_backend="none", default=False)(session)


@cache
def _sessions() -> dict[str, str]:
    """Return the sessions of the packaged noxfile and the stages, without running it: nox would register all of them."""
    tree = ast.parse((TREE / "noxfile.py").read_text(encoding="utf-8"))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")]
    found = {node.name: (ast.get_docstring(node) or "").partition("\n")[0] for node in functions if _is_offered(node)}
    stages = sorted(path.stem for path in (TREE / "ops" / "supply_chain").glob("*.py"))
    return {name: f"Run {name}.py alone." for name in stages if not name.startswith("_")} | found


def _is_offered(node: ast.FunctionDef) -> bool:
    return any("nox.session" in ast.unparse(mark) for mark in node.decorator_list)
