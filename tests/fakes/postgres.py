"""A PostgreSQL server of the machine's own programs, in a temporary cluster on a socket of its own.

`initdb` and `postgres` refuse to run as root; then the account `postgres` runs them, or `nobody`.
"""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest

ACCOUNTS = ("postgres", "nobody")
SECONDS = 60
_NUMBERS = itertools.count()
_shared: list[tuple[Path, ExitStack]] = []
"""The folder of the server that tests share, and what stops it; empty before the first use."""


def programs() -> Path | None:
    """Return the folder of PostgreSQL's programs; None if the machine has none."""
    initdb = shutil.which("initdb")
    folders = [Path(initdb).resolve().parent] if initdb else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next(
        (folder for folder in folders if (folder / "postgres").exists() and (folder / "createdb").exists()), None
    )


@contextmanager
def server(*, durable: bool = False) -> Iterator[str]:
    """Yield the URL of an empty database, whose text sorts by a language, on a server.

    With `durable` the server is its own, and a commit is on the disk, as it is by default; tests do not wait for that.
    The others share a server of this process, which `stop_shared` stops. Skips the test where no server can be started.
    """
    folder = programs()
    if folder is None:
        pytest.skip("needs PostgreSQL's programs (initdb, pg_ctl, postgres)")
    if durable:
        with _started(folder, fsync="on") as home:
            yield _url(home, "postgres")
        return
    if not _shared:
        stack = ExitStack()
        _shared.append((stack.enter_context(_started(folder, fsync="off")), stack))
    home, database = _shared[0][0], f"tests_{next(_NUMBERS)}"
    _run([*_account(home), str(folder / "createdb"), "-h", str(home), "-U", "postgres", database])
    yield _url(home, database)


def stop_shared() -> None:
    """Stop the shared server of this process, if one was started, and remove its folder."""
    while _shared:
        _shared.pop()[1].close()


@contextmanager
def _started(folder: Path, *, fsync: str) -> Iterator[Path]:
    # A socket's path is limited to 107 bytes, and another account must reach it: not below pytest's own folder.
    home = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    try:
        control = [*_account(home), str(folder / "pg_ctl"), "-D", f"{home}/data"]
        initdb = [*_account(home), str(folder / "initdb"), "-D", f"{home}/data"]
        _run([*initdb, "-A", "trust", "-U", "postgres", "--no-sync", "-E", "UTF8"])
        options = f"-k {home} -c listen_addresses='' -c fsync={fsync} -c max_connections=40"
        _run([*control, "-w", "-l", f"{home}/log", "-o", options, "start"])
        try:
            yield home
        finally:
            _run([*control, "-m", "immediate", "stop"])
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _url(home: Path, database: str) -> str:
    return f"postgresql:///{database}?host={quote(str(home), safe='')}&user=postgres"


def _account(home: Path) -> list[str]:
    """Return what runs a program as an account that PostgreSQL accepts, which then owns the folder."""
    if os.geteuid() != 0:
        return []
    import pwd

    for name in ACCOUNTS:
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        os.chown(home, found.pw_uid, found.pw_gid)
        return ["setpriv", f"--reuid={found.pw_uid}", f"--regid={found.pw_gid}", "--clear-groups"]
    pytest.skip("PostgreSQL does not run as root, and there is no other account")


def _run(command: list[str]) -> None:
    environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=SECONDS, check=False, env=environment, cwd="/"
    )
    if done.returncode:
        pytest.skip(f"PostgreSQL does not start here: {(done.stderr or done.stdout).strip().splitlines()[-1:]}")
