"""What sealwright uses of a distribution's core metadata, and how it is read.

The reader accepts what packages contain: any version from 1.0 to 2.x, unknown fields, wrong
encodings, folded licence texts, and sees the same fields as Python's `email`, which installers use. It never
guesses: a field that may occur once and occurs twice is empty.

Source: https://packaging.python.org/en/latest/specifications/core-metadata/ (versions 1.0 to 2.6;
an unknown higher minor version is read for the fields we know).
"""

from __future__ import annotations

import re

from ops.supply_chain.contracts.values.core_metadata import CoreMetadata
from ops.supply_chain.core.errors import InputError

MAX_HEADER_BYTES = 2 << 20
"""More than any real header block has (long licence texts stay below 100 kB); beyond it the file is refused."""

_LINE_END = re.compile(r"\r\n|\r|\n")
_FIELD = re.compile(r"([!-9;-~]+):[ \t]*(.*)", re.DOTALL)
_FOLD = re.compile(r"^(?: {7}\||[ \t]+)")
_END_OF_HEADERS = re.compile(rb"(?:\r\n|\r(?!\n)|\n)(?=[\r\n])")
_UNKNOWN = "UNKNOWN"


def parse(data: bytes, *, where: str, source_distribution: bool = False) -> CoreMetadata:
    """Read a METADATA or PKG-INFO file.

    Args:
        data: The file's bytes; the description below the fields is not read.
        where: What to call the file in an error.
        source_distribution: True for a PKG-INFO, whose `Requires-Dist` a build may still change.
    Raises:
        InputError: No usable `Name` or `Version`, a major version other than 1 or 2, or fields beyond
            `MAX_HEADER_BYTES`.
    """
    fields = _fields(data, where)
    dynamic = tuple(name.lower() for name in _many(fields, "dynamic"))
    metadata_version = _one(fields, "metadata-version")
    return CoreMetadata(
        metadata_version=_known_version(metadata_version, where),
        name=_needed(fields, "name", where),
        version=_needed(fields, "version", where),
        summary=_one(fields, "summary"),
        author=_one(fields, "author"),
        author_email=_one(fields, "author-email"),
        maintainer=_one(fields, "maintainer"),
        maintainer_email=_one(fields, "maintainer-email"),
        home_page=_one(fields, "home-page"),
        licence=_one(fields, "license"),
        licence_expression=_one(fields, "license-expression"),
        classifiers=_many(fields, "classifier"),
        project_urls=tuple(_labelled(text) for text in _many(fields, "project-url")),
        requires_dist=_many(fields, "requires-dist"),
        requires_python=_one(fields, "requires-python"),
        provides_extra=_many(fields, "provides-extra"),
        dynamic=dynamic,
        requires_known=not source_distribution or _binds_requirements(metadata_version, dynamic),
    )


def licence_files(data: bytes) -> tuple[str, ...]:
    """Return the paths in the `License-File` fields of a METADATA or PKG-INFO file, in its order."""
    return _many(_fields(data, "METADATA"), "license-file")


def _fields(data: bytes, where: str) -> dict[str, list[str]]:
    blank = _END_OF_HEADERS.search(data, 0, MAX_HEADER_BYTES)
    head = b"" if data[:1] in (b"\r", b"\n") else data[: blank.start()] if blank else data
    if len(head) > MAX_HEADER_BYTES:
        raise InputError(f"{where}: more than {MAX_HEADER_BYTES} bytes of fields")
    fields: dict[str, list[list[str]]] = {}
    value: list[str] = []
    for line in _LINE_END.split(head.decode("utf-8-sig", "replace")):
        if line[:1] in (" ", "\t"):  # a folded line continues the field above
            value.append(line)
        elif found := _FIELD.match(line):
            value = [found[2]]
            fields.setdefault(found[1].lower(), []).append(value)
        elif not line.startswith(":"):  # the spec's reference parser (`email`) ends the fields here, and so does pip
            break
    return {name: [_unfolded(lines) for lines in values] for name, values in fields.items()}


def _unfolded(lines: list[str]) -> str:
    # Spec, "License" and "Description": folded with 8 blanks, or with 7 blanks and a bar, after each line end.
    return "\n".join([lines[0], *(_FOLD.sub("", line).rstrip() for line in lines[1:])]).strip()


def _one(fields: dict[str, list[str]], name: str) -> str:
    values = fields.get(name, [])
    return values[0] if len(values) == 1 and values[0].upper() != _UNKNOWN else ""


def _many(fields: dict[str, list[str]], name: str) -> tuple[str, ...]:
    return tuple(value for value in fields.get(name, []) if value and value.upper() != _UNKNOWN)


def _labelled(text: str) -> tuple[str, str]:
    label, comma, url = text.partition(",")
    return (label.strip(), url.strip()) if comma else ("", text)


def _needed(fields: dict[str, list[str]], name: str, where: str) -> str:
    values = fields.get(name, [])
    if len(values) != 1 or not values[0]:
        raise InputError(f"{where}: expected one {name.capitalize()} field, found {len(values)}")
    return values[0]


def _known_version(text: str, where: str) -> str:
    # Spec, "Metadata-Version": tools "MUST fail if metadata_version has a greater major version than the
    # highest version they support".
    if text and text.partition(".")[0] not in ("1", "2"):
        raise InputError(f"{where}: Metadata-Version is {text[:20]!r}, expected 1.x or 2.x")
    return text


def _binds_requirements(version: str, dynamic: tuple[str, ...]) -> bool:
    # PEP 643: from 2.2 on, a field that an sdist does not list as Dynamic has the same value in every wheel.
    major, _, minor = version.partition(".")
    return major == "2" and minor.isdecimal() and int(minor) >= 2 and "requires-dist" not in dynamic  # noqa: PLR2004
