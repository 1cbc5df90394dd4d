"""The files that describe a wheel, and the file names of distributions.

Source: https://packaging.python.org/en/latest/specifications/binary-distribution-format/ ;
https://packaging.python.org/en/latest/specifications/recording-installed-packages/#the-record-file ;
https://packaging.python.org/en/latest/specifications/entry-points/ ;
https://packaging.python.org/en/latest/specifications/source-distribution-format/#source-distribution-file-name
"""

from __future__ import annotations

import base64
import configparser
import csv
import hashlib
import io
import math
import re
from collections.abc import Iterable

import msgspec
from packaging.tags import Tag, parse_tag
from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, parse_sdist_filename, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from ops.supply_chain.core.names import normalise

WHEEL_ENDING, SDIST_ENDING = ".whl", ".tar.gz"
DESCRIBING = ("METADATA", "WHEEL", "RECORD", "entry_points.txt")
"""Files in `.dist-info` that this module or the reader of core metadata reads."""

SIGNATURES = ("RECORD.jws", "RECORD.p7s")
"""Files in `.dist-info` that RECORD must not list."""

EMBEDDED_SBOM = "sboms/sealwright.cdx.json"
"""Where in `.dist-info` this project puts the SBOM of a wheel (PEP 770: a name that no other tool uses)."""

MOST_TAGS = 4096
"""Of a wheel; a compressed set of three short parts can stand for any number."""

MOST_ENTRY_POINT_BYTES = 256 << 10
_MOST_VALUE_CHARACTERS = 1000

_HASH = re.compile(r"(sha256|sha384|sha512)=([A-Za-z0-9_-]+)")
_OBJECT = re.compile(
    r"(?P<module>\w+(?:\.\w+)*)\s*(?::\s*(?P<attr>\w+(?:\.\w+)*))?\s*(?:\[(?P<extras>[^\]]*)\])?", re.ASCII
)


class FileName(msgspec.Struct, frozen=True, kw_only=True):
    """What the file name of a distribution states.

    `name` is in PEP 503 form, `version` in PEP 440's normal form. `tags` are those of a wheel, one by one; `build` is its
    build tag as text. `canonical` is the file name that the specifications require for the same content.
    """

    name: str
    version: str
    canonical: str
    tags: frozenset[str] = frozenset()
    build: str = ""


class RecordRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row of RECORD; `digest` is `sha256=...` or empty, `size` as text or empty."""

    path: str
    digest: str
    size: str


class WheelFile(msgspec.Struct, frozen=True, kw_only=True):
    """The WHEEL file: `tags` one by one, `generators` and `builds` in the order of the file, `purelib` as text."""

    version: str
    generators: tuple[str, ...]
    purelib: str
    tags: frozenset[str]
    builds: tuple[str, ...]


class EntryPoint(msgspec.Struct, frozen=True, kw_only=True):
    """One entry point; `attribute` is empty where it names a module only."""

    group: str
    name: str
    module: str
    attribute: str


def parse_file_name(filename: str) -> FileName:
    """Read the file name of a wheel or of a source distribution.

    Raises:
        ValueError: It is neither, or does not follow the specification.
    """
    try:
        if filename.endswith(WHEEL_ENDING):
            name, version, build, tags = parse_wheel_filename(filename)
            number = "".join(map(str, build))
            rest = filename.removesuffix(WHEEL_ENDING).split("-", 2)[2]
            canonical = f"{_escaped(name)}-{_escaped_version(version)}-{rest}{WHEEL_ENDING}"
            return FileName(
                name=normalise(name), version=str(version), canonical=canonical, tags=_texts(tags), build=number
            )
        if filename.endswith(SDIST_ENDING):
            name, version = parse_sdist_filename(filename)
            canonical = f"{_escaped(name)}-{version}{SDIST_ENDING}"
            return FileName(name=normalise(name), version=str(version), canonical=canonical)
    except (InvalidWheelFilename, InvalidSdistFilename, InvalidVersion) as error:
        raise ValueError(str(error)) from error
    raise ValueError("is neither a wheel (.whl) nor a source distribution (.tar.gz)")


def parse_wheel_file(data: bytes) -> WheelFile:
    """Read a WHEEL file.

    Raises:
        ValueError: A line of it is no field, or a tag is malformed.
    """
    fields: dict[str, list[str]] = {}
    for line in _text(data).splitlines():
        key, colon, value = line.partition(":")
        if line.strip() and not colon:
            raise ValueError(f"has the line {line!r}, which is no field")
        if colon:
            fields.setdefault(key.strip().lower(), []).append(value.strip())
    tags: set[str] = set()
    for tag in fields.get("tag", []):
        if tag.count("-") != 2:  # noqa: PLR2004 - PEP 425: three parts
            raise ValueError(f"has the tag {tag!r}, which is malformed")
        if math.prod(part.count(".") + 1 for part in tag.split("-")) + len(tags) > MOST_TAGS:
            raise ValueError(f"has more than {MOST_TAGS} tags")
        tags |= _texts(parse_tag(tag))
    return WheelFile(
        version=next(iter(fields.get("wheel-version", [])), ""),
        generators=tuple(fields.get("generator", [])),
        purelib=next(iter(fields.get("root-is-purelib", [])), ""),
        tags=frozenset(tags),
        builds=tuple(fields.get("build", [])),
    )


def parse_record(data: bytes) -> tuple[RecordRow, ...]:
    """Read RECORD, in its order.

    Raises:
        ValueError: It is not UTF-8, no CSV, or a row does not have three columns.
    """
    rows = []
    try:
        for number, row in enumerate(csv.reader(io.StringIO(_text(data), newline=""), strict=True), 1):
            if len(row) != 3:  # noqa: PLR2004 - path, hash, size
                raise ValueError(f"row {number} has {len(row)} columns, expected 3")
            rows.append(RecordRow(path=row[0], digest=row[1], size=row[2]))
    except csv.Error as error:
        raise ValueError(f"is no CSV: {error}") from error
    return tuple(rows)


def format_record(rows: Iterable[RecordRow]) -> bytes:
    """Write RECORD: rows sorted by path, line ends as on Unix, quotes only where a path needs them."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows((row.path, row.digest, row.size) for row in sorted(rows, key=lambda row: row.path))
    return text.getvalue().encode()


def record_row(path: str, sha256: str, size: int) -> RecordRow:
    """Return the row of a file with this SHA-256 in hexadecimal, and this size in bytes."""
    value = base64.urlsafe_b64encode(bytes.fromhex(sha256)).decode().rstrip("=")
    return RecordRow(path=path, digest=f"sha256={value}", size=str(size))


def split_digest(text: str) -> tuple[str, str]:
    """Return the algorithm of a digest in RECORD, and its value in hexadecimal.

    Raises:
        ValueError: It is not a SHA-256, SHA-384 or SHA-512, or malformed.
    """
    found = _HASH.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is no SHA-256, SHA-384 or SHA-512 in URL-safe base64")
    value = base64.urlsafe_b64decode(found[2] + "=" * (-len(found[2]) % 4))
    if len(value) != hashlib.new(found[1]).digest_size:
        raise ValueError(f"{text!r} does not have the length of its algorithm")
    return found[1], value.hex()


def same_distribution(first: str, second: str) -> bool:
    """Return whether two file names are those of one distribution: their spelling may differ, what they mean may not."""

    def parsed(name: str) -> object:
        return parse_wheel_filename(name) if name.endswith(WHEEL_ENDING) else parse_sdist_filename(name)

    try:
        return parsed(first) == parsed(second)
    except ValueError:
        return False


def parse_entry_points(data: bytes) -> tuple[EntryPoint, ...]:
    """Read `entry_points.txt`, in its order.

    Raises:
        ValueError: It is no such file, is too large, has a group or a name twice, or a value that is no object reference.
    """
    if len(data) > MOST_ENTRY_POINT_BYTES:
        raise ValueError(f"has more than {MOST_ENTRY_POINT_BYTES:,} bytes")
    parser = configparser.ConfigParser(delimiters=("=",), strict=True, interpolation=None, default_section="\0")
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # names are case-sensitive
    try:
        parser.read_string(_text(data))
    except configparser.Error as error:
        raise ValueError(" ".join(str(error).split())) from error
    found = []
    for group in parser.sections():
        for name, value in parser.items(group):
            match = _OBJECT.fullmatch(value.strip()) if len(value) <= _MOST_VALUE_CHARACTERS else None
            if not match:
                raise ValueError(f"{group}: {name} = {value!r} is no object reference")
            found.append(EntryPoint(group=group, name=name, module=match["module"], attribute=match["attr"] or ""))
    return tuple(found)


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"is not UTF-8 at byte {error.start}") from error


def _texts(tags: Iterable[Tag]) -> frozenset[str]:
    return frozenset(map(str, tags))


def _escaped(name: str) -> str:
    return normalise(name).replace("-", "_")


def _escaped_version(version: Version) -> str:
    return str(version).replace("-", "_")
