"""What each file of a project declares that could need a lock, read without running anything.

What cannot be read for sure counts as declared: its dependencies are unknown.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from ops.supply_chain.core import plain_toml
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.names import normalise
from ops.supply_chain.core.text import excerpt
from ops.supply_chain.dependencies.locks.other_names import may_be_any
from ops.supply_chain.formats import tool_tables
from ops.supply_chain.formats.lock_formats import PIPFILE, PYPROJECT
from ops.supply_chain.formats.pipfile import read_pipfile
from ops.supply_chain.formats.pyproject import INDEX_SOURCES, DeclaredDependency, read_pyproject
from ops.supply_chain.formats.requirements_encoding import UndecodableError, decode_requirements
from ops.supply_chain.formats.script_metadata import START, script_block
from ops.supply_chain.formats.setup_files import SetupDeclarations, read_setup_cfg, read_setup_py

SETUP_FILES = ("setup.py", "setup.cfg")
DYNAMIC = "it leaves its dependencies to a build backend"
_SCRIPT_NAME = re.compile(r"(?i:.*\.(?:py[wx3]?|ipy|xsh|(?:ba|z)?sh))|[^.]+")


_CURRENT = {
    "implementation_name": "cpython", "implementation_version": "3.13.0", "os_name": "posix", "platform_machine": "x86_64",
    "platform_python_implementation": "CPython", "platform_release": "6.1", "platform_system": "Linux", "platform_version": "",
    "python_full_version": "3.13.0", "python_version": "3.13", "sys_platform": "linux", "extra": "",
}  # fmt: skip
"""An environment for markers that is the same on every machine."""


class Declaration(NamedTuple):
    """What one file declares.

    `wanted` are its requirements as (PEP 503 name, version range); a range is PEP 440's or Poetry's, and empty for any
    version. `files` are requirements files that it takes further ones from, relative to the project. `unknown` is why
    the requirements may not be all, empty if they are. `own` are places in it that no lock of the project can cover: environments of
    hatch, packages of pixi. `is_script` is True for a script, whose lock is its own. `asked` are the requirements that are needed on a
    current Python, as (PEP 503 name, version range, owner): the owner is a tool whose table asks for it, `project` or
    `dependency-groups` for the standard ones, or `setup` and `script` for those of such files.
    """

    wanted: tuple[tuple[str, str], ...] = ()
    files: tuple[str, ...] = ()
    unknown: str = ""
    own: tuple[str, ...] = ()
    is_script: bool = False
    asked: tuple[tuple[str, str, str], ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether it declares nothing for sure."""
        return not (self.wanted or self.files or self.unknown or self.own)

    @property
    def is_dynamic(self) -> bool:
        """Whether a build backend decides dependencies that it does not name."""
        return self.unknown == DYNAMIC

    def without_dynamic(self) -> Declaration:
        """Return what it declares itself."""
        return self._replace(unknown="")


NOTHING = Declaration()


def may_declare(name: str) -> bool:
    """Return whether a file of this name could declare dependencies; requirements files are not among them."""
    return is_expected(name) or may_be_any(name)


def is_expected(name: str) -> bool:
    """Return whether files of this name often declare dependencies: made for it, or a script by its name."""
    return is_manifest(name) or _SCRIPT_NAME.fullmatch(name) is not None


def is_manifest(name: str) -> bool:
    """Return whether a file is made to declare dependencies, by its name alone, in upper or lower case."""
    return name.lower() in _READERS


def read_declaration(path: str, data: bytes) -> Declaration:
    """Read what a file declares.

    Args:
        path: Relative to the project, with `/`.
        data: Its content.
    """
    folder, name = posixpath.split(path)
    reader = _READERS.get(name.lower())
    if reader is None:
        return _script(name, data)
    try:
        return reader(decode_requirements(data), folder)
    except (UndecodableError, plain_toml.TomlError, InputError) as error:
        return Declaration(unknown=f"cannot be read: {excerpt(error)}")


def _pyproject(text: str, folder: str) -> Declaration:
    document = plain_toml.load(text)
    found = read_pyproject(document)
    tool = document.get("tool")
    tool = tool if isinstance(tool, dict) else {}
    requirements = [*tool_tables.listed(tool, "rye", "dev-dependencies")]
    requirements += tool_tables.listed(tool, "flit", "metadata", "requires")
    requirements += _uv_settings(document)
    files = _dynamic_files(tool, folder)
    unknown = f"{found.problems[0].path}: {found.problems[0].message}" if found.problems else ""
    if found.dynamic and not (files or found.has_poetry_dependencies):
        unknown = unknown or DYNAMIC
    more, wrong = _parsed(requirements)
    wanted = dict.fromkeys([*_wanted(found.dependencies, found.overridden), *more])
    asked = [
        (name, constraint, _owner(dependency.path))
        for dependency in found.dependencies
        if _is_needed(dependency.marker)
        for name, constraint in _wanted([dependency], found.overridden)
    ]
    for owner, keys in (("rye", ("dev-dependencies",)), ("flit", ("metadata", "requires"))):
        asked += [(name, constraint, owner) for name, constraint in _parsed(tool_tables.listed(tool, owner, *keys))[0]]
    own = tool_tables.other_tables(tool)
    return Declaration(tuple(wanted), files, unknown or wrong, own, asked=tuple(dict.fromkeys(asked)))


def _owner(path: str) -> str:
    parts = path.split(".")
    return parts[1] if parts[0] == "tool" else parts[0]


def _is_needed(marker: str) -> bool:
    """Return whether a requirement is needed on a current Python on Linux, or its marker cannot be read."""
    from packaging.markers import InvalidMarker, Marker, UndefinedEnvironmentName

    try:
        return not marker or Marker(marker).evaluate(_CURRENT)
    except (InvalidMarker, UndefinedEnvironmentName, RecursionError):
        return True


def _dynamic_files(tool: Mapping[str, Any], folder: str) -> tuple[str, ...]:
    """Return the requirements files that setuptools or a hook of hatch reads."""
    dynamic = _at(tool, "setuptools", "dynamic")
    extras = _at(dynamic, "optional-dependencies")
    tables = [_at(dynamic, "dependencies"), *(_at(extras, extra) for extra in extras)]
    written = [table.get("file", []) for table in tables]
    written.append(_at(tool, "hatch", "metadata", "hooks", "requirements_txt").get("files", []))
    names = [name for value in written for name in (value if isinstance(value, list) else [value])]
    return tuple(_below(folder, name) for name in names if isinstance(name, str))


def _pipfile(text: str, _folder: str) -> Declaration:
    dependencies = read_pipfile(plain_toml.load(text), where=PIPFILE)
    return Declaration(tuple(_wanted(dependencies, frozenset())))


def _hatch(text: str, _folder: str) -> Declaration:
    return Declaration(own=tool_tables.hatch_environments(plain_toml.load(text)))


def _pixi(text: str, _folder: str) -> Declaration:
    return Declaration(own=tool_tables.pixi_tables(plain_toml.load(text)))


def _uv(text: str, _folder: str) -> Declaration:
    document = plain_toml.load(text)
    requirements = [text for name in tool_tables.UV_LISTS for text in tool_tables.listed(document, name)]
    wanted, wrong = _parsed(requirements)
    return Declaration(tuple(wanted), unknown=wrong)


def _setup_cfg(text: str, folder: str) -> Declaration:
    return _setup(read_setup_cfg(text), folder)


def _setup_py(text: str, folder: str) -> Declaration:
    return _setup(read_setup_py(text), folder)


def _setup(found: SetupDeclarations, folder: str) -> Declaration:
    wanted, wrong = _parsed(found.requirements)
    files = tuple(_below(folder, name) for name in found.files)
    asked = tuple((name, constraint, "setup") for name, constraint in dict.fromkeys(wanted))
    return Declaration(tuple(dict.fromkeys(wanted)), files, found.unknown or wrong, asked=asked)


def _script(name: str, data: bytes) -> Declaration:
    if START not in data or not may_declare(name):
        return NOTHING
    try:
        block = script_block(data.decode("utf-8", "replace"))
        document = plain_toml.load(block or "")
    except ValueError as error:
        return Declaration(unknown=f"its '# /// script' block cannot be read: {excerpt(error)}", is_script=True)
    written = document.get("dependencies", [])
    if not isinstance(written, list):
        return Declaration(unknown="its '# /// script' block has no array of dependencies", is_script=True)
    texts = [*map(str, written), *_uv_settings(document)]
    wanted, wrong = _parsed(texts)
    asked = tuple((name, constraint, "script") for name, constraint in _parsed(map(str, written))[0])
    return Declaration(tuple(wanted), unknown=wrong, is_script=True, asked=asked)


def _uv_settings(document: Mapping[str, Any]) -> list[str]:
    """Return what uv's settings add to the dependencies of a project or script."""
    return [text for name in tool_tables.UV_LISTS[1:] for text in tool_tables.listed(document, "tool", "uv", name)]


def _wanted(dependencies: Iterable[DeclaredDependency], overridden: frozenset[str]) -> Iterable[tuple[str, str]]:
    for dependency in dependencies:
        free = dependency.name in overridden or dependency.source not in INDEX_SOURCES
        yield dependency.name, "" if free else dependency.constraint


def _parsed(requirements: Iterable[str]) -> tuple[list[tuple[str, str]], str]:
    """Return each requirement as name and range, and the first that is not a requirement, empty if all are."""
    from packaging.requirements import InvalidRequirement, Requirement

    found: list[tuple[str, str]] = []
    wrong = ""
    for text in requirements:
        try:
            parsed = Requirement(text.split(" #", 1)[0].strip())
        except (InvalidRequirement, RecursionError):
            wrong = wrong or text
        else:
            found.append((normalise(parsed.name), str(parsed.specifier)))
    return found, f"{excerpt(wrong)!r} in it is not a requirement" if wrong else ""


def _below(folder: str, name: str) -> str:
    return posixpath.normpath(posixpath.join(folder, name))


def _at(table: Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    value: Any = table
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


_READERS: dict[str, Callable[[str, str], Declaration]] = {
    PYPROJECT: _pyproject,
    PIPFILE.lower(): _pipfile,
    "hatch.toml": _hatch,
    "pixi.toml": _pixi,
    "mojoproject.toml": _pixi,
    "uv.toml": _uv,
    "setup.cfg": _setup_cfg,
    "setup.py": _setup_py,
}
