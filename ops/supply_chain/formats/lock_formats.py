"""The lock formats: file names, manifest, and the tool that writes, checks and upgrades each; one row per format.

Source: https://docs.astral.sh/uv/reference/cli/#uv-lock, https://python-poetry.org/docs/cli/#update,
https://pdm-project.org/latest/reference/cli/#update, https://pipenv.pypa.io/en/latest/commands.html,
https://packaging.python.org/en/latest/specifications/pylock-toml/
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection
from typing import NamedTuple

from ops.supply_chain.contracts.values.lock import LockKind
from ops.supply_chain.core.commands import command, in_folder, quoted

PYPROJECT = "pyproject.toml"
PIPFILE = "Pipfile"
BUILD_LOCK = "requirements-build.txt"
"""The lock of what builds a package, as `compile_locks` names it: none of it is in the product."""

PIPELINE_LOCK = "requirements/sealwright.txt"
"""The lock of what the workflows install that `adopt` writes: none of it is in the product either."""


class LockFormat(NamedTuple):
    """What sealwright knows of a lock format.

    `file_names` matches whole file names. `manifest` is the file in the same folder that the lock is made from, empty
    if it depends on the lock's name. `tool` is the program that writes it, empty if there are several. `upgrade` is the
    command that locks one package again, with `{name}`. `check` is the command of the tool's own check, without
    network; `name_option` is its option for a lock that is not named as usual; `outdated` matches its output if the
    lock is out of date. `partial_groups` is True if a lock may contain only some of the project's groups.
    `ecosystem` is Dependabot's name of it.
    """

    kind: LockKind
    file_names: re.Pattern[str]
    manifest: str = PYPROJECT
    tool: str = ""
    upgrade: str = ""
    check: tuple[str, ...] = ()
    name_option: str = ""
    outdated: re.Pattern[str] | None = None
    partial_groups: bool = False
    ecosystem: str = "pip"


LOCK_FORMATS = (
    LockFormat(
        LockKind.UV,
        re.compile(r"uv\.lock|.+\.py\.lock"),
        tool="uv",
        upgrade="uv lock --upgrade-package {name}",
        outdated=re.compile(r"needs to be updated|No solution found|Requirements contain conflicting"),
        ecosystem="uv",
    ),
    LockFormat(LockKind.PYLOCK, re.compile(r"pylock(?:\.[^.]+)?\.toml")),
    LockFormat(
        LockKind.POETRY,
        re.compile(r"poetry\.lock"),
        tool="poetry",
        upgrade="poetry update --lock {name}",
        check=("poetry", "check", "--lock", "--no-interaction", "--no-ansi", "--no-plugins"),
        outdated=re.compile(r"changed significantly since poetry\.lock was last generated"),
    ),
    LockFormat(
        LockKind.PDM,
        re.compile(r"pdm(?:\.[^.]+)?\.lock"),
        tool="pdm",
        upgrade="pdm update --no-sync {name}",
        # A project's own pre_lock and similar hooks are its code; a check needs none of it.
        check=("pdm", "lock", "--check", "--skip", ":all"),
        name_option="-L",
        outdated=re.compile(r"Lockfile is out of date|Lockfile doesn't satisfy the project requirements"),
        partial_groups=True,
    ),
    LockFormat(
        LockKind.PIPFILE,
        re.compile(r"Pipfile\.lock"),
        manifest=PIPFILE,
        tool="pipenv",
        upgrade="pipenv upgrade {name}",
        check=("pipenv", "verify"),
        outdated=re.compile(r"Pipfile\.lock is out-of-date"),
    ),
    LockFormat(
        LockKind.REQUIREMENTS,
        re.compile(r".*requirements.*\.(?:txt|lock)|.+\.pip", re.IGNORECASE),
        manifest="",
        upgrade=command("lock", "--upgrade-package", "{name}"),
    ),
)
"""In the order in which file names are matched."""

_BY_KIND = {row.kind: row for row in LOCK_FORMATS}


def lock_format(kind: LockKind) -> LockFormat:
    """Return the row of a format."""
    return _BY_KIND[kind]


def kind_of_name(name: str) -> LockKind | None:
    """Return the format of a file name, None if no format has such names."""
    return next((row.kind for row in LOCK_FORMATS if row.file_names.fullmatch(name)), None)


def upgrade_command(kind: LockKind, name: str, path: str = "", *, export: str = "") -> str:
    """Return the command that locks one package again; empty if several tools write such a lock, or none does.

    Args:
        kind: The format of the lock.
        name: The package, in PEP 503 form.
        path: The lock, relative to the project, with `/`; empty for one in the project's folder.
        export: For a file that `uv export` wrote, that command without the name of the file; else empty.
    """
    if kind is LockKind.SBOM:
        return ""
    row = _BY_KIND[kind]
    folder, file = posixpath.split(path)
    if export:
        upgrade = f"{upgrade_command(LockKind.UV, name)} && {export} -o {quoted(file)}"
    else:
        upgrade = row.upgrade.format(name=name)
    if kind is LockKind.UV and file.endswith(_SCRIPT_LOCK):
        upgrade = upgrade.replace(" lock ", f" lock --script {quoted(file.removesuffix('.lock'))} ", 1)
    if kind is LockKind.PDM and file not in ("", "pdm.lock"):
        upgrade = upgrade.replace(" update ", f" update {row.name_option} {quoted(file)} ", 1)
    return in_folder(upgrade, folder) if folder else upgrade


def lock_command(kind: LockKind, path: str = "", *, export: str = "") -> str:
    """Return the command that makes a whole lock again; empty if several tools write such a lock.

    Args:
        kind: The format of the lock.
        path: The lock, relative to the project, with `/`; empty for one in the project's folder.
        export: For a file that `uv export` wrote, that command without the name of the file; else empty.
    """
    folder, file = posixpath.split(path)
    if export:
        again = f"{export} -o {quoted(file)}"
    elif kind is LockKind.REQUIREMENTS:
        return command("lock")
    else:
        again = f"{lock_format(kind).tool} lock" if lock_format(kind).tool else ""
    if kind is LockKind.UV and file.endswith(_SCRIPT_LOCK):
        again += f" --script {quoted(file.removesuffix('.lock'))}"
    if kind is LockKind.PDM and file not in ("", "pdm.lock"):
        again += f" {lock_format(kind).name_option} {quoted(file)}"
    return in_folder(again, folder) if folder else again


def how_to_lock(path: str, owners: Collection[str] = frozenset()) -> str:
    """Return how the packages that a file declares are locked, as the beginning of a sentence.

    Args:
        path: The file, relative to the project, with `/`.
        owners: Tools whose tables in a `pyproject.toml` ask for packages, `dependency-groups` among them; empty if that
            is not known.
    """
    folder, name = posixpath.split(path)
    if name in ("setup.py", "setup.cfg"):
        source = posixpath.join(folder, "requirements.in")
        return f"Write them into {source} and lock that ({command('lock')})"
    if name == PIPFILE:
        return f"Lock them (`{lock_command(LockKind.PIPFILE, posixpath.join(folder, LockKind.PIPFILE.value))}`)"
    named = next((kind for kind in (LockKind.POETRY, LockKind.PDM) if lock_format(kind).tool in owners), LockKind.UV)
    if name == PYPROJECT and owners:
        return f"Lock them (`{lock_command(named, posixpath.join(folder, named.value))}`)"
    return f"Lock them ({command('lock')})"


_SCRIPT_LOCK = ".py.lock"
