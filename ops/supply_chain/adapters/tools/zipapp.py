"""Our own code and pure-Python packages as one file that Python runs, the same bytes wherever it is made.

Members are stored, not compressed: what deflate gives depends on the zlib of the machine (docs/adr/0002). Next to each module is
its compiled form, which Python reads instead where its own minor version made it; any other Python reads the source.

Source: PEP 441, PEP 552; https://docs.python.org/3/library/zipapp.html, https://docs.python.org/3/library/marshal.html
"""

from __future__ import annotations

import ast
import io
import marshal
import sys
import zipfile
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import MAGIC_NUMBER, source_hash
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from ops.supply_chain.core.canonical import read_bytes
from ops.supply_chain.core.errors import InputError

SHEBANG = b"#!/usr/bin/env python3\n"
MOMENT = (1980, 1, 1, 0, 0, 0)
"""The first moment that a ZIP file can hold."""

COMPILER = f"{sys.implementation.name} {sys.version_info.major}.{sys.version_info.minor}"
"""The Python whose compiled form `compiled` gives."""

_SOURCE, _COMPILED = ".py", ".pyc"
_UNCHECKED = (0b01).to_bytes(4, "little")
"""Flags of PEP 552: the source's hash and no time is in the file, and Python does not compare it with the source."""

_FORMAT = 2
"""Of marshal: later ones mark what is referred to elsewhere, which depends on what else the interpreter has loaded."""

_PLACE = "<zipapp>"
"""Before the path in tracebacks: a file of that name in the current folder is not taken for the source."""

_LICENCES = ("LICENSE", "LICENCE", "COPYING", "NOTICE", "METADATA")


def own_modules(root: Path, start: str) -> dict[str, bytes]:
    """Return one of our modules and all our modules that it imports, anywhere in its code.

    Args:
        root: The checkout: the folder that holds the top package.
        start: Dotted name of the module.
    Returns:
        Path relative to `root` -> bytes.
    Raises:
        InputError: A module cannot be read.
    """
    top = start.partition(".")[0]
    found: dict[str, bytes] = {}
    waiting = [start]
    while waiting:
        path = _path_of(root, waiting.pop())
        if path is None or path in found:
            continue
        found[path] = read_bytes(root / path)
        waiting += [name for name in _imports(found[path], path) if name.partition(".")[0] == top]
    return found


def installed_package(name: str) -> tuple[str, dict[str, bytes]]:
    """Read a pure-Python distribution that is installed: its modules, and the licences that go with them.

    Returns:
        `name version`, and path -> bytes.
    Raises:
        InputError: It is not installed, or has compiled parts.
    """
    try:
        found = distribution(name)
    except PackageNotFoundError as error:
        raise InputError(f"{name}: is not installed", hint="Run this in the pipeline's environment.") from error
    files = {PurePosixPath(str(path)): path for path in found.files or ()}
    compiled = [str(path) for path in files if path.suffix in (".so", ".pyd", ".dylib")]
    if compiled:
        raise InputError(f"{name}: {compiled[0]} is compiled and cannot travel in a zipapp")
    wanted = {str(path): Path(str(found_file.locate())) for path, found_file in files.items() if _travels(path)}
    return f"{found.metadata['Name']} {found.version}", {path: read_bytes(file) for path, file in wanted.items()}


def pack(members: Mapping[str, bytes]) -> bytes:
    """Write a zipapp; members are sorted and carry one moment and mode 0644."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as handle:
        for name, data in sorted(members.items()):
            info = zipfile.ZipInfo(name, MOMENT)
            info.create_system = 3  # Unix, whatever this machine is
            info.external_attr = 0o100644 << 16
            handle.writestr(info, data)
    return SHEBANG + buffer.getvalue()


def compiled(members: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the compiled form of each module: path -> bytes. They depend on the source, its path and Python's minor version.

    A module with a constant that marshal's format 2 does not have is left out.
    """
    return {
        f"{path}c": found
        for path, data in members.items()
        if path.endswith(_SOURCE) and (found := _compiled(path, data)) is not None
    }


def _compiled(path: str, data: bytes) -> bytes | None:
    code = compile(data, f"{_PLACE}/{path}", "exec", dont_inherit=True, optimize=0)
    try:
        return b"".join((MAGIC_NUMBER, _UNCHECKED, source_hash(data), marshal.dumps(code, _FORMAT)))
    except ValueError:
        return None


class CompiledParts(NamedTuple):
    """The compiled members of a zipapp: how many; those that are not what their source compiles to; those of another Python."""

    total: int
    differing: tuple[str, ...]
    foreign: tuple[str, ...]


def compiled_parts(data: bytes) -> CompiledParts:
    """Compile the sources in a zipapp again, and compare; nothing of it is run.

    Python reads archives in a way of its own, so the file must be what `pack` makes of its members: then both read the same.

    Raises:
        InputError: It is no zipapp, has two members of one name, or another reader could find other members in it.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as handle:
            names = handle.namelist()
            members = {name: handle.read(name) for name in names}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError) as error:
        raise InputError(f"is no zipapp that can be read: {error}") from error
    if len(members) != len(names):
        raise InputError("has two members of one name")
    if pack(members) != data:
        raise InputError(
            "is not packed as a verifier is: Python could read other members in it than those that are compared"
        )
    found = [name for name in names if name.endswith(_COMPILED)]
    foreign = [name for name in found if not members[name].startswith(MAGIC_NUMBER)]
    differing = [name for name in found if name not in foreign and members[name] != _own(name[:-1], members)]
    return CompiledParts(len(found), tuple(differing), tuple(foreign))


def _own(path: str, members: Mapping[str, bytes]) -> bytes | None:
    try:
        return _compiled(path, members[path])
    except (KeyError, SyntaxError, ValueError):
        return None


def _path_of(root: Path, module: str) -> str | None:
    base = module.replace(".", "/")
    return next((path for path in (f"{base}.py", f"{base}/__init__.py") if (root / path).is_file()), None)


def _imports(data: bytes, path: str) -> list[str]:
    try:
        tree = ast.parse(data)
    except (SyntaxError, ValueError) as error:
        raise InputError(f"{path}: is no Python: {error}") from error
    parents = PurePosixPath(path).parents
    found = [str(parent).replace("/", ".") for parent in parents if str(parent) != "."]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return found


def _travels(path: PurePosixPath) -> bool:
    if ".." in path.parts or path.is_absolute():
        return False
    if any(part.endswith(".dist-info") for part in path.parts):
        return path.name.startswith(_LICENCES)
    return path.suffix == ".py" and "__pycache__" not in path.parts
