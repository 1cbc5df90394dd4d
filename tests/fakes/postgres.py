"""A PostgreSQL server of the machine's own programs, in a temporary cluster on a socket of its own.

`initdb` and `postgres` refuse to run as root; then the account `postgres` runs them, or `nobody`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest

ACCOUNTS = ("postgres", "nobody")
SECONDS = 60


def programs() -> Path | None:
    """Return the folder of PostgreSQL's programs; None if the machine has none."""
    initdb = shutil.which("initdb")
    folders = [Path(initdb).resolve().parent] if initdb else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "postgres").exists() and (folder / "pg_ctl").exists()), None)


@contextmanager
def server(*, durable: bool = False) -> Iterator[str]:
    """Start a server and stop it; yield the URL of its database, whose text sorts by a language.

    With `durable` a commit is on the disk, as it is by default; tests do not wait for that. Skips the test where no
    server can be started.
    """
    folder = programs()
    if folder is None:
        pytest.skip("needs PostgreSQL's programs (initdb, pg_ctl, postgres)")
    # A socket's path is limited to 107 bytes, and another account must reach it: not below pytest's own folder.
    home = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    try:
        account = _account(home)
        _run(
            [
                *account,
                str(folder / "initdb"),
                "-D",
                f"{home}/data",
                "-A",
                "trust",
                "-U",
                "postgres",
                "--no-sync",
                "-E",
                "UTF8",
            ]
        )
        options = f"-k {home} -c listen_addresses='' -c fsync={'on' if durable else 'off'} -c max_connections=40"
        _run(
            [*account, str(folder / "pg_ctl"), "-D", f"{home}/data", "-w", "-l", f"{home}/log", "-o", options, "start"]
        )
        try:
            yield f"postgresql:///postgres?host={quote(str(home), safe='')}&user=postgres"
        finally:
            _run([*account, str(folder / "pg_ctl"), "-D", f"{home}/data", "-m", "immediate", "stop"])
    finally:
        shutil.rmtree(home, ignore_errors=True)


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
