"""What a lock is for: one platform or all, and from which Python on.

The configuration decides; where it is silent, the command in an existing lock's header, so that a recompile repeats what
the lock records. A new lock of `pyproject.toml` is for every platform and Python that the project supports.

Source: https://docs.astral.sh/uv/pip/compile/#universal-resolution
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ops.supply_chain.contracts.config.locks import LocksConfig
from ops.supply_chain.dependencies.compile.header import head_of

_COMMAND = re.compile(r"^#[ \t]+uv pip compile(?P<words>(?:[ \t].*)?)$", re.MULTILINE)
_PYTHON = re.compile(r"(?:^|[ \t])--python-version(?:=|[ \t]+)(?P<version>\d+(?:\.\d+){0,2})(?=[ \t]|$)")


class CompileTarget(NamedTuple):
    """The options of a compile; `python_version` is empty for the running Python."""

    universal: bool
    python_version: str

    @property
    def words(self) -> tuple[str, ...]:
        """The options as the compiler takes them."""
        python = ("--python-version", self.python_version) if self.python_version else ()
        return (*(("--universal",) if self.universal else ()), *python)


def target_of(old: str, requires_python: str, config: LocksConfig, *, of_project: bool) -> CompileTarget:
    """Return what a lock is for.

    Args:
        old: The existing lock; empty for none.
        requires_python: Of a `pyproject.toml`; empty if it states none.
        config: `[locks]`.
        of_project: Whether the source is `pyproject.toml`, or one of its groups.
    """
    command = _COMMAND.search(head_of(old))
    recorded = command["words"] if command else ""
    if config.universal is not None:
        universal = config.universal
    else:
        universal = "--universal" in recorded.split() or (of_project and not old.strip())
    return CompileTarget(universal, config.python_version or _python(recorded, requires_python, universal=universal))


def _python(recorded: str, requires_python: str, *, universal: bool) -> str:
    from packaging.version import Version

    stated = _PYTHON.search(recorded)
    python = stated["version"] if stated else ""
    lowest = lowest_python(requires_python) if universal else ""
    # A lock from a higher Python on does not cover all that the project supports now.
    return lowest if lowest and (not python or Version(lowest) < Version(python)) else python


def lowest_python(requires_python: str) -> str:
    """Return the lowest Python that a specifier allows, as uv takes it; empty where it has no lower bound, or is none."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import Version

    try:
        specifiers = SpecifierSet(requires_python)
    except InvalidSpecifier:
        return ""
    bounds = [
        Version(specifier.version.removesuffix(".*"))
        for specifier in specifiers
        if specifier.operator in (">=", ">", "==", "~=", "===")
    ]
    # Only three numbers: uv takes no pre-release here.
    return ".".join(map(str, max(bounds).release[:3])) if bounds else ""
