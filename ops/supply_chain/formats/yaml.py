"""YAML: one strict reader of what others wrote, and one writer of what we emit.

The reader takes the part of YAML that means the same to every parser: one document, keys that are texts and unique,
scalars as the core schema of YAML 1.2 reads them. `on`, `no` and `2026-11-20` are texts, and `12:30` is no number.
What lets one text mean several things, or a small file grow, is refused: anchors, aliases, merge keys, tags, directives,
line breaks that only some parsers know. So is what is too large, too deep or has too many values. The values come as
`json_reader.Node`, whose objects and arrays know their line.

The writer puts every text into double quotes, so that no reader of any version takes it for something else.

Source: YAML 1.2.2, sections 5.7 (escapes), 7.3.1 (double quotes) and 10.3 (core schema).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ops.supply_chain.core.errors import OutputError
from ops.supply_chain.core.text import excerpt
from ops.supply_chain.formats.json_reader import Node, UnexpectedShapeError

if TYPE_CHECKING:
    import yaml

DEEPEST = 50


class YamlBounds(NamedTuple):
    """The most that a document may have."""

    size: int
    values: int


CONFIGURATION = YamlBounds(size=1 << 20, values=50_000)
"""Of what people write. GitHub takes workflows of half a MiB; the largest that we know have some 3,000 values."""

LARGEST_BYTES = CONFIGURATION.size

MOST_DIGITS = 400
"""Of a number: what is longer is no number that anyone means, and slow to convert."""

_NULL = re.compile(r"null|Null|NULL|~|")
_TRUE = re.compile(r"true|True|TRUE")
_FALSE = re.compile(r"false|False|FALSE")
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_A_NUMBER = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_DISPUTED = re.compile("[\x85\u2028\u2029\ufeff]")
"""Line breaks to YAML 1.1 and not to YAML 1.2, and marks of byte order, which some parsers skip."""

_PLAIN_KEY = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-_./][A-Za-z0-9]+)*")
_NOT_PLAIN = re.compile(r"null|true|false|yes|no|on|off|y|n", re.IGNORECASE)


class YamlTable(dict[str, Any]):
    """An object of a YAML document; `line` is where it begins, from 1."""

    line: int = 0


class YamlList(list[Any]):
    """An array of a YAML document; `line` is where it begins, from 1."""

    line: int = 0


def read(data: bytes | str, *, bounds: YamlBounds = CONFIGURATION, as_texts: bool = False) -> Node:
    """Read a document.

    Args:
        data: Its bytes, which must be UTF-8, or its text. A mark of byte order at the start is passed over.
        bounds: The most that it may have.
        as_texts: True to read every scalar as the text that it is written as: `1.10` and `2026-11-20` keep their form.
    Returns:
        Its value; null where there is nothing but comments.
    Raises:
        UnexpectedShapeError: It is broken, or has something that this reader refuses; the text begins with the line.
    """
    import yaml

    text = _text(data, bounds.size)
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader) if as_texts else yaml.SafeLoader
    try:
        return Node(_Builder(bounds.values, as_texts=as_texts).build(yaml.parse(text, Loader=loader)))
    except yaml.MarkedYAMLError as error:
        raise _refused(error.problem_mark, error.problem or "is not YAML") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise UnexpectedShapeError(f"is not YAML: {excerpt(error)}") from error


def _text(data: bytes | str, largest: int) -> str:
    if len(data) > largest:
        raise UnexpectedShapeError(f"is larger than {largest} bytes")
    try:
        text = data if isinstance(data, str) else data.decode()
    except UnicodeDecodeError as error:
        raise UnexpectedShapeError("is not UTF-8") from error
    text = text.removeprefix("\ufeff")
    found = _DISPUTED.search(text)
    if found:
        line = text.count("\n", 0, found.start()) + 1
        raise UnexpectedShapeError(f"line {line}: has U+{ord(found[0]):04X}, which parsers read in different ways")
    return text


def _refused(mark: Any, problem: str) -> UnexpectedShapeError:
    where = f"line {_line(mark)}: " if mark else ""
    return UnexpectedShapeError(f"{where}{excerpt(problem)}")


def _line(mark: Any) -> int:
    return int(mark.line) + 1


class _Builder:
    """Puts values together from the parser's events, without a call for each level of nesting."""

    def __init__(self, most: int, *, as_texts: bool) -> None:
        self._most = most
        self._as_texts = as_texts
        self._open: list[YamlTable | YamlList] = []
        self._keys: list[str | None] = []  # of each open object the key that waits for its value
        self._root: Any = None
        self._values = 0
        self._documents = 0

    def build(self, events: Iterator[yaml.Event]) -> Any:
        import yaml

        for event in events:
            match event:
                case yaml.DocumentStartEvent():
                    self._begin(event)
                case yaml.AliasEvent():
                    raise _refused(event.start_mark, "has an alias")
                case yaml.ScalarEvent():
                    self._check(event)
                    self._add(event, event.value if self._as_texts else _scalar(event))
                case yaml.MappingStartEvent():
                    self._check(event)
                    self._enter(event, YamlTable())
                case yaml.SequenceStartEvent():
                    self._check(event)
                    self._enter(event, YamlList())
                case yaml.CollectionEndEvent():
                    self._open.pop()
                    self._keys.pop()
        return self._root

    def _begin(self, event: yaml.DocumentStartEvent) -> None:
        self._documents += 1
        if self._documents > 1:
            raise _refused(event.start_mark, "begins a second document")
        if event.version or event.tags:
            raise _refused(event.start_mark, "has a directive")

    def _check(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        if event.anchor is not None:
            raise _refused(event.start_mark, "has an anchor")
        if event.tag is not None:
            raise _refused(event.start_mark, "has a tag")
        self._values += 1
        if self._values > self._most:
            raise _refused(event.start_mark, f"has more than {self._most} values")

    def _enter(self, event: yaml.NodeEvent, container: YamlTable | YamlList) -> None:
        container.line = _line(event.start_mark)
        self._add(event, container)
        if len(self._open) >= DEEPEST:
            raise _refused(event.start_mark, f"has more than {DEEPEST} levels")
        self._open.append(container)
        self._keys.append(None)

    def _add(self, event: yaml.NodeEvent, value: Any) -> None:
        if not self._open:
            self._root = value
            return
        container = self._open[-1]
        if isinstance(container, YamlList):
            container.append(value)
            return
        key = self._keys[-1]
        if key is None:
            self._keys[-1] = _key(event, value, container)
        else:
            container[key] = value
            self._keys[-1] = None


def _key(event: yaml.NodeEvent, value: Any, table: YamlTable) -> str:
    if not isinstance(value, str):
        raise _refused(event.start_mark, "has a key that is not a text")
    if value == "<<":
        raise _refused(event.start_mark, "has a merge key")
    if value in table:
        raise _refused(event.start_mark, f"has the key {value!r} a second time")
    return value


def _scalar(event: yaml.ScalarEvent) -> str | int | float | bool | None:
    """Return a scalar by the core schema: what is not plain is a text."""
    found: str = event.value
    if event.style:
        return found
    if _NULL.fullmatch(found):
        return None
    if _TRUE.fullmatch(found) or _FALSE.fullmatch(found):
        return found[0] in "tT"
    if _NOT_A_NUMBER.fullmatch(found):
        raise _refused(event.start_mark, "has a number that is not finite")
    if not _INTEGER.fullmatch(found) and not _FLOAT.fullmatch(found):
        return found
    if len(found) > MOST_DIGITS:
        raise _refused(event.start_mark, f"has a number of more than {MOST_DIGITS} characters")
    if _INTEGER.fullmatch(found):
        return int(found, {"0o": 8, "0x": 16}.get(found[:2], 10))
    number = float(found)
    if math.isinf(number):
        raise _refused(event.start_mark, "has a number that is not finite")
    return number


def dump(document: Mapping[str, object]) -> str:
    """Return a mapping as a block document, keys in their order.

    Args:
        document: Of texts, whole numbers, switches, lists and mappings, none of them empty.
    Raises:
        OutputError: A list or mapping is empty, or a value is of another type.
    """
    return "\n".join(_mapping(document, "")) + "\n"


def quoted(text: str) -> str:
    """Return text as a double-quoted scalar on one line."""
    return f'"{"".join(_escaped(character) for character in text)}"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if character.isprintable():
        return character
    if "\ud800" <= character <= "\udfff":
        return "\\ufffd"
    return f"\\u{ord(character):04x}" if character < "\U00010000" else f"\\U{ord(character):08x}"


def _mapping(value: Mapping[str, object], indent: str) -> Iterator[str]:
    if not value:
        raise OutputError("YAML: an empty mapping")
    for key, inner in value.items():
        written = key if _PLAIN_KEY.fullmatch(key) and not _NOT_PLAIN.fullmatch(key) else quoted(key)
        if isinstance(inner, Mapping):
            yield f"{indent}{written}:"
            yield from _mapping(inner, f"{indent}  ")
        elif isinstance(inner, Sequence) and not isinstance(inner, str):
            yield f"{indent}{written}:"
            yield from _items(inner, f"{indent}  ")
        else:
            yield f"{indent}{written}: {_written(inner)}"


def _items(values: Sequence[object], indent: str) -> Iterator[str]:
    if not values:
        raise OutputError("YAML: an empty list")
    for value in values:
        if isinstance(value, Mapping):
            first, *rest = _mapping(value, f"{indent}  ")
            yield f"{indent}- {first.lstrip()}"
            yield from rest
        else:
            yield f"{indent}- {_written(value)}"


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, int):
        return str(value)
    raise OutputError(f"YAML: {type(value).__name__} is not written here")
