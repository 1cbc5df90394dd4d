"""Git through its command line: the state of a project's repository, and the bytes of its files.

Without a `.git` in the project's folder or above it, or without a commit, "this project is not under git" is a fact.
Everything else that git can do wrong (not installed, refused ownership, missing objects, a corrupt repository, another
repository than the one that contains the project) is an `UnavailableError`.

git runs no program that a repository names, and fetches nothing: a project's files and settings are input.

Source: git-config(1) (`safe.bareRepository`, `core.fsmonitor`, `filter.<driver>.*`), git(1) (`GIT_ALLOW_PROTOCOL`,
`GIT_NO_LAZY_FETCH`), gitattributes(5)
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import msgspec

from ops.supply_chain.core.errors import UnavailableError
from ops.supply_chain.core.text import printable, without_credentials
from ops.supply_chain.core.variables import Child, child_variables

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
)
"""What takes precedence over a repository's configuration: no program that it names is run, and nothing is fetched."""

_OPTIONS = ("--no-pager", "--literal-pathspecs", *(word for setting in _SETTINGS for word in ("-c", setting)))
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
_FILTER_COMMANDS = (".clean", ".smudge", ".process")
_OWN_SCOPES = ("local", "worktree")
_SUBMODULE_MODE = b"160000"


class GitState(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a folder in its repository.

    `commit` is the full hash at HEAD, `commit_epoch` its committer time in Unix seconds, `dirty` whether
    a tracked file differs from it, or is one whose changes git is configured to hide, or an untracked, not ignored
    file is below the folder, `tags` the tags that point at HEAD, sorted, `remote` the address of the named remote, else of `origin`, without
    credentials, empty if none. `prefix` is the folder inside the repository, empty for its top.
    """

    commit: str
    commit_epoch: int
    dirty: bool
    tags: tuple[str, ...]
    remote: str
    prefix: str


def read_state(folder: Path, *, remotes: tuple[str, ...] = ("origin",)) -> GitState | None:
    """Describe a folder, or return None where it is not in a git repository with a commit.

    Args:
        folder: Any existing folder.
        remotes: Remote names to look for, first match wins.
    Raises:
        UnavailableError: It is in a repository, but git cannot be run or answers with an error.
    """
    if not _inside_repository(folder) or _has_no_commit(folder):
        return None
    commit, epoch = _git(folder, "log", "-1", "--format=%H %ct").split()
    return GitState(
        commit=commit,
        commit_epoch=int(epoch),
        dirty=_changed(folder),
        tags=tuple(sorted(_git(folder, "tag", "--points-at", "HEAD").split())),
        remote=_remote(folder, remotes),
        prefix=_git(folder, "rev-parse", "--show-prefix").strip().rstrip("/"),
    )


def remote_of(folder: Path, *, remotes: tuple[str, ...] = ("origin",)) -> str | None:
    """Return the address of a remote without credentials, in a repository without a commit too.

    Args:
        folder: Any existing folder.
        remotes: Remote names to look for, first match wins.
    Returns:
        Empty where there is no such remote, None where the folder is not under git.
    Raises:
        UnavailableError: git cannot be run or answers with an error.
    """
    return _remote(folder, remotes) if _inside_repository(folder) else None


def tracked_files(folder: Path) -> dict[str, str]:
    """List the files of a folder at HEAD, as path -> git mode (`100644`, `100755`, `120000`).

    Returns:
        Paths relative to the folder, sorted; submodules are left out.
    Raises:
        UnavailableError: git does not answer.
    """
    listing = _git_bytes(folder, "ls-tree", "-r", "-z", "HEAD", "--", ".").decode("utf-8", "surrogateescape")
    found = {}
    for row in filter(None, listing.split("\0")):
        attributes, _, path = row.partition("\t")
        mode, kind, _ = attributes.split(" ", 2)
        if kind == "blob":
            found[path] = mode
    return dict(sorted(found.items()))


def _changed(folder: Path) -> bool:
    # Submodules are examined one by one, because each has a configuration of its own.
    shown = ("--porcelain", "--untracked-files=normal", "--ignore-submodules=dirty")
    done = _run(folder, *_without_filters(folder), "status", *shown, "--", ".")
    if _output(folder, "status", done):
        return True
    files = _git_bytes(folder, "ls-files", "-v", "-z", "--", ".").split(b"\0")
    return any(_hides(folder, row) for row in files if row) or any(map(_changed, _submodules(folder)))


def _without_filters(folder: Path) -> list[str]:
    """Return options that switch off the filters which the repository's own configuration names."""
    done = _run(folder, "config", "--show-scope", "--name-only", "-z", "--get-regexp", r"^filter\.")
    if done.returncode == 1:  # git-config(1): there is none
        return []
    words = _output(folder, "config", done).decode("utf-8", "surrogateescape").split("\0")
    found = [name for scope, name in zip(words[::2], words[1::2], strict=False) if scope in _OWN_SCOPES]
    drivers = dict.fromkeys(
        name.rpartition(".")[0] for name in found if name.endswith((*_FILTER_COMMANDS, ".required"))
    )
    settings = [f"{driver}{command}=" for driver in drivers for command in _FILTER_COMMANDS]
    settings += [f"{driver}.required=false" for driver in drivers]
    return [word for setting in settings for word in ("-c", setting)]


def _submodules(folder: Path) -> list[Path]:
    """Return the submodules below a folder that are checked out."""
    rows = _git_bytes(folder, "ls-files", "--stage", "-z", "--", ".").split(b"\0")
    names = [os.fsdecode(row.partition(b"\t")[2]) for row in rows if row.startswith(_SUBMODULE_MODE)]
    return [folder / name for name in names if (folder / name / ".git").exists()]


def _hides(folder: Path, row: bytes) -> bool:
    """Return whether git leaves a file out of its status: assume-unchanged, or skip-worktree though it is there."""
    tag, _, path = row.partition(b" ")
    return tag.islower() or (tag == b"S" and os.path.lexists(os.path.join(os.fsencode(folder), path)))  # noqa: PTH118


def _inside_repository(folder: Path) -> bool:
    """Return whether a folder is in a repository, after a check that git finds the same one.

    Raises:
        UnavailableError: git answers with an error, or finds another repository.
    """
    here = folder.resolve()
    expected = next((parent for parent in (here, *here.parents) if os.path.lexists(parent / ".git")), None)
    if expected is None:
        return False
    # A bare repository among the project's files, or a configured `core.worktree`, would be another one.
    found = Path(_git(folder, "rev-parse", "--show-toplevel").removesuffix("\n"))
    if found.resolve() != expected:
        raise UnavailableError(
            f"git: in {folder} it finds another repository than the one that contains the project",
            hint="Remove core.worktree from its configuration, and repositories from the project's files.",
        )
    return True


def _has_no_commit(folder: Path) -> bool:
    """Return whether a repository's branch is still empty.

    Raises:
        UnavailableError: HEAD cannot be read.
    """
    done = _run(folder, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    if done.returncode == 0:
        return False
    branch = _git(folder, "symbolic-ref", "HEAD").strip()
    common = folder / _git(folder, "rev-parse", "--git-common-dir").removesuffix("\n")
    refs = _git(folder, "for-each-ref", "--format=%(refname)").split()
    if branch in refs or os.path.lexists(common / branch):
        raise _failure(folder, "rev-parse", b"HEAD names a commit that cannot be read")
    return True


def _remote(folder: Path, remotes: tuple[str, ...]) -> str:
    for name in remotes:
        done = _run(folder, "remote", "get-url", name)
        if done.returncode != 0 and b"No such remote" in done.stderr:
            continue
        found = _output(folder, "remote", done).decode("utf-8", "replace").strip()
        if found:
            return without_credentials(found)
    return ""


def command(folder: Path, *arguments: str) -> list[str]:
    """Return the command line of a git command that runs in a folder, and no program that a repository names."""
    return ["git", *_OPTIONS, "-C", str(folder), *arguments]


def environment() -> dict[str, str]:
    """Return the environment for a git command: no prompt, no locale, no network, no secrets, no `GIT_*` variables."""
    return {**child_variables(Child.GIT, os.environ), **_ENVIRONMENT}


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            command(folder, *arguments),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=environment(),
            timeout=GIT_TIMEOUT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UnavailableError(
            f"git: cannot be run in {folder}: {error}", hint="Install git, or put it on PATH."
        ) from error


def _output(folder: Path, name: str, done: subprocess.CompletedProcess[bytes]) -> bytes:
    if done.returncode != 0:
        raise _failure(folder, name, done.stderr)
    return done.stdout


def _failure(folder: Path, name: str, stderr: bytes) -> UnavailableError:
    said = printable(without_credentials(stderr.decode("utf-8", "replace").strip()))
    return UnavailableError(
        f"git {name}: failed in {folder}, so the source is not examined: {said}",
        hint="Run the same git command there and repair what it says.",
    )


def _git_bytes(folder: Path, *arguments: str) -> bytes:
    return _output(folder, arguments[0], _run(folder, *arguments))


def _git(folder: Path, *arguments: str) -> str:
    return _git_bytes(folder, *arguments).decode("utf-8", "replace")
