"""Our own code and pure-Python packages as one file that Python runs, the same bytes wherever it is made.

Members are stored, not compressed: what deflate gives depends on the zlib of the machine (docs/adr/0002).

Source: PEP 441; https://docs.python.org/3/library/zipapp.html
"""

from __future__ import annotations

import ast
import io
import zipfile
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path, PurePosixPath

from ops.supply_chain.core.canonical import read_bytes
from ops.supply_chain.core.errors import InputError

SHEBANG = b"#!/usr/bin/env python3\n"
MOMENT = (1980, 1, 1, 0, 0, 0)
"""The first moment that a ZIP file can hold."""

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
