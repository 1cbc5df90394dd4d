"""The source of a build lock: `requirements-build.in`, which repeats what the build of a package installs.

It has the requirements of `[build-system]`, the front end, and what the build backend asks for beyond them. The last
can only be found by running the backend, so the file records it: the gates can then compile the lock again without running any code of the project.

Source: https://peps.python.org/pep-0518/ (`requires`); https://peps.python.org/pep-0517/ (the default backend,
`get_requires_for_build_sdist`, `get_requires_for_build_wheel`); https://build.pypa.io/en/stable/
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.names import normalise
from ops.supply_chain.core.text import excerpt

BUILD_SOURCE = "requirements-build.in"

FRONT_END = "build>=1.6"
"""pypa/build; 1.6 has `--sdist-extract-dir`, so that a wheel is not built in a folder of random name."""

DEFAULT_REQUIRES = ("setuptools>=40.8.0",)
"""PEP 517: "If the pyproject.toml file is absent, or the build-backend key is missing, the source tree is not using this
specification, and tools should revert to the legacy behaviour"."""

_HEAD = (
    "# What the build of this package installs; written by compile_locks.\n"
    "# From [build-system] of pyproject.toml, and the front end:\n"
)
_ASKED = "# What the build backend asks for (get_requires_for_build_sdist, get_requires_for_build_wheel):\n"


def build_requires(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the requirements of `[build-system]` of a parsed `pyproject.toml`, as written, in its order."""
    table = document.get("build-system")
    requires = table.get("requires") if isinstance(table, dict) else None
    if not isinstance(requires, list):
        return DEFAULT_REQUIRES
    return tuple(text for text in requires if isinstance(text, str) and "\n" not in text)


def build_backend(document: Mapping[str, Any]) -> str:
    """Return `[build-system].build-backend` of a parsed `pyproject.toml`, empty where none is named."""
    table = document.get("build-system")
    backend = table.get("build-backend") if isinstance(table, dict) else None
    return backend if isinstance(backend, str) else ""


def render_source(requires: Iterable[str], asked: Iterable[str]) -> str:
    """Return the text of `requirements-build.in`.

    Args:
        requires: Those of `[build-system]`.
        asked: Those that the backend asks for; what `requires` has too is left out.
    """
    plain = _sorted([*requires, FRONT_END])
    further = [line for line in _sorted(asked) if line not in plain]
    text = _HEAD + "".join(f"{line}\n" for line in plain)
    return text + (_ASKED + "".join(f"{line}\n" for line in further) if further else "")


def asked_in(text: str) -> tuple[str, ...]:
    """Return what a `requirements-build.in` records as asked for by the backend; empty if nothing."""
    _, found, below = text.partition(_ASKED)
    lines = (line.strip() for line in below.splitlines()) if found else ()
    return tuple(line for line in lines if line and not line.startswith("#"))


def drift_finding(path: str, manifest: str, text: str, requires: Iterable[str]) -> Finding | None:
    """Return the finding for a build lock whose source has other requirements than `[build-system]`; None if it has the same.

    Args:
        path: The lock, relative to the project.
        manifest: The `pyproject.toml`, likewise.
        text: The source of the lock.
        requires: The requirements of `[build-system]`.
    """
    expected = render_source(requires, asked_in(text))
    if expected == text:
        return None
    present = {line for line in text.splitlines() if line and not line.startswith("#")}
    wanted = {line for line in expected.splitlines() if line and not line.startswith("#")}
    changes = [f"lacks {excerpt(line)}" for line in sorted(wanted - present)]
    changes += [f"has {excerpt(line)}, which is not required" for line in sorted(present - wanted)]
    return Finding(
        code="lock.drift",
        severity=Severity.HIGH,
        message=f"is out of date with [build-system] of {manifest}: its source {', '.join(changes) or 'has another text'}",
        next_step=f"Run `{command('lock')}` and review the changes.",
        path=path,
    )


def _sorted(lines: Iterable[str]) -> list[str]:
    """Return requirements in one form, sorted by name, each once."""
    return sorted({_one_form(line) for line in lines if line.strip()}, key=lambda line: (_name(line), line))


def _one_form(line: str) -> str:
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        return str(Requirement(line))
    except (InvalidRequirement, RecursionError):
        return " ".join(line.split())  # uv refuses it, with its reason


def _name(line: str) -> str:
    return normalise(re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0])
