"""What a project's metadata declares as plain dependencies: whoever installs the project gets these.

Only what is written out is read: `[project].dependencies` and Poetry's in `pyproject.toml`, `install_requires` in
`setup.cfg` and, as a literal, in `setup.py`.
"""

from __future__ import annotations

import ast
import configparser
import posixpath
from collections.abc import Callable, Iterable, Iterator

from ops.supply_chain.contracts.values.lock import Lock
from ops.supply_chain.core import plain_toml
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.names import normalise
from ops.supply_chain.formats.lock_formats import PYPROJECT
from ops.supply_chain.formats.project_metadata import SETUP_CFG, SETUP_PY
from ops.supply_chain.formats.pyproject import MAIN, read_pyproject

_INSTALLED = "install_requires"


def product_names(locks: Iterable[Lock], read: Callable[[str], bytes | None]) -> tuple[str, ...]:
    """Return the packages that the projects beside some locks declare as plain dependencies.

    Args:
        locks: Any order.
        read: Reads a file by its path relative to the project; raises `InputError`.
    Returns:
        PEP 503 names, sorted. What cannot be read declares nothing here; it is reported where locks are found.
    """
    folders = {posixpath.dirname(lock.path) for lock in locks}
    folders |= {posixpath.dirname(folder) for folder in folders}
    return tuple(sorted({name for folder in folders for name in _declared(folder, read)}))


def _declared(folder: str, read: Callable[[str], bytes | None]) -> Iterator[str]:
    for file_name, names in ((PYPROJECT, _of_pyproject), (SETUP_CFG, _of_setup_cfg), (SETUP_PY, _of_setup_py)):
        try:
            data = read(posixpath.join(folder, file_name))
            yield from names((data or b"").decode("utf-8-sig"))
        except (InputError, ValueError, RecursionError, configparser.Error, plain_toml.TomlError, SyntaxError):
            continue


def _of_pyproject(text: str) -> Iterator[str]:
    found = read_pyproject(plain_toml.load(text))
    yield from (dependency.name for dependency in found.dependencies if dependency.group == MAIN)


def _of_setup_cfg(text: str) -> Iterator[str]:
    parser = configparser.RawConfigParser(strict=False)
    parser.read_string(text)
    yield from _names(parser.get("options", _INSTALLED, fallback="").splitlines())


def _of_setup_py(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        for keyword in node.keywords if isinstance(node, ast.Call) else ():
            if keyword.arg == _INSTALLED and isinstance(keyword.value, ast.List):
                values = (item.value for item in keyword.value.elts if isinstance(item, ast.Constant))
                yield from _names(value for value in values if isinstance(value, str))


def _names(requirements: Iterable[str]) -> Iterator[str]:
    from packaging.requirements import InvalidRequirement, Requirement

    for text in requirements:
        try:
            yield normalise(Requirement(text.strip()).name)
        except InvalidRequirement:
            continue
