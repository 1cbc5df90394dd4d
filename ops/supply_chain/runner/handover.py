"""Start again without the environment variables that this process does not need.

On Linux every process of a user can read the variables that another one was started with (`/proc/PID/environ`),
whatever it has removed since. The process that starts stages therefore replaces itself: the new one is started
without any secret, and receives those that its stages need through an anonymous file in memory, which it closes.
This module imports little, since all that is imported before the replacement is imported twice.

Source: proc_pid_environ(5), memfd_create(2), PR_SET_DUMPABLE(2const)
"""

from __future__ import annotations

import fcntl
import json
import os
import shlex
import sys
from collections.abc import Mapping

from ops.supply_chain.core.variables import SECRETS, Child, Group, child_variables, select

OPTIONS_VARIABLE = "SEALWRIGHT_OPTIONS"
"""Environment variable with options that must not be on a command line, because nox prints command lines."""

HANDOVER_VARIABLE = "SEALWRIGHT_HANDOVER"
"""Number of the open file with the secrets, for the time of the replacement."""

FIRST_OTHER = 3
"""The lowest descriptor after stdin, stdout and stderr."""

_PR_SET_DUMPABLE = 4


_held: dict[str, str] = {}


def restart_for_stages() -> None:
    """Start this program again without secrets in its environment; `held_secrets` returns them in the new process.

    Called where a program begins, before its imports, which only the new process needs. It continues where a process
    cannot be replaced.
    """
    _restart(_with_options(child_variables(Child.STAGE, os.environ)), select(os.environ, SECRETS))


def restart_for(variables: Mapping[str, str]) -> None:
    """Start this program again with some variables, and the options that nox must not print.

    Args:
        variables: Those that the one stage of this process may see.
    """
    _restart(_with_options(variables), {})


def hidden_options() -> list[str]:
    """Return the options in the environment variable, and remove the variable."""
    return shlex.split(os.environ.pop(OPTIONS_VARIABLE, ""))


def held_secrets(*groups: Group) -> dict[str, str]:
    """Return the secrets that this process holds for its stages.

    Args:
        groups: All if none is given.
    """
    return select({**os.environ, **_held}, groups or SECRETS)


def _restart(kept: Mapping[str, str], secrets: Mapping[str, str]) -> None:
    number = os.environ.pop(HANDOVER_VARIABLE, "")
    if number.isdigit():
        try:
            _held.update(_receive(int(number)))
        except (OSError, ValueError, OverflowError):  # a variable that we did not set: nothing was handed over
            pass
        else:
            return
    if not hasattr(os, "memfd_create") or dict(kept) == dict(os.environ):
        return
    opened = os.memfd_create("sealwright")
    # A closed stdout stays closed: the new process must not take the secrets for it. Inherited, without MFD_CLOEXEC.
    handed = fcntl.fcntl(opened, fcntl.F_DUPFD, FIRST_OTHER)
    os.close(opened)
    os.write(handed, json.dumps(dict(secrets)).encode())
    command = [sys.executable, *sys.orig_argv[1:]]
    os.execve(sys.executable, command, {**kept, HANDOVER_VARIABLE: str(handed)})  # noqa: S606 - this program again


def _with_options(variables: Mapping[str, str]) -> dict[str, str]:
    hidden = os.environ.get(OPTIONS_VARIABLE)
    return {**variables, **({} if hidden is None else {OPTIONS_VARIABLE: hidden})}


def _receive(number: int) -> dict[str, str]:
    with os.fdopen(number, "rb") as handle:
        handle.seek(0)
        secrets: dict[str, str] = json.loads(handle.read())
    if secrets:
        _forbid_reading_memory()
    return secrets


def _forbid_reading_memory() -> None:
    """Let no other process of the user read this one's memory; a kernel that refuses changes nothing else."""
    import ctypes

    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
