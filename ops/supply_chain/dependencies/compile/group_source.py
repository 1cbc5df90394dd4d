"""The sources of locks of dependency groups and extras: `requirements-NAME.in`, which repeats one of `pyproject.toml`.

A lock of `pyproject.toml` has its plain dependencies alone: they are what the product installs. Each group and each extra
gets a lock of its own, so that what is for development only is not examined as part of the product.

Source: https://packaging.python.org/en/latest/specifications/dependency-groups/;
https://packaging.python.org/en/latest/specifications/pyproject-toml/ (`optional-dependencies`)
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.names import normalise
from ops.supply_chain.core.text import excerpt
from ops.supply_chain.dependencies.compile.sources import LOCK_SUFFIX, PYPROJECT, SOURCE_SUFFIX
from ops.supply_chain.formats.lock_formats import BUILD_LOCK, PIPELINE_LOCK

_PREFIX = "requirements-"
_HEAD = "# Group or extra {name} of pyproject.toml; written by compile_locks.\n"
_OURS = re.compile(r"# Group or extra (?P<name>[a-z0-9-]+) of pyproject\.toml; written by compile_locks\.\n")
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
_LONGEST_NAME = 60
"""Characters of a group's name; a longer one gets no lock, and counts as declared without one."""

_TAKEN = frozenset({"build"})
"""Names whose file would be another one: `requirements-build.in` is what the build installs."""


def group_sources(document: Mapping[str, Any]) -> dict[str, str]:
    """Return the source of each dependency group and extra of a parsed `pyproject.toml`: file name -> text, sorted.

    A group has the requirements of those that it includes. What it asks of the project itself is left out, and so is one
    that is empty then. A group and an extra of the same name have one source.
    """
    own, groups = _own_name(document), _texts(document)
    found: dict[str, str] = {}
    for name in sorted(groups):
        lines = sorted({text for text in _flat(name, groups, set()) if _package(text) not in ("", own)})
        if lines and _NAME.fullmatch(name) and len(name) <= _LONGEST_NAME:
            stem = f"{name}-group" if name in _TAKEN else name
            found[f"{_PREFIX}{stem}{SOURCE_SUFFIX}"] = _HEAD.format(name=name) + "".join(f"{line}\n" for line in lines)
    return found


def is_group_source(text: str) -> bool:
    """Return whether the text of a source was written from a group or an extra."""
    return bool(group_of(text))


def group_of(text: str) -> str:
    """Return the group or extra that the text of a source was written from; empty if from none."""
    found = _OURS.match(text)
    return found["name"] if found else ""


def keeps_own_sources(files: Collection[str]) -> bool:
    """Return whether a project has sources of its own beside `pyproject.toml`, and so decides itself how groups are locked.

    Args:
        files: Those that are not written by compile_locks or adopt for another purpose, relative to the project.
    """
    others = {BUILD_LOCK.removesuffix(LOCK_SUFFIX), PIPELINE_LOCK.removesuffix(LOCK_SUFFIX)}
    return any(
        path.endswith(SOURCE_SUFFIX)
        and path.removesuffix(SOURCE_SUFFIX) not in others
        and (posixpath.dirname(path) in ("", "requirements"))
        for path in files
    )


def source_drift(lock: str, text: str, expected: str | None) -> Finding | None:
    """Return the finding for a lock whose source was written from a group that is another now; None if it is the same.

    Args:
        lock: Relative to the project.
        text: Its source.
        expected: What would be written today; None where there is no such group.
    """
    if text == expected:
        return None
    present, wanted = _lines(text), _lines(expected or "")
    changes = [f"lacks {excerpt(line)}" for line in sorted(wanted - present)]
    changes += [f"has {excerpt(line)}, which is not required" for line in sorted(present - wanted)]
    found = f"its source {', '.join(changes) or 'has another text'}" if expected else "it has no such group or extra"
    step = (
        f"Run `{command('lock')}` and review the changes."
        if expected
        else f"Remove {lock.removesuffix(LOCK_SUFFIX)}{SOURCE_SUFFIX} and the files of the same name."
    )
    message = f"is out of date with {PYPROJECT}: {found}"
    return Finding(code="lock.drift", severity=Severity.HIGH, message=message, next_step=step, path=lock)


def _lines(text: str) -> set[str]:
    return {line for line in text.splitlines() if line and not line.startswith("#")}


def _own_name(document: Mapping[str, Any]) -> str:
    name = _table(document.get("project")).get("name")
    return normalise(name) if isinstance(name, str) else ""


def _texts(document: Mapping[str, Any]) -> dict[str, list[object]]:
    """Return the elements of each group and extra by normalised name."""
    found: dict[str, list[object]] = {}
    for table in (_table(document.get("project")).get("optional-dependencies"), document.get("dependency-groups")):
        for name, listed in _table(table).items():
            if isinstance(listed, list):
                found.setdefault(normalise(name), []).extend(listed)
    return found


def _flat(name: str, groups: Mapping[str, list[object]], seen: set[str]) -> Iterator[str]:
    if name in seen:
        return
    seen.add(name)
    for element in groups.get(name, ()):
        if isinstance(element, str):
            yield " ".join(element.split())
        elif isinstance(element, dict) and isinstance(element.get("include-group"), str):
            yield from _flat(normalise(element["include-group"]), groups, seen)


def _package(text: str) -> str:
    """Return the name of the package that a requirement asks for; empty if it is no requirement."""
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        return normalise(Requirement(text).name)
    except (InvalidRequirement, RecursionError):
        return ""


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
