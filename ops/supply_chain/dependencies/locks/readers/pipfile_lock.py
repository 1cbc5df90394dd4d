"""`Pipfile.lock`, pipfile-spec 6.

Source: https://pipenv.pypa.io/en/latest/pipfile.html and
https://github.com/pypa/pipfile#pipfilelock (`_meta`, `default`, `develop` and further categories).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import msgspec

from ops.supply_chain.contracts.values.lock import DEFAULT_INDEX, Lock, LockEntry, LockKind, PinSource, PinSourceKind
from ops.supply_chain.core import canonical
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.text import printable
from ops.supply_chain.dependencies.locks.entries import make_lock
from ops.supply_chain.dependencies.locks.errors import MalformedLockError, broken, decode_utf8
from ops.supply_chain.dependencies.locks.manifest import DirectNames, read_manifest
from ops.supply_chain.dependencies.locks.names import is_version, quote
from ops.supply_chain.dependencies.locks.pins import KnownPin, WrittenPin, known_pin
from ops.supply_chain.dependencies.locks.sources import ARCHIVE_SUFFIXES, clean_url, file_identity, vcs_source
from ops.supply_chain.dependencies.locks.tables import convert

SUPPORTED_SPEC = 6
META = "_meta"
MAIN_SECTION = "default"
"""pipenv's word for the plain dependencies of the project."""


class _Index(msgspec.Struct):
    url: str
    name: str = ""


class _Meta(msgspec.Struct, rename="kebab"):
    pipfile_spec: int
    sources: tuple[_Index, ...] = ()


class _Package(msgspec.Struct):
    version: str = ""
    hashes: tuple[str, ...] = ()
    index: str = ""
    markers: str = ""
    extras: tuple[str, ...] = ()
    git: str = ""
    hg: str = ""
    svn: str = ""
    bzr: str = ""
    ref: str = ""
    file: str = ""
    path: str = ""
    subdirectory: str = ""
    editable: bool = False


class _Placed(NamedTuple):
    line: int
    section: str
    known: KnownPin


def read_pipfile_lock(path: str, data: bytes, read_included: Callable[[str], bytes | None]) -> Lock:
    """Read a `Pipfile.lock`.

    Args:
        path: Relative to the project, with `/`.
        data: Its bytes.
        read_included: Reads the `Pipfile` of the same folder, if there is one.
    Returns:
        One entry per package and section, since a package may be in several; pipenv's section `default`
        is the group `main`, as for every other lock.
    Raises:
        InputError: Not JSON, another pipfile-spec, a key missing, twice or of the wrong type.
    """
    text = decode_utf8(path, data)
    document = _load(path, text)
    lines = entry_lines(text)
    meta = _meta(path, document, lines)
    placed = list(_packages(path, document, meta, lines))
    manifest = read_manifest(path, "Pipfile", read_included)
    return make_lock(
        path,
        LockKind.PIPFILE,
        data,
        [_entry(path, placed_pin, manifest) for placed_pin in placed],
        [
            problem.at(placed_pin.known.pin, path, placed_pin.line)
            for placed_pin in placed
            for problem in placed_pin.known.problems
        ],
        format_version=str(meta.pipfile_spec),
        included=manifest.included,
    )


def _load(path: str, text: str) -> dict[str, Any]:
    try:
        document = canonical.load_plain(text.encode(), where=path)
    except InputError as error:
        cause = error.__cause__
        if isinstance(cause, json.JSONDecodeError):
            raise broken(path, cause.lineno, f"expected JSON, found none: {cause.msg}") from error
        twice = repeated_key(text) if not isinstance(cause, RecursionError) else None
        if twice is not None:
            raise broken(path, twice[0], f"expected each key once, found {quote(twice[1])} again") from error
        raise broken(path, 1, f"expected JSON, found none: {printable(str(cause))}") from error
    if not isinstance(document, dict):
        raise broken(path, 1, "expected a JSON object, found another type")
    if (half := half_pair(text)) is not None:
        raise broken(path, half, "expected text, found half of a surrogate pair")
    return document


def _meta(path: str, document: dict[str, Any], lines: dict[tuple[str, str], int]) -> _Meta:
    line = lines.get((META, ""), 1)
    if META not in document:
        raise broken(path, line, "expected the key '_meta', found none")
    meta = convert(path, line, document[META], _Meta, at="$._meta")
    if meta.pipfile_spec != SUPPORTED_SPEC:
        line = lines.get((META, "pipfile-spec"), line)
        raise broken(path, line, f"expected pipfile-spec {SUPPORTED_SPEC}, found {meta.pipfile_spec}")
    return meta


def _packages(path: str, document: dict[str, Any], meta: _Meta, lines: dict[tuple[str, str], int]) -> Iterator[_Placed]:
    for section, table in document.items():
        if section == META:
            continue
        if not isinstance(table, dict):
            raise broken(path, lines[section, ""], f"expected an object of packages in {quote(section)}, found none")
        for name, stated in table.items():
            line = lines[section, name]
            package = convert(path, line, stated, _Package, at="package")
            try:
                yield _Placed(line, section, _known(name, package, meta))
            except MalformedLockError as error:
                raise broken(path, line, error.message, error.hint) from error


def _known(name: str, package: _Package, meta: _Meta) -> KnownPin:
    source, local = _source(package, meta)
    identified = file_identity(source.url)[1] if source.kind in (PinSourceKind.URL, PinSourceKind.PATH) else ""
    return known_pin(
        WrittenPin(
            name,
            _exact(package.version) or identified,
            hashes=package.hashes,
            source=source,
            marker=package.markers,
            extras=package.extras,
            local=local,
        )
    )


def _exact(version: str) -> str:
    # pipenv writes `==1.2.3`; anything else does not pin.
    bare = version.strip().lstrip("=").strip()
    return bare if version.strip().startswith("==") and is_version(bare) else ""


def _source(package: _Package, meta: _Meta) -> tuple[PinSource, bool]:
    for vcs, url in (("git", package.git), ("hg", package.hg), ("svn", package.svn), ("bzr", package.bzr)):
        if url:
            folder = package.subdirectory
            return vcs_source(vcs, url, package.ref, subdirectory=folder, editable=package.editable), False
    address = package.path or package.file
    if address:
        clean = clean_url(address)
        remote = clean.lower().startswith(("http:", "https:", "ftp:"))
        local = not remote and not clean.lower().endswith(ARCHIVE_SUFFIXES)
        kind = PinSourceKind.URL if remote else PinSourceKind.PATH
        return PinSource(kind=kind, url=clean, subdirectory=package.subdirectory, editable=package.editable), local
    return _index(package.index, meta), False


def _index(name: str, meta: _Meta) -> PinSource:
    # Without `index`, pipenv asks the first of the sources.
    named = [source for source in meta.sources if source.name == name] if name else list(meta.sources[:1])
    return PinSource(kind=PinSourceKind.INDEX, url=clean_url(named[0].url)) if named else DEFAULT_INDEX


def _entry(path: str, placed_pin: _Placed, manifest: DirectNames) -> LockEntry:
    return LockEntry(
        pin=placed_pin.known.pin,
        line=placed_pin.line,
        path=path,
        direct=manifest.asks_for(placed_pin.known.pin.name),
        groups=("main" if placed_pin.section == MAIN_SECTION else placed_pin.section,),
    )


_HALF = re.compile(r"\\u[dD][89a-fA-F]")
_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|[{}\[\]:]|\n')
_ENTRY_DEPTH = 2


class _Key(NamedTuple):
    depth: int
    line: int
    key: str
    repeated: bool


def entry_lines(text: str) -> dict[tuple[str, str], int]:
    """Return the line of each key of the first and second level.

    Args:
        text: A valid JSON document.
    Returns:
        (key of the first level, key of the second) -> line from 1; (key of the first level, "") too.
    """
    lines: dict[tuple[str, str], int] = {}
    section = ""
    for found in _keys(text):
        if found.depth == 1:
            section = found.key
            lines[section, ""] = found.line
        elif found.depth == _ENTRY_DEPTH:
            lines[section, found.key] = found.line
    return lines


def repeated_key(text: str) -> tuple[int, str] | None:
    """Return line and name of the first key that occurs twice in one object, or None.

    Args:
        text: A valid JSON document, but for that.
    """
    return next(((found.line, found.key) for found in _keys(text) if found.repeated), None)


def half_pair(text: str) -> int | None:
    """Return the line of the first string that contains half of a surrogate pair, which JSON can escape and no text contains, or None.

    Args:
        text: A valid JSON document.
    """
    if not _HALF.search(text):
        return None
    line = 1
    for match in _TOKEN.finditer(text):
        if match[0] == "\n":
            line += 1
        elif _HALF.search(match[0]) and any("\ud800" <= character <= "\udfff" for character in json.loads(match[0])):
            return line
    return None


def _keys(text: str) -> Iterator[_Key]:
    stack: list[set[str]] = []
    line, string, string_line = 1, "", 1
    for match in _TOKEN.finditer(text):
        word = match[0]
        if word == "\n":
            line += 1
        elif word in "{[":
            stack.append(set())
        elif word in "}]":
            stack.pop()
        elif word == ":":
            # In JSON a colon outside a string follows a key, and nothing else.
            key = json.loads(string)
            yield _Key(len(stack), string_line, key, key in stack[-1])
            stack[-1].add(key)
        else:
            string, string_line = word, line
