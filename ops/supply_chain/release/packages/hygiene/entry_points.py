"""The entry points of a wheel: they parse, have names that an installer may write, and lead to members.

Source: https://packaging.python.org/en/latest/specifications/entry-points/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ops.supply_chain.contracts.values.distribution import Distribution
from ops.supply_chain.contracts.values.finding import Severity
from ops.supply_chain.formats.wheel import EntryPoint, parse_entry_points
from ops.supply_chain.release.packages.hygiene.issues import Issue

SCRIPT_GROUPS = frozenset({"console_scripts", "gui_scripts"})
_SCHEMES = re.compile(r"[^/]+\.data/(?:purelib|platlib)/")
_NAME = re.compile(r"[\w.-]+", re.ASCII)
_EXTENSION = re.compile(r"(?P<stem>[^/.]+)(?:\.[^/]*)?\.(?:so|pyd)")


def entry_point_issues(distribution: Distribution, info: str, sources: Mapping[str, bytes]) -> Iterator[Issue]:
    """Yield what is wrong with the entry points.

    Args:
        distribution: A wheel.
        info: Its `.dist-info` folder.
        sources: The bytes of the members that `entry_point_modules` named, as far as they were read.
    """
    where = f"{info}/entry_points.txt"
    try:
        found = parse_entry_points(distribution.texts.get(where, b""))
    except ValueError as error:
        yield Issue("distribution.entry-point", where, str(error), Severity.HIGH)
        return
    modules, folders = _modules(distribution), _folders(distribution)
    for entry in found:
        shown = f"{entry.name} in {entry.group}"
        if entry.group in SCRIPT_GROUPS and (not _NAME.fullmatch(entry.name) or set(entry.name) == {"."}):
            yield Issue("distribution.entry-point", where, f"{shown}: is no name of a program", Severity.HIGH)
        elif entry.group in SCRIPT_GROUPS and not entry.attribute:
            yield Issue("distribution.entry-point", where, f"{shown}: names no function")
        else:
            yield from _unresolved(entry, where, modules, folders, sources)


def entry_point_modules(distribution: Distribution, info: str) -> frozenset[str]:
    """Return the members in Python to which entry points lead: those whose bytes `entry_point_issues` wants."""
    try:
        found = parse_entry_points(distribution.texts.get(f"{info}/entry_points.txt", b""))
    except ValueError:
        return frozenset()
    modules = _modules(distribution)
    paths = (modules.get(entry.module, "") for entry in found if entry.attribute)
    return frozenset(path for path in paths if path.endswith(".py"))


def _unresolved(
    entry: EntryPoint, where: str, modules: Mapping[str, str], folders: frozenset[str], sources: Mapping[str, bytes]
) -> Iterator[Issue]:
    shown = f"{entry.name} in {entry.group}"
    member = modules.get(entry.module)
    if member is None:
        top = entry.module.partition(".")[0]
        is_own = top in modules or top in folders
        text = f"{shown}: the wheel has no module {entry.module}"
        if is_own and entry.module not in folders:
            yield Issue("distribution.entry-point", where, text)
        elif not is_own:
            yield Issue("distribution.entry-point", where, f"{text}; another distribution may have it", Severity.INFO)
        return
    name = entry.attribute.partition(".")[0]
    source = sources.get(member)
    if name and source is not None and not _may_define(source, name):
        yield Issue("distribution.entry-point", where, f"{shown}: {member} has no {name}")


def _may_define(source: bytes, name: str) -> bool:
    """Return whether a module can have a name: it occurs in it, or names come from elsewhere."""
    word = rb"(?<!\w)" + re.escape(name.encode()) + rb"(?!\w)"
    return bool(re.search(word, source)) or b"import *" in source or b"__getattr__" in source or b"globals()" in source


def _modules(distribution: Distribution) -> dict[str, str]:
    """Return the modules that the wheel installs: dotted name -> member."""
    found: dict[str, str] = {}
    for member in distribution.files:
        path = _SCHEMES.sub("", member.path, count=1)
        folder, _, name = path.rpartition("/")
        match = _EXTENSION.fullmatch(name)
        stem = name.removesuffix(".py") if name.endswith(".py") else match["stem"] if match else ""
        if not stem:
            continue
        parts = [*(folder.split("/") if folder else []), *([] if stem == "__init__" else [stem])]
        if all(part.isidentifier() for part in parts):
            found.setdefault(".".join(parts), member.path)
    return found


def _folders(distribution: Distribution) -> frozenset[str]:
    """Return the folders with files, as dotted names: packages without `__init__.py`."""
    found: set[str] = set()
    for member in distribution.files:
        folder = _SCHEMES.sub("", member.path, count=1).rpartition("/")[0].replace("/", ".")
        while folder and folder not in found:
            found.add(folder)
            folder = folder.rpartition(".")[0]
    return frozenset(found)
