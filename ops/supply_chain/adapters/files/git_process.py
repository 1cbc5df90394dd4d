"""The git command line: run in a folder, without any program that a repository names and without a network.

Every failure is an `UnavailableError`: the source is then not examined.

Source: git-config(1) (`safe.bareRepository`, `core.fsmonitor`, `filter.<driver>.*`), git(1) (`GIT_ALLOW_PROTOCOL`,
`GIT_NO_LAZY_FETCH`), gitattributes(5)
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from ops.supply_chain.core.errors import UnavailableError
from ops.supply_chain.core.text import printable, without_credentials
from ops.supply_chain.core.variables import Child, child_variables

SUBMODULE_MODE = b"160000"
"""The mode of a submodule in git's index."""

GIT_TIMEOUT_SECONDS = 60

_SETTINGS = (
    "safe.bareRepository=explicit",
    "core.checkStat=default",
    "core.trustctime=true",
    "core.fsmonitor=false",
    "core.untrackedCache=false",
    "core.pager=cat",
    "core.askPass=",
    "core.sshCommand=false",
    f"core.hooksPath={os.devnull}",
    f"core.attributesFile={os.devnull}",
    "credential.helper=",
    "diff.external=",
    "gc.auto=0",
    "log.showSignature=false",
    "maintenance.auto=false",
    "protocol.allow=never",
    "submodule.recurse=false",
    # A difference in mode, kind or line ends is a difference, where files have them as git writes them.
    *(() if os.name == "nt" else ("core.fileMode=true", "core.symlinks=true", "core.autocrlf=false")),
    *(("core.ignoreCase=false",) if sys.platform == "linux" else ()),
)
"""What takes precedence over a repository's configuration: no program that it names is run, nothing is fetched, and no
difference from the commit is hidden."""

_LITERAL = "--literal-pathspecs"
_OPTIONS = ("--no-pager", *(word for setting in _SETTINGS for word in ("-c", setting)))
_ENVIRONMENT = {
    "LC_ALL": "C",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    # Replacement objects (git-replace(1)) are not used, because a commit's hash speaks for its own files only.
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_ALLOW_PROTOCOL": "",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ATTR_NOSYSTEM": "1",
}


def command(folder: Path, *arguments: str) -> list[str]:
    """Return the command line of a git command that runs in a folder, and no program that a repository names."""
    # check-ignore refuses the option, and takes its paths literally without it.
    literal = () if "check-ignore" in arguments[:1] else (_LITERAL,)
    return ["git", *_OPTIONS, *literal, "-C", str(folder), *arguments]


def environment() -> dict[str, str]:
    """Return the environment for a git command: no prompt, no locale, no network, no secrets, no `GIT_*` variables."""
    return {**child_variables(Child.GIT, os.environ), **_ENVIRONMENT}


def run_git(
    folder: Path, *arguments: str, given: bytes = b"", variables: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run a git command, whatever its exit code.

    Args:
        folder: Where.
        arguments: The command and its options.
        given: Its standard input.
        variables: Environment variables that come before those of every git command.
    Raises:
        UnavailableError: git cannot be run, or does not end in time.
    """
    try:
        return subprocess.run(
            command(folder, *arguments),
            input=given,
            capture_output=True,
            env={**environment(), **(variables or {})},
            timeout=GIT_TIMEOUT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        absent = isinstance(error, FileNotFoundError) and folder.is_dir()
        reason = "it is not on PATH" if absent else str(error)
        raise UnavailableError(
            f"git: cannot be run in {folder}: {reason}", hint="Install git, or put it on PATH."
        ) from error


def clone(folder: Path, commit: str, target: Path) -> None:
    """Copy the repository of a folder on this machine, tags included, and check out one commit there.

    Args:
        folder: The top of the repository.
        commit: Full hash.
        target: A folder that does not exist.
    Raises:
        UnavailableError: git fails.
    """
    local = {"GIT_ALLOW_PROTOCOL": "file"}
    allowed = ("-c", "protocol.file.allow=always")
    words = ("--quiet", "--no-hardlinks", "--no-checkout", str(folder.resolve()), str(target))
    output_of(folder, "clone", run_git(folder, *allowed, "clone", *words, variables=local))
    git_bytes(target, "checkout", "--quiet", "--detach", commit)


def output_of(folder: Path, name: str, done: subprocess.CompletedProcess[bytes]) -> bytes:
    """Return what a git command wrote.

    Raises:
        UnavailableError: Its exit code is not 0.
    """
    if done.returncode != 0:
        raise failure(folder, name, done.stderr)
    return done.stdout


def failure(folder: Path, name: str, stderr: bytes) -> UnavailableError:
    """Return the error for a git command that failed."""
    said = printable(without_credentials(stderr.decode("utf-8", "replace").strip()))
    return UnavailableError(
        f"git {name}: failed in {folder}, so the source is not examined: {said}",
        hint="Run the same git command there and repair what it says.",
    )


def git_bytes(folder: Path, *arguments: str) -> bytes:
    """Run a git command and return what it wrote.

    Raises:
        UnavailableError: It fails.
    """
    return output_of(folder, arguments[0], run_git(folder, *arguments))


def git_text(folder: Path, *arguments: str) -> str:
    """Run a git command and return what it wrote as text.

    Raises:
        UnavailableError: It fails.
    """
    return git_bytes(folder, *arguments).decode("utf-8", "replace")
