"""Policies on disk: which rule files a profile has, the libraries and data they use, their digest.

    <folder>/<profile>/**/<rule>.rego   package sealwright.<profile>.<rule>, with metadata
    <folder>/lib/**/*.rego              package sealwright.lib[.<name>]
    <folder>/data/*.json                shown to rules as `data.data`, merged by top-level key
    <folder>/<profile>/lib/**/*.rego    for one profile: package sealwright.<profile>.lib[.<name>]
    <folder>/<profile>/data/*.json      for one profile: shown as `data.<profile>.data`

Data mounts by folder, as `opa` mounts it, so that the same files work under both. `*_test.rego` is never loaded. In a
package, `-` of a profile's name is `_`. A later folder may replace a data key of an earlier one as a whole; two files
of one package are an error. Rules of the first folder are evaluated apart from all modules of later ones (`apart`), so
that no file of a project can change what a built-in rule sees, except data.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from ops.supply_chain.adapters.rego.metadata import RuleMetadata, metadata_of, package_of
from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.core.canonical import load_plain, read_bytes
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import ErrorClass, InputError, UsageError

RESERVED = frozenset({"lib", "data"})
"""Folders of a policy that are no profiles."""

APART = frozenset({"claims", "suppliers"})
"""Profiles that judge something else than a release: what may be claimed, documents from suppliers. They are not offered where
one is asked for."""

ROOT_PACKAGE = "sealwright"


class Module(msgspec.Struct, frozen=True, kw_only=True):
    """One Rego file: its path below its policy folder with that folder's label, its text, its package.

    `first` is True in the first folder, that of the built-in rules.
    """

    path: str
    source: str
    package: str
    first: bool = True


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule of a profile; `code` is `<profile>.<rule>`."""

    code: str
    module: Module
    metadata: RuleMetadata


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that decides: rules sorted by code, data by key, files by path; libraries in loading order.

    `profiles` are as asked for; `empty` those of them that have no rule; `data` the tables of all folders, those of
    profiles included; `own` the tables of single profiles, by profile; `replaced` a sentence for each table that a
    later folder replaces.
    """

    profiles: tuple[str, ...]
    empty: tuple[str, ...]
    rules: tuple[Rule, ...]
    libraries: tuple[Module, ...]
    data: dict[str, Any]
    files: tuple[FileRef, ...]
    replaced: tuple[str, ...] = ()
    own: dict[str, dict[str, Any]] = {}

    @property
    def documents(self) -> dict[str, Any]:
        """Everything that rules see below `data` and that is no rule: shared tables, then those of each profile."""
        return {"data": self.data, **{profile: {"data": tables} for profile, tables in self.own.items()}}


def load_policy(
    folders: Sequence[tuple[str, Path]], profiles: Sequence[str], settings: dict[str, dict[str, Any]]
) -> Policy:
    """Read the rules of some profiles.

    Args:
        folders: (label, folder) pairs, ours first; the label (`policy:`) precedes each path.
        profiles: Names, in the order asked for.
        settings: Data that replaces single keys of the files' tables: table -> key -> value.
    Raises:
        UsageError: A folder is missing, or there are profiles and none of that name.
        InputError: A file cannot be read, has no metadata or another package than its place asks for.
    """
    refuse_unknown_profiles(folders, profiles)
    files = _Files(folders)
    rules = sorted((_rule(*found, files) for found in _rule_files(folders, profiles)), key=lambda rule: rule.code)
    libraries = [
        module
        for place in ("", *dict.fromkeys(profiles))
        for label, folder, path in _below(folders, _inside(place, "lib"), "*.rego")
        for module in [files.module(label, folder, path)]
        if _is_library(module, place)
    ]
    _refuse_twice([*(rule.module for rule in rules), *libraries])
    tables, own = _tables(folders, profiles, files)
    data = _configured(tables, settings, files)
    filled = {rule.code.partition(".")[0] for rule in rules}
    return Policy(
        profiles=tuple(profiles),
        empty=tuple(profile for profile in profiles if profile not in filled),
        rules=tuple(rules),
        # Ours first, then each profile's own: regopy ends the process where one comes before what it is named after.
        libraries=tuple(libraries),
        data=data,
        own=own,
        files=tuple(sorted(files.refs, key=lambda ref: ref.path)),
        replaced=tuple(files.replaced),
    )


def apart(policy: Policy) -> tuple[Policy, ...]:
    """Split a policy into the parts that are evaluated apart: built-in rules, then those of other folders.

    The first part has no module of another folder, and no table of a profile without a rule in it. A part without
    rules is left out; a policy without any rule is returned as it is.
    """
    first = tuple(rule for rule in policy.rules if rule.module.first)
    later = tuple(rule for rule in policy.rules if not rule.module.first)
    if not first or not (later or any(not library.first for library in policy.libraries)):
        return (policy,)
    filled = {rule.code.partition(".")[0] for rule in first}
    built_in = msgspec.structs.replace(
        policy,
        rules=first,
        libraries=tuple(library for library in policy.libraries if library.first),
        own={profile: tables for profile, tables in policy.own.items() if profile in filled},
    )
    # A rule of another folder may still import a built-in one.
    libraries = (*policy.libraries, *(rule.module for rule in first))
    return (built_in, msgspec.structs.replace(policy, rules=later, libraries=libraries)) if later else (built_in,)


class _Files:
    """Reads files once, and remembers each by digest."""

    def __init__(self, folders: Sequence[tuple[str, Path]]) -> None:
        self.refs: list[FileRef] = []
        self.replaced: list[str] = []
        self._first = folders[0][0] if folders else ""

    def read(self, label: str, folder: Path, path: Path) -> tuple[str, bytes]:
        data = read_bytes(path)
        where = f"{label}{path.relative_to(folder).as_posix()}"
        self.note(where, data)
        return where, data

    def note(self, where: str, data: bytes) -> None:
        self.refs.append(FileRef(path=where, sha256=sha256_bytes(data), size=len(data)))

    def module(self, label: str, folder: Path, path: Path) -> Module:
        where, data = self.read(label, folder, path)
        try:
            source = data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise InputError(f"{where}: is not UTF-8: {error}") from error
        return Module(path=where, source=source, package=package_of(source, where=where), first=label == self._first)


def refuse_unknown_profiles(folders: Sequence[tuple[str, Path]], profiles: Iterable[str]) -> None:
    """Refuse folders that are missing, and names of profiles that none of the folders has.

    Raises:
        UsageError: There is one.
    """
    for _, folder in folders:
        if not folder.is_dir():
            raise UsageError(
                f"{folder}: no such policy folder",
                hint="Correct --policy or [policy].folders.",
                kind=ErrorClass.CONFIGURATION,
            )
    profiles = tuple(profiles)
    hidden = RESERVED | (APART - set(profiles))
    known = sorted(
        {
            entry.name
            for _, folder in folders
            for entry in folder.iterdir()
            if entry.is_dir() and entry.name not in hidden and not entry.name.startswith(".")
        }
    )
    for profile in profiles:
        # Where there is no profile at all, the policy is empty: that denies, and is no slip of the pen.
        if known and profile not in known:
            nearest = difflib.get_close_matches(profile, known, n=1, cutoff=0.0)
            raise UsageError(
                f"no policy profile is called {profile!r}; there are {', '.join(known)}",
                hint=f"The nearest is {nearest[0]!r}.",
                kind=ErrorClass.CONFIGURATION,
            )


def _below(folders: Iterable[tuple[str, Path]], name: str, pattern: str) -> list[tuple[str, Path, Path]]:
    return [
        (label, folder, path)
        for label, folder in folders
        for path in sorted((folder / name).rglob(pattern))
        if path.is_file() and not path.name.endswith("_test.rego")
    ]


def _rule_files(folders: Sequence[tuple[str, Path]], profiles: Iterable[str]) -> list[tuple[str, str, Path, Path]]:
    return [
        (profile, label, folder, path)
        for profile in dict.fromkeys(profiles)
        for label, folder, path in _below(folders, profile, "*.rego")
        if path.relative_to(folder / profile).parts[0] not in RESERVED
    ]


def _rule(profile: str, label: str, folder: Path, path: Path, files: _Files) -> Rule:
    module = files.module(label, folder, path)
    expected = f"{ROOT_PACKAGE}.{profile.replace('-', '_')}.{path.stem}"
    if module.package != expected:
        raise InputError(f"{module.path}: package is {module.package}, expected {expected} for its place")
    return Rule(code=f"{profile}.{path.stem}", module=module, metadata=metadata_of(module.source, where=module.path))


def _inside(profile: str, name: str) -> str:
    return f"{profile}/{name}" if profile else name


def _is_library(module: Module, profile: str) -> bool:
    """Check that a module has the package that its path requires.

    Raises:
        InputError: It has another.
    """
    lib = f"{ROOT_PACKAGE}.{profile.replace('-', '_')}.lib" if profile else f"{ROOT_PACKAGE}.lib"
    if module.package != lib and not module.package.startswith(f"{lib}."):
        raise InputError(f"{module.path}: package is {module.package}, expected {lib} or one below it")
    return True


def _refuse_twice(modules: Iterable[Module]) -> None:
    seen: dict[str, str] = {}
    for module in modules:
        first = seen.setdefault(module.package, module.path)
        if first != module.path:
            raise InputError(f"{module.path}: package {module.package} is that of {first} already")


def _tables(
    folders: Sequence[tuple[str, Path]], profiles: Iterable[str], files: _Files
) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Return all tables, and those of single profiles by profile."""
    merged: dict[str, Any] = {}
    own: dict[str, dict[str, Any]] = {}
    origins: dict[str, str] = {}
    for profile in ("", *dict.fromkeys(profiles)):
        for label, folder, path in _below(folders, _inside(profile, "data"), "*.json"):
            where, content = files.read(label, folder, path)
            table = load_plain(content, where=where)
            if not isinstance(table, dict):
                raise InputError(f"{where}: expected an object, found {type(table).__name__}")
            files.replaced += [f"{where} replaces {key!r} of {origins[key]}" for key in table if key in origins]
            origins |= dict.fromkeys(table, where)
            merged.update(table)
            if profile:
                own.setdefault(profile, {}).update(table)
    return merged, own


def _configured(tables: dict[str, Any], settings: dict[str, dict[str, Any]], files: _Files) -> dict[str, Any]:
    """Return the tables with the values that a configuration replaces."""
    if settings:
        files.note("config:policy", msgspec.json.encode(settings, order="sorted"))
    configured = {key: {**tables.get(key, {}), **values} for key, values in settings.items()}
    return dict(sorted({**tables, **configured}.items()))
