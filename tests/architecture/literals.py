"""The strings that the code is written with, assembled ones included: what `surface` derives its lists from.

Nothing here depends on where a module lies or what a function is called, so that code can move and be renamed
while what it says to other programs stays.
"""

from __future__ import annotations

import ast
import gc
import itertools
import re
from collections.abc import Iterator
from functools import cache, cached_property
from pathlib import Path
from typing import TypeVar

from ops import supply_chain

_MOST_STEPS = 6
"""How many calls a value is followed through."""

Function = ast.FunctionDef | ast.AsyncFunctionDef
Placed = tuple[ast.AST, Function | None, int]
"""A node, its enclosing function, and its module's number."""

Node = TypeVar("Node", bound=ast.AST)
_KINDS = {
    *(ast.Call, ast.ClassDef, ast.Constant, ast.Dict, ast.JoinedStr, ast.Name),
    *(ast.FunctionDef, ast.AsyncFunctionDef),
}
"""The nodes that are asked for by their kind."""


@cache
def sources_of_all() -> Sources:
    """Return every module, parsed once in a process."""
    return Sources()


class Sources:
    """Every module under `ops`, parsed once; `nodes_of` has the nodes of one of them by its path.

    Nodes that only say whether a name is read or set are left out: there is one object for each kind of them.
    """

    def __init__(self) -> None:
        root = Path(supply_chain.__path__[0]).parent
        self.paths = sorted(root.rglob("*.py"))
        gc.disable()  # hundreds of thousands of nodes, none of which can go
        self.trees = [ast.parse(path.read_bytes()) for path in self.paths]
        self._placed = [list(_within(tree, None)) for tree in self.trees]
        self._kinds: dict[type, list[Placed]] = {}
        for number, found in enumerate(self._placed):
            for node, function in found:
                if type(node) in _KINDS:
                    self._kinds.setdefault(type(node), []).append((node, function, number))
        gc.freeze()
        gc.enable()

    @cached_property
    def nodes_of(self) -> dict[Path, list[ast.AST]]:
        """Path -> every node of that module, itself first."""
        placed = zip(self.paths, self.trees, self._placed, strict=True)
        return {path: [tree, *(node for node, _function in found)] for path, tree, found in placed}

    def placed(self, kind: type[Node]) -> Iterator[tuple[Node, Function | None]]:
        """Yield every node of one kind in every module, with its enclosing function."""
        yield from ((node, function) for node, function, _number in self._kinds.get(kind, ()))  # type: ignore[misc]

    @cached_property
    def constants(self) -> set[str]:
        """Every string constant, docstrings included."""
        return {node.value for node, _function in self.placed(ast.Constant) if isinstance(node.value, str)}

    @cached_property
    def calls(self) -> dict[str, list[tuple[ast.Call, Function | None]]]:
        """Every call by the last part of the called name, with its enclosing function."""
        found: dict[str, list[tuple[ast.Call, Function | None]]] = {}
        for call, function in self.placed(ast.Call):
            found.setdefault(_last(call.func), []).append((call, function))
        return found

    @cached_property
    def functions(self) -> dict[str, list[Function]]:
        """Every function and method by name."""
        found: dict[str, list[Function]] = {}
        every: list[Function] = [node for node, _function in self.placed(ast.FunctionDef)]
        every += [node for node, _function in self.placed(ast.AsyncFunctionDef)]
        for node in every:
            found.setdefault(node.name, []).append(node)
        return found

    @cached_property
    def enumerations(self) -> dict[str, set[str]]:
        """Class name -> the strings that it names: the values of every enumeration."""
        return {
            node.name: {
                item.value.value
                for item in node.body
                if isinstance(item, ast.Assign)
                and isinstance(item.value, ast.Constant)
                and isinstance(item.value.value, str)
            }
            for node, _function in self.placed(ast.ClassDef)
            if any("Enum" in ast.unparse(base) for base in node.bases)
        }

    def joined(self, shape: re.Pattern[str]) -> Iterator[str]:
        """Yield what f-strings can become.

        Args:
            shape: Of the f-strings that are wanted, with `{}` for each part that is not written out.
        """
        for outline, node, function in self._outlines:
            if shape.fullmatch(outline):
                yield from self.values(node, function)

    @cached_property
    def _outlines(self) -> list[tuple[str, ast.JoinedStr, Function | None]]:
        return [(_outline(node), node, function) for node, function in self.placed(ast.JoinedStr)]

    def dictionaries(self) -> Iterator[tuple[ast.Dict, Function | None]]:
        """Yield each dictionary that is written out, with its enclosing function."""
        yield from self.placed(ast.Dict)

    def literals(self, node: ast.AST | None) -> Iterator[ast.Dict]:
        """Yield the dictionaries that an expression can be: written there, or in a function that it calls."""
        if isinstance(node, ast.Dict):
            yield node
        elif isinstance(node, ast.Call):
            for function in self.functions.get(_last(node.func), ()):
                for item in ast.walk(function):
                    if isinstance(item, ast.Return | ast.Assign) and isinstance(item.value, ast.Dict):
                        yield item.value

    def values(self, node: ast.AST | None, function: Function | None, steps: int = 0) -> set[str]:
        """Return the strings that an expression can be; `{}` where that cannot be known."""
        found: set[str] = set()
        if steps <= _MOST_STEPS:
            match node:
                case ast.Constant(value=str(text)):
                    found = {text}
                case ast.JoinedStr(values=parts):
                    words = [self.values(part, function, steps + 1) for part in parts]
                    found = {"".join(chosen) for chosen in itertools.product(*words)}
                case ast.FormattedValue(value=inner):
                    found = self.values(inner, function, steps)
                case ast.IfExp(body=first, orelse=second):
                    found = self.values(first, function, steps + 1) | self.values(second, function, steps + 1)
                case ast.Attribute(value=owner, attr="value"):
                    found = self._members(owner, function)
                case ast.Name(id=name):
                    found = self._named(name, function, steps) or self._texts.get(name, set())
        return found or {"{}"}

    def _members(self, node: ast.AST, function: Function | None) -> set[str]:
        """Return what an enumeration's member can be: a parameter by its annotation, or a field of one."""
        if isinstance(node, ast.Name):
            return self.enumerations.get(_annotation(node.id, function), set())
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            owner = _annotation(node.value.id, function)
            kinds = {kind for name, field, kind in self._fields if (name, field) == (owner, node.attr)}
            return set().union(*(self.enumerations.get(kind, set()) for kind in kinds))
        return set()

    @cached_property
    def _fields(self) -> list[tuple[str, str, str]]:
        return [
            (node.name, item.target.id, ast.unparse(item.annotation))
            for node, _function in self.placed(ast.ClassDef)
            for item in node.body
            if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)
        ]

    def _named(self, name: str, function: Function | None, steps: int) -> set[str]:
        if function is None:
            return set()
        found: set[str] = set()
        if name in {item.arg for item in _parameters(function)}:
            for call, caller in self._calls_of(function):
                given = _argument(call, function, name)
                found |= self.values(given, caller, steps + 1) if given is not None else set()
        for node in ast.walk(function):
            targets = node.targets if isinstance(node, ast.Assign) else []
            if any(isinstance(item, ast.Name) and item.id == name for item in targets):
                found |= self.values(node.value, function, steps + 1)  # type: ignore[attr-defined]
            if isinstance(node, ast.For | ast.comprehension):
                found |= self._looped(node.target, node.iter, name)
        return found

    def _calls_of(self, function: Function) -> list[tuple[ast.Call, Function | None]]:
        """Return the calls of a function: of a private one, those in its own module."""
        found = self.calls.get(function.name, [])
        if not function.name.startswith("_"):
            return found
        own = self._tree_of[id(function)]
        return [(call, caller) for call, caller in found if self._tree_of[id(call)] == own]

    @cached_property
    def _tree_of(self) -> dict[int, int]:
        kinds = (ast.Call, ast.Name, ast.FunctionDef, ast.AsyncFunctionDef)
        return {id(node): number for kind in kinds for node, _function, number in self._kinds.get(kind, ())}

    def _looped(self, target: ast.AST, over: ast.AST, name: str) -> set[str]:
        """Return the constants that a loop's variable takes from a literal, or from a table of the same tree."""
        if isinstance(over, ast.Call) and isinstance(over.func, ast.Attribute) and over.func.attr in {"items", "keys"}:
            over = over.func.value
        if isinstance(over, ast.Name):
            over = self._tables.get((self._tree_of[id(over)], over.id), over)
        place = [ast.unparse(item) for item in target.elts] if isinstance(target, ast.Tuple) else [ast.unparse(target)]
        if name not in place:
            return set()
        rows: list[ast.AST | None] = []
        if isinstance(over, ast.Dict) and place.index(name) == 0:
            rows = list(over.keys)
        elif isinstance(over, ast.Tuple | ast.List | ast.Set):
            rows = [
                item.elts[place.index(name)] if isinstance(item, ast.Tuple) and len(place) > 1 else item
                for item in over.elts
            ]
        return {row.value for row in rows if isinstance(row, ast.Constant) and isinstance(row.value, str)}

    @cached_property
    def _assigned(self) -> list[tuple[int, str, ast.AST]]:
        return [
            (number, *pair)
            for number, tree in enumerate(self.trees)
            for node in tree.body
            for pair in _assignments(node)
        ]

    @cached_property
    def _tables(self) -> dict[tuple[int, str], ast.AST]:
        literal = ast.Dict | ast.Tuple | ast.List | ast.Set
        return {(number, name): value for number, name, value in self._assigned if isinstance(value, literal)}

    @cached_property
    def _texts(self) -> dict[str, set[str]]:
        """The strings that a module's constant of this name has, in whichever module."""
        found: dict[str, set[str]] = {}
        for _number, name, value in self._assigned:
            if name.isupper() and isinstance(value, ast.Constant) and isinstance(value.value, str):
                found.setdefault(name, set()).add(value.value)
        return found


def _within(node: ast.AST, function: Function | None) -> Iterator[tuple[ast.AST, Function | None]]:
    waiting = [(node, function)]
    for parent, inside in waiting:
        own = parent if isinstance(parent, Function) else inside
        children = [(child, own) for child in _children(parent)]
        yield from children
        waiting += children


def _children(node: ast.AST) -> Iterator[ast.AST]:
    for name in node._fields:
        value = getattr(node, name, None)
        for child in value if isinstance(value, list) else (value,):
            if isinstance(child, ast.AST) and not isinstance(child, ast.expr_context):
                yield child


def _assignments(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Yield each name that a statement gives a value, `A, B = 1, 2` included."""
    for target in node.targets if isinstance(node, ast.Assign) else ():
        if isinstance(target, ast.Name):
            yield target.id, node.value  # type: ignore[attr-defined]
        elif isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):  # type: ignore[attr-defined]
            yield from ((ast.unparse(item), value) for item, value in zip(target.elts, node.value.elts, strict=False))  # type: ignore[attr-defined]


def _outline(node: ast.JoinedStr) -> str:
    return "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)  # type: ignore[misc]


def _annotation(name: str, function: Function | None) -> str:
    """Return how a parameter is annotated; empty where it is not, or is none."""
    found = [item.annotation for item in _parameters(function) if item.arg == name] if function else []
    return ast.unparse(found[0]) if found and found[0] else ""


def _last(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _parameters(function: Function) -> list[ast.arg]:
    return [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]


def _argument(call: ast.Call, function: Function, name: str) -> ast.AST | None:
    """Return what a call gives for a parameter; None where the call cannot be one of this function."""
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    positional = [item.arg for item in [*function.args.posonlyargs, *function.args.args]]
    if positional[:1] in (["self"], ["cls"]):
        positional = positional[1:]
    given = len(call.args) + sum(keyword.arg in positional for keyword in call.keywords)
    required = len(positional) - len(function.args.defaults)
    if name not in positional or not required <= given <= len(positional):
        return None
    place = positional.index(name)
    return call.args[place] if place < len(call.args) else None
