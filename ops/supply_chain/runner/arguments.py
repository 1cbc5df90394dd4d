"""The command line that every stage shares."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from ops.supply_chain.core.commands import command
from ops.supply_chain.core.errors import ErrorClass, UsageError
from ops.supply_chain.core.start import TREE
from ops.supply_chain.runner.streams import columns, print_result

HOME_VARIABLE = "SEALWRIGHT_HOME"
"""Environment variable with the folder in which the console command was called."""

HOME = Path(os.environ.get(HOME_VARIABLE) or TREE).absolute()
"""The default project, and the parent of `dist/` and `data/`: where the console command was called, else the checkout."""

DEFAULT_ARTIFACTS = HOME / "data" / "artifacts"
"""Where releases are retained unless `--artifacts` names a folder."""

CACHE_VARIABLE = "SEALWRIGHT_CACHE"
CACHE_NAME = "sealwright"

ALIKE = 0.75
"""How alike two options must be, from 0 to 1, for one to be meant by the other: `--colour` is no `--source`."""


def nearest_option(given: str, known: Iterable[str]) -> str:
    """Return a sentence that names the option most like an unknown one, with a space at its end; empty if none is."""
    import difflib

    found = difflib.get_close_matches(given.partition("=")[0], list(known), n=1, cutoff=ALIKE)
    return f"The nearest option is {found[0]}. " if found else ""


_MARGIN = 2
"""Columns that argparse leaves free."""


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Of the base class's width, found without `shutil`: argparse makes a formatter for each option, whether it is shown or not."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=columns() - _MARGIN)


class _Parser(argparse.ArgumentParser):
    """An argument parser that raises an error instead of printing its arguments and exiting."""

    def error(self, message: str) -> NoReturn:
        unknown = message.removeprefix("unrecognized arguments: ").split()[:1] if "unrecognized" in message else []
        nearest = nearest_option(unknown[0], self._option_string_actions) if unknown else ""
        hint = f"{nearest}See {command(self.prog, '--help')}."
        raise UsageError(message, hint=hint, kind=ErrorClass.COMMAND_LINE)

    def print_help(self, file: object = None) -> None:  # noqa: ARG002 - the base class has it
        """Write the help to stdout, whatever file is given.

        Raises:
            OutputError: It cannot be written.
        """
        print_result(self.format_help())


def parser_for(stage: str, doc: str) -> argparse.ArgumentParser:
    """Return a stage's parser with the shared options.

    Args:
        stage: The module's name, for example `generate_sbom`.
        doc: The module's docstring; its first line is the summary, the rest is shown below the options.
    """
    summary, _, rest = doc.strip().partition("\n")
    parser = _Parser(
        prog=stage,
        description=summary,
        epilog=rest.strip() or None,
        formatter_class=_Formatter,
        allow_abbrev=False,
    )
    group = parser.add_argument_group("shared by every stage")
    group.add_argument("--project", type=Path, default=HOME, help="project under release (default: this repository)")
    group.add_argument(
        "--dist",
        type=Path,
        default=None,
        help="folder for artifacts (default: dist/ here; of another project dist/NAME/)",
    )
    group.add_argument(
        "--artifacts",
        type=Path,
        default=DEFAULT_ARTIFACTS,
        help="folder of retained releases (default: data/artifacts/ here)",
    )
    group.add_argument(
        "--cache",
        type=Path,
        default=None,
        help=f"folder for caches (default: ${CACHE_VARIABLE}, else the user's cache)",
    )
    group.add_argument(
        "--version",
        default="",
        help="version under release, or NAME==VERSION of one package (default: the tag at HEAD, else pyproject.toml)",
    )
    group.add_argument("--format", choices=("text", "json"), default="text", help="format of the result on stdout")
    group.add_argument("--public-log", action="store_true", help="print counts and outcomes only")
    group.add_argument("--offline", action="store_true", help="use caches only; do not access the network")
    group.add_argument("--verbose", action="store_true", help="log progress to stderr")
    return parser


def named_project(args: argparse.Namespace) -> str:
    """Return the project as the command line names it; empty where it names none, or the default."""
    return "" if args.project == HOME else str(args.project)


def named_artifacts(args: argparse.Namespace) -> str:
    """Return the folder of retained releases as the command line names it; empty where it names none, or the default.

    A rehearsal names its own to its stages: no command that it advises is about that one.
    """
    if args.artifacts == DEFAULT_ARTIFACTS:
        return ""
    from ops.supply_chain.runner.rehearsal_mode import is_rehearsal

    return "" if is_rehearsal() else str(args.artifacts)


def cache_folder(option: Path | None) -> Path:
    """Return the absolute cache folder: the option, else the environment's, else the user's.

    Raises:
        UsageError: None is given, and the user has no home folder.
    """
    if option is not None:
        return absolute(option)
    given = os.environ.get(CACHE_VARIABLE, "")
    if given:
        return absolute(Path(given))
    usual = _usual_cache()
    if usual is not None:
        return usual
    from platformdirs import user_cache_path

    try:
        found = user_cache_path(CACHE_NAME, appauthor=False)
    except (OSError, RuntimeError, KeyError) as error:
        raise _no_home() from error
    if not found.is_absolute():  # `~` of a user without a home folder
        raise _no_home()
    return found


def _usual_cache() -> Path | None:
    """Return the user's cache where the variables of Linux name it, as `platformdirs` does, which imports much more; else None."""
    if sys.platform != "linux" or "ANDROID_DATA" in os.environ:
        return None
    given, home = os.environ.get("XDG_CACHE_HOME", ""), os.environ.get("HOME", "")
    if given.startswith("/"):
        return Path(given, CACHE_NAME)
    return Path(home, ".cache", CACHE_NAME) if home.startswith("/") else None


def shown_path(path: Path) -> str:
    """Return a path as a screen shows it, so that it can be pasted: relative if it is below the current folder."""
    with suppress(ValueError, OSError):
        return str(path.relative_to(Path.cwd()))
    return str(path)


def written_line(folder: Path, written: Sequence[str]) -> str:
    """Return the line that names the files which a stage wrote into a folder of `dist/`.

    Args:
        folder: Their folder.
        written: Their paths; the last part of each is shown.
    """
    names = ", ".join(path.rpartition("/")[2] for path in written)
    return f"written to {shown_path(folder)}: {names}" if names else "written: nothing"


def absolute(path: Path) -> Path:
    """Return an absolute path, as `Path.absolute` does.

    Raises:
        UsageError: It is relative, and the current folder was removed.
    """
    try:
        return path.absolute()
    except FileNotFoundError as error:
        raise UsageError(
            f"{path}: is relative, and the current folder is not there any more",
            hint="Change to a folder that exists.",
            kind=ErrorClass.COMMAND_LINE,
        ) from error


def _no_home() -> UsageError:
    return UsageError(
        "there is no home folder for a cache",
        hint=f"Give a folder with --cache or ${CACHE_VARIABLE}.",
        kind=ErrorClass.COMMAND_LINE,
    )
