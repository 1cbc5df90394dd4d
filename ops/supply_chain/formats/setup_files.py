"""The dependencies that `setup.cfg` and `setup.py` declare, as far as they can be read without running anything.

Source: https://setuptools.pypa.io/en/latest/userguide/declarative_config.html,
https://setuptools.pypa.io/en/latest/references/keywords.html
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator
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
    import configparser  # few projects have the file

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
    nodes = list(ast.walk(tree))
    if not _BUILDERS.search(text) and not any(map(_runs_other_code, nodes)):
        return SetupDeclarations()  # a module that is called setup and builds nothing
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
    names |= {node.target.id: node.value for node in nodes if isinstance(node, ast.AnnAssign) and node.value is not None
              and isinstance(node.target, ast.Name)}  # fmt: skip
    changed = _changed_names(nodes, values)
    is_known = not _hides_calls(nodes, called)
    requirements: list[str] = []
    for value in values:
        name = value.id if isinstance(value, ast.Name) else ""
        is_known = is_known and name not in changed
        try:
            requirements += _texts(ast.literal_eval(names.get(name, value)))
        except (ValueError, TypeError, RecursionError, MemoryError):
            is_known = False
    if not is_known:
        # What is written out of it counts in any case, and so does every file that it may read.
        requirements += [text for text in strings if re.search(r"[\w\]]\s*(?:[=~!<>]=|<|>|@)\s*\S", text)]
        files = [text for text in strings if _FILE_NAME.fullmatch(text)]
        return SetupDeclarations(tuple(dict.fromkeys(requirements)), tuple(dict.fromkeys(files)), _COMPUTED)
    return SetupDeclarations(tuple(dict.fromkeys(requirements)))


_COMPUTED = "its dependencies are known only to the program in it"


_RUNNERS = frozenset(
    {"exec", "eval", "execfile", "__import__", "import_module", "run_path", "run_module", "exec_module"}
)
_HARMLESS = frozenset({"print", "len", "sorted", "list", "tuple", "set", "str"})
"""Functions that leave a list as it is."""


def _runs_other_code(node: ast.AST) -> bool:
    """Return whether a call runs code that is not written out in the file."""
    return isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in _RUNNERS


def _hides_calls(nodes: list[ast.AST], called: set[str]) -> bool:
    """Return whether `setup` may be called where no call of it is written: by another name, or by code that is run."""
    direct = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    uses = [
        node
        for node in nodes
        if (isinstance(node, ast.Name) and node.id in called and isinstance(node.ctx, ast.Load))
        or (isinstance(node, ast.Attribute) and node.attr == "setup")
    ]
    if any(id(node) not in direct for node in uses):
        return True
    run = [node for node in nodes if _runs_other_code(node)]
    texts = [part.value for node in run for part in ast.walk(node) if isinstance(part, ast.Constant)]
    # Code that is run to learn a version is usual; it hides nothing where `setup` is called in the file itself.
    return bool(run) and (not uses or any("setup" in str(text) or "requires" in str(text) for text in texts))


def _changed_names(nodes: list[ast.AST], values: list[ast.expr]) -> set[str]:
    """Return the names whose value may be another one than is assigned: bound twice, or used where it can be changed."""
    safe = {id(value) for value in values} | {id(part) for node in nodes for part in _read_only(node)}
    found = [node for node in nodes if isinstance(node, ast.Name)]
    bound = Counter(node.id for node in found if not isinstance(node.ctx, ast.Load))
    changed = {name for name, times in bound.items() if times > 1}
    changed |= {node.id for node in found if isinstance(node.ctx, ast.Load) and id(node) not in safe}
    changed |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    return changed | {name for node in nodes if isinstance(node, (ast.Global, ast.Nonlocal)) for name in node.names}


def _read_only(node: ast.AST) -> Iterable[ast.AST]:
    """Return the parts of an expression that it leaves as they are."""
    if isinstance(node, (ast.BinOp, ast.Compare)):
        return ast.iter_child_nodes(node)
    if isinstance(node, (ast.For, ast.comprehension)):
        return (node.iter,)
    is_harmless = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _HARMLESS
    return node.args if is_harmless and isinstance(node, ast.Call) else ()


def _values(nodes: list[ast.AST], called: set[str]) -> Iterator[ast.expr]:
    """Yield the values of dependency keywords, in calls, mappings and assignments, and what is unpacked into `setup()`."""
    for node in nodes:
        if isinstance(node, ast.Call):
            is_setup = getattr(node.func, "id", getattr(node.func, "attr", "")) in called
            for keyword in node.keywords:
                if keyword.arg in (*_KEYS, _EXTRAS) or (keyword.arg is None and is_setup):
                    yield keyword.value
        else:
            yield from (value for key, value in _entries(node) if key in (*_KEYS, _EXTRAS))


def _entries(node: ast.AST) -> Iterator[tuple[object, ast.expr]]:
    """Yield the constant keys of a mapping, or of an assignment to its elements, with their values."""
    pairs: list[tuple[ast.expr | None, ast.expr]] = []
    if isinstance(node, ast.Dict):
        pairs += zip(node.keys, node.values, strict=True)
    elif isinstance(node, ast.Assign):
        pairs += ((target.slice, node.value) for target in node.targets if isinstance(target, ast.Subscript))
    for key, value in pairs:
        if isinstance(key, ast.Constant):
            yield key.value, value


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
