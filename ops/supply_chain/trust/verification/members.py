"""The members of a distribution compared with what lists them: its SBOM in the release, and its own RECORD.

Used where the bytes of a distribution are not the released ones, to say where they differ.

Source: https://packaging.python.org/en/latest/specifications/recording-installed-packages/#the-record-file
"""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Iterator, Mapping

from ops.supply_chain.core.text import excerpt
from ops.supply_chain.formats import json_reader
from ops.supply_chain.formats.json_reader import Node, UnexpectedShapeError

MOST_SHOWN = 5
"""Members that are named; one more counts the rest."""

RECORD = ".dist-info/RECORD"
_SIGNATURES = (".dist-info/RECORD.jws", ".dist-info/RECORD.p7s")
_SHA256 = "sha256="
_COLUMNS = 3


def listed_members(sboms: Mapping[str, bytes], filename: str, sha256: str) -> tuple[str, dict[str, str]]:
    """Return the SBOM that lists the members of a distribution, and member -> SHA-256.

    Args:
        sboms: The CycloneDX documents of the release by name.
        filename: The distribution.
        sha256: Its digest as the release has it: the SBOM has to describe exactly this file.
    Returns:
        An empty name and nothing if no SBOM does.
    """
    for name, data in sorted(sboms.items()):
        try:
            document = json_reader.read(data)
            if _describes(document, filename, sha256):
                return name, dict(_files(document))
        except UnexpectedShapeError:
            continue  # the checks of the SBOMs report it
    return "", {}


def _describes(document: Node, filename: str, sha256: str) -> bool:
    component = document["metadata"]["component"]
    digests = {row.text_of("content") for row in component["hashes"].rows() if row.text_of("alg") == "SHA-256"}
    named = {row.text_of("value") for row in document["metadata"]["properties"].rows()} | {component.text_of("name")}
    return sha256 in digests and filename in named


def _files(document: Node) -> Iterator[tuple[str, str]]:
    for row in document["components"].rows():
        if row.text_of("type") == "file":
            digests = {entry.text_of("alg"): entry.text_of("content") for entry in row["hashes"].rows()}
            yield row["name"].text(), digests.get("SHA-256", "")


def differences(found: Mapping[str, str], listed: Mapping[str, str], where: str, *, whole: bool) -> Iterator[str]:
    """Yield how the members of a distribution differ from a list of them, one clause each, sorted by member.

    Args:
        found: Member -> SHA-256, as far as the archive could be read.
        listed: The same, from the list.
        where: The list.
        whole: Whether the archive could be read to its end: only then is a member missing.
    """
    for member in sorted({*found, *listed}):
        name = excerpt(member)
        if member not in listed:
            yield f"member {name} is not in {where}"
        elif member not in found:
            if whole:
                yield f"member {name} is missing, {where} lists it"
        elif found[member] != listed[member]:
            yield f"member {name} has SHA-256 {found[member]}, {where} has {listed[member] or 'none'}"


def record_differences(found: Mapping[str, str], record: bytes, own: str, *, whole: bool) -> Iterator[str]:
    """Yield how the members of a wheel differ from its RECORD; arguments as `differences`, and RECORD and its path."""
    try:
        rows = list(csv.reader(io.StringIO(record.decode("utf-8"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        yield f"member {excerpt(own)} is malformed: {error}"
        return
    listed: dict[str, str] = {}
    for row in rows:
        if len(row) != _COLUMNS:
            yield f"member {excerpt(own)} has a row with {len(row)} columns: {excerpt(','.join(row))}"
        elif row[0] != own and row[1].startswith(_SHA256):
            listed[row[0]] = _hexadecimal(row[1].removeprefix(_SHA256))
        elif row[0] != own and not row[1]:
            listed[row[0]] = ""
    others = {row[0] for row in rows if row and row[0] not in listed}
    compared = {
        member: sha for member, sha in found.items() if member not in others and not member.endswith(_SIGNATURES)
    }
    compared.pop(own, None)
    yield from differences(compared, listed, "RECORD", whole=whole)


def _hexadecimal(value: str) -> str:
    try:
        return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)).hex()
    except ValueError:
        return excerpt(value)


def shortened(clauses: list[str]) -> list[str]:
    """Return the first clauses, and how many more there are."""
    more = len(clauses) - MOST_SHOWN
    return [*clauses[:MOST_SHOWN], *([f"{more} more members differ"] if more > 0 else [])]
