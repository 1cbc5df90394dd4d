"""The SBOM that a command line names: a file, a folder of a release, or a retained version."""

from __future__ import annotations

from pathlib import Path

from ops.supply_chain.adapters.files.project import describe
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.errors import ErrorClass, InputError, UsageError
from ops.supply_chain.runner.context import StageRun

AGGREGATES = ("*-sbom.cdx.json", "*-sbom.json", "*-sbom.spdx3.json", "*-sbom.spdx.json")
"""How a project's SBOM may be named in a folder; the first pattern that matches wins."""

FOLDERS = ("", "sbom", "release")
"""Folders in which it is searched."""

STORE_FOLDER = "supply-chain"


def locate_sbom(run: StageRun, operand: str) -> Path:
    """Return the SBOM that a word of the command line means: a file, one in a folder of a release, or of a retained version.

    Raises:
        InputError: There is no such file or folder, or none or several SBOMs are in the folder.
        UsageError: The word is something else.
    """
    path = Path(operand)
    if path.is_file():
        return path
    if path.is_dir():
        return _aggregate_in(path)
    if operand in {"", ".", ".."} or Path(operand).name != operand:
        step = f"Make a release first ({command('release')}), or give a file." if path.name == "release" else ""
        raise InputError(f"{operand}: no such file or folder", hint=step)
    # The version under release does not matter here, and a project need not have one.
    name = describe(run.root, run.config, version=run.args.version or "0").name
    retained = run.artifacts / STORE_FOLDER / name / operand
    if not retained.is_dir():
        raise UsageError(
            f"{operand!r} is not a file, a folder, or a retained version of {name}",
            hint=f"List retained versions: {command('retention')}",
            kind=ErrorClass.COMMAND_LINE,
        )
    return _aggregate_in(retained)


def _aggregate_in(folder: Path) -> Path:
    for pattern in AGGREGATES:
        for part in FOLDERS:
            found = sorted(path for path in (folder / part).glob(pattern) if path.is_file())
            if len(found) > 1:
                names = ", ".join(path.name for path in found)
                raise InputError(f"{folder}: contains several SBOMs: {names}", hint="Give one of these files.")
            if found:
                return found[0]
    raise InputError(
        f"{folder}: contains no SBOM of a project: expected one of {', '.join(AGGREGATES)}",
        hint="Give the file itself.",
    )
