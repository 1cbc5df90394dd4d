"""The dependencies that `setup.cfg` and `setup.py` declare, as far as they can be read without running anything.

Source: https://setuptools.pypa.io/en/latest/userguide/declarative_config.html,
https://setuptools.pypa.io/en/latest/references/keywords.html
"""

from __future__ import annotations

import ast
import configparser
import re
from collections.abc import Iterator
from typing import NamedTuple

from ops.supply_chain.core.text import excerpt

_KEYS = ("install_requires", "setup_requires", "tests_require", "requires_dist")
_EXTRAS = "extras_require"
_BUILDERS = re.compile(r"\b(?:setuptools|distutils|skbuild|numpy\.distutils|pbr|setup)\b")
_FILE_NAME = re.compile(r"[\w./-]+\.(?:txt|in|pip|lock)")


class SetupDeclarations(NamedTuple):
    """What a setup file declares.

    `requirements` are the texts in order, without duplicates. `files` are the requirements files that it names, as
    written. `unknown` is why they may not be all; empty if they are.
    """

    requirements: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    unknown: str = ""


def read_setup_cfg(text: str) -> SetupDeclarations:
    """Read a `setup.cfg`; most of them only configure tools and declare nothing."""
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text.removeprefix("\ufeff"))
    except (configparser.Error, ValueError) as error:
        return SetupDeclarations(unknown=f"cannot be read: {excerpt(error)}")
    values = [
        parser[section][key]
        for section in ("options", "metadata")
        if section in parser
        for key in parser[section]
        if key.replace("-", "_") in _KEYS
    ]
    values += list(parser["options.extras_require"].values()) if "options.extras_require" in parser else []
    requirements: list[str] = []
    files: list[str] = []
    for value in values:
        for line in re.split(r"[\n;](?!\s*(?:python|sys|os|platform|implementation|extra))", value):
            listed = line.strip()
            if listed.startswith("file:"):
                files += [name.strip() for name in listed.removeprefix("file:").split(",") if name.strip()]
            elif listed and not listed.startswith("#"):
                requirements.append(listed)
    return SetupDeclarations(tuple(dict.fromkeys(requirements)), tuple(dict.fromkeys(files)))


def read_setup_py(text: str) -> SetupDeclarations:
    """Read a `setup.py` without running it.

    Returns:
        Nothing where its calls name no dependencies; `unknown` where a value is not written out.
    """
    try:
        tree = ast.parse(text.removeprefix("\ufeff"))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return SetupDeclarations(unknown=f"cannot be read: {excerpt(error)}")
    if not _BUILDERS.search(text):
        return SetupDeclarations()  # a module that is called setup and builds nothing
    nodes = list(ast.walk(tree))
    called = {"setup"} | {
        alias.asname
        for node in nodes
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.name == "setup" and alias.asname
    }
    values = list(_values(nodes, called))
    strings = [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    names = {target.id: node.value for node in nodes if isinstance(node, ast.Assign) for target in node.targets
             if isinstance(target, ast.Name)}  # fmt: skip
    requirements: list[str] = []
    for value in values:
        known = names.get(value.id, value) if isinstance(value, ast.Name) else value
        try:
            requirements += _texts(ast.literal_eval(known))
        except (ValueError, TypeError, RecursionError, MemoryError):
            # What is written out of it counts in any case, and so does every file that it may read.
            requirements += [text for text in strings if re.search(r"[\w\]]\s*(?:[=~!<>]=|<|>|@)\s*\S", text)]
            files = [text for text in strings if _FILE_NAME.fullmatch(text)]
            return SetupDeclarations(tuple(dict.fromkeys(requirements)), tuple(dict.fromkeys(files)), _COMPUTED)
    return SetupDeclarations(tuple(dict.fromkeys(requirements)))


_COMPUTED = "its dependencies are known only to the program in it"


def _values(nodes: list[ast.AST], called: set[str]) -> Iterator[ast.expr]:
    """Yield the values of dependency keywords, in calls and in mappings, and what is unpacked into `setup()`."""
    for node in nodes:
        if isinstance(node, ast.Call):
            is_setup = getattr(node.func, "id", getattr(node.func, "attr", "")) in called
            for keyword in node.keywords:
                if keyword.arg in (*_KEYS, _EXTRAS) or (keyword.arg is None and is_setup):
                    yield keyword.value
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value in (*_KEYS, _EXTRAS):
                    yield value


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield from filter(None, map(str.strip, value.splitlines()))
    elif isinstance(value, dict):
        # A mapping is `extras_require`, or what is unpacked into `setup()`.
        unpacked = {key: part for key, part in value.items() if key in (*_KEYS, _EXTRAS)}
        is_call = not value.keys().isdisjoint({"name", "version", "packages"}) or bool(unpacked)
        for part in (unpacked if is_call else value).values():
            yield from _texts(part)
    elif isinstance(value, (list, tuple, set)):
        for part in value:
            yield from _texts(part)
    elif value is not None:
        raise TypeError
