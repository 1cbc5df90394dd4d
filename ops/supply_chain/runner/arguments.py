"""The command line that every stage shares."""

from __future__ import annotations

import argparse
import os
import shlex
from pathlib import Path
from typing import NoReturn

from ops.supply_chain.core.errors import UsageError

REPOSITORY = Path(__file__).resolve().parents[3]
"""The checkout that this pipeline runs from: the default project, and the home of `dist/` and `data/`."""

CACHE_VARIABLE = "SEALWRIGHT_CACHE"

OPTIONS_VARIABLE = "SEALWRIGHT_OPTIONS"
"""Options that must not stand on a command line, because whoever starts us prints it (nox does)."""


class _Parser(argparse.ArgumentParser):
    """A parser that raises instead of printing what it was given and leaving."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, hint=f"{self.prog} --help tells what there is.")


def parser_for(stage: str, doc: str) -> argparse.ArgumentParser:
    """Make a stage's parser with the shared options.

    Args:
        stage: The module's name, for example `generate_sbom`.
        doc: The module's docstring; its first line is the summary, the rest is shown below the options.
    """
    summary, _, rest = doc.strip().partition("\n")
    parser = _Parser(
        prog=stage,
        description=summary,
        epilog=rest.strip() or None,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    group = parser.add_argument_group("shared by every stage")
    group.add_argument(
        "--project", type=Path, default=REPOSITORY, help="project under release (default: this repository)"
    )
    group.add_argument(
        "--dist", type=Path, default=REPOSITORY / "dist", help="folder for artifacts (default: dist/ here)"
    )
    group.add_argument(
        "--artifacts",
        type=Path,
        default=REPOSITORY / "data" / "artifacts",
        help="folder of retained releases (default: data/artifacts/ here)",
    )
    group.add_argument(
        "--cache",
        type=Path,
        default=None,
        help=f"folder for caches (default: ${CACHE_VARIABLE}, else the user's cache)",
    )
    group.add_argument(
        "--version", default="", help="version under release (default: the tag at HEAD, else pyproject.toml)"
    )
    group.add_argument("--format", choices=("text", "json"), default="text", help="form of the result on stdout")
    group.add_argument("--public-log", action="store_true", help="print counts and outcomes only")
    group.add_argument("--offline", action="store_true", help="use caches only, ask no network")
    group.add_argument("--verbose", action="store_true", help="log what is being done")
    return parser


def hidden_options() -> list[str]:
    """Return the options that came through the environment, and take them out of it."""
    return shlex.split(os.environ.pop(OPTIONS_VARIABLE, ""))


def cache_folder(option: Path | None) -> Path:
    """Return the absolute cache folder: the option, else the environment's, else the user's."""
    if option is not None:
        return option.absolute()
    given = os.environ.get(CACHE_VARIABLE, "")
    if given:
        return Path(given).absolute()
    from platformdirs import user_cache_path

    return user_cache_path("sealwright", appauthor=False).absolute()
