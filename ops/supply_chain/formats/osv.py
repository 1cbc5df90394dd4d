"""Reads one OSV record: tolerant of what is new, never of what cannot be understood.

Unknown fields and nulls are passed over. What decides whether a version is affected must have the
type that the schema gives it, else the record is unusable and says so; severity, aliases and moments
are not worth that: a broken one is left out, which makes the severity unknown (counts as high), joins
fewer names, and leaves a withdrawal without effect: always towards more findings.

The ecosystem `PyPI` and the others are read apart (`Reading`). For PyPI, other ecosystems of the same record are passed over. Another spelling of it is read
and named. An entry that may be about PyPI, by a purl or as `PyPI:<index>`, is `silent`: it does not say which versions
of the index are affected. A record that has a key twice is unusable, because readers disagree about its content.
GIT ranges say nothing of a version on an index and are passed over as well; an entry that has
nothing else is `silent`. So is one that has neither versions nor ranges, a range of an unknown type or an event of an
unknown kind, whatever the record's other entries are: what it adds to them is unknown.

Source: OSV schema 1.7.5, https://ossf.github.io/osv-schema/
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from ops.supply_chain.contracts.values.advisory import (
    GITHUB_PREFIX,
    LABEL_KIND,
    Advisory,
    Event,
    EventKind,
    OsvRecord,
    SeverityClaim,
    UnusableRecord,
    VersionRange,
)
from ops.supply_chain.formats.osv_targets import PYPI_READING, EntryTarget, NotUnderstoodError, Reading, table

SUPPORTED_MAJOR = "1"
SUMMARY_CHARACTERS = 200
ORDERED_RANGES = frozenset({"ECOSYSTEM", "SEMVER"})
"""Both are read by the order of the ecosystem: SEMVER is used where that is the order of SemVer."""

# Ids come from outside and go into file names, URLs and logs: no space, no control character, no slash.
IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:+-]{0,127}")
_SCHEMA_VERSION = re.compile(r"(?P<major>\d+)(?:\.\d+)*(?:[-+].*)?")
_SPACE = re.compile(r"\s+")

GIT_ONLY = "it gives commits of a repository only, no versions"
NOTHING_SAID = "it gives neither versions nor ranges"
UNKNOWN_RANGE = "it gives ranges of an unknown type"
UNKNOWN_EVENT = "it gives events of an unknown kind"


class _Raw(msgspec.Struct):
    """The fields that are read; everything else is skipped without being built."""

    id: Any = None
    schema_version: Any = None
    modified: Any = None
    published: Any = None
    withdrawn: Any = None
    aliases: Any = None
    upstream: Any = None
    summary: Any = None
    details: Any = None
    severity: Any = None
    affected: Any = None
    database_specific: Any = None


class _RepeatedKeyError(ValueError):
    """An object has a key twice."""


class _Found(NamedTuple):
    """A range as far as its versions are those of the index, and why it does not decide everything, or empty."""

    range: VersionRange | None
    doubt: str


_EVENT_KINDS = frozenset(kind.value for kind in EventKind)
_KINDS = tuple((kind.value, kind) for kind in EventKind)
_FIELDS = _Raw.__struct_fields__
_TEXT = frozenset({str})
_DECODER = msgspec.json.Decoder(_Raw)
_WHOLE_DECODER = msgspec.json.Decoder(dict[str, Any])
_ENCODER = msgspec.json.Encoder()
_ESCAPED_QUOTE = b"\\u0022"


def read_record(data: bytes, *, where: str, reading: Reading = PYPI_READING) -> OsvRecord | UnusableRecord:
    """Read one record.

    Args:
        data: The JSON text, from outside.
        where: What to call it in a report, for example its name in the snapshot.
        reading: Which of its entries are read: those about PyPI, or all others (`OTHER_READING`).
    Returns:
        The record, or why it cannot be used. Never raises for any bytes.
    """
    try:
        document = read_plainly(data)
        plain = document is not None
        raw = _DECODER.decode(data) if document is None else _Raw(*map(document.get, _FIELDS))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return UnusableRecord(where=where, id="", packages=(), reason=f"not a JSON object: {error}")
    try:
        repeated = None if plain else _repeated_key(data)
        if repeated is not None:
            reason = f"the key {repeated[:40]!r} occurs twice in one object"
            return UnusableRecord(where=where, id="", packages=reading.salvage_text(data), reason=reason)
        return _record(raw, reading)
    except ValueError as error:  # what is not read of a record may be no JSON at all
        salvaged = _salvage_damaged(data, reading) if isinstance(error, UnicodeDecodeError) else ()
        return UnusableRecord(where=where, id="", packages=salvaged, reason=f"not a JSON object: {_kind(error)}")
    except NotUnderstoodError as error:
        name = raw.id if isinstance(raw.id, str) and IDENTIFIER.fullmatch(raw.id) else ""
        packages = reading.salvage(raw.affected)
        if packages is None:
            return OsvRecord(id=name, modified=None, withdrawn=False, advisories=())
        return UnusableRecord(where=where, id=name, packages=packages, reason=str(error))


def _salvage_damaged(data: bytes, reading: Reading) -> tuple[str, ...]:
    """Return the packages of a record with bytes that are no UTF-8; nothing where one may have such a byte."""
    try:
        return reading.salvage_text(data.decode("utf-8", "replace").encode())
    except (ValueError, RecursionError):
        return ()


def _kind(error: ValueError) -> str:
    return "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)


def read_plainly(data: bytes) -> dict[str, Any] | None:
    r"""Return the object of a document that has no key twice; None where that is not certain this way, which is quicker than `_repeated_key`.

    Every text of a document has two quotation marks, and one for each that is written as `\"` in it. A repeated key is not
    in what is decoded, so that has fewer of them when it is encoded again. Only `\u0022` would hide that.
    """
    try:
        document = _WHOLE_DECODER.decode(data)
        if _ESCAPED_QUOTE in data or _ENCODER.encode(document).count(b'"') != data.count(b'"'):
            return None
    except (ValueError, RecursionError):
        return None
    return document


def _record(raw: _Raw, reading: Reading) -> OsvRecord:
    check_schema(raw.schema_version)
    if not isinstance(raw.id, str) or not IDENTIFIER.fullmatch(raw.id):
        raise NotUnderstoodError("id: not an identifier")
    by_package: dict[str, list[tuple[EntryTarget, dict[str, Any]]]] = {}
    spellings: set[str] = set()
    for index, entry in enumerate(_list(raw.affected, "affected")):
        path = f"affected[{index}]"
        target = reading.target(table(entry, path), path)
        if target.package:
            by_package.setdefault(target.package, []).append((target, entry))
        if target.spelling:
            spellings.add(target.spelling)
    return OsvRecord(
        id=raw.id,
        modified=read_moment(raw.modified),
        withdrawn=read_moment(raw.withdrawn) is not None,
        advisories=tuple(_advisory(raw, name, entries) for name, entries in sorted(by_package.items())),
        misspelt=tuple(sorted(spellings)),
        upstream=_names(raw.upstream, raw.id),
    )


def check_schema(version: Any) -> None:
    """Refuse an unknown major version; absent means 1.0.0 ("Implementations should treat the absence …")."""
    if version is None:
        return
    found = _SCHEMA_VERSION.fullmatch(version) if isinstance(version, str) else None
    if found is None:
        raise NotUnderstoodError("schema_version: not a version")
    if found["major"] != SUPPORTED_MAJOR:
        raise NotUnderstoodError(f"schema_version: {found['major']} is not known, expected {SUPPORTED_MAJOR}.x")


def _advisory(raw: _Raw, package: str, entries: list[tuple[EntryTarget, dict[str, Any]]]) -> Advisory:
    versions: set[str] = set()
    ranges: list[VersionRange] = []
    claims = list(_claims(raw.severity))
    doubts = [target.doubt for target, _ in entries if target.doubt]
    for target, entry in entries:
        if target.doubt:
            claims.extend(_claims(entry.get("severity")))
            continue
        listed = _listed_versions(entry)
        found = list(_ranges(entry))
        versions.update(map(target.list_key, listed))
        ranges += (item.range for item in found if item.range is not None)
        doubts += (item.doubt for item in found if item.doubt)
        if not listed and not found:
            doubts.append(NOTHING_SAID)
        claims.extend(_claims(entry.get("severity")))
    return Advisory(
        id=raw.id,
        package=package,
        aliases=_names(raw.aliases, raw.id),
        modified=read_moment(raw.modified),
        published=read_moment(raw.published),
        withdrawn=read_moment(raw.withdrawn),
        versions=tuple(sorted(versions)),
        ranges=tuple(dict.fromkeys(ranges)),
        severity=tuple(dict.fromkeys([*_label(raw), *claims])),
        summary=_summary(raw),
        silence=doubts[0] if doubts else "" if versions or ranges else GIT_ONLY,
    )


def _listed_versions(entry: dict[str, Any]) -> list[str]:
    listed = _list(entry.get("versions"), "affected[].versions")
    if not _TEXT.issuperset(map(type, listed)):
        raise NotUnderstoodError("affected[].versions: holds something that is not text")
    return listed


def _ranges(entry: dict[str, Any]) -> Iterator[_Found]:
    """Yield each range of an entry."""
    for item in _list(entry.get("ranges"), "affected[].ranges"):
        written = table(item, "affected[].ranges[]")
        kind = written.get("type")
        if not isinstance(kind, str):
            raise NotUnderstoodError("affected[].ranges[].type: not text")
        if kind not in ORDERED_RANGES:
            yield _Found(None, "" if kind == "GIT" else UNKNOWN_RANGE)
            continue
        listed = _list(written.get("events"), "affected[].ranges[].events")
        events = tuple(_events(listed))
        if not events:
            raise NotUnderstoodError("affected[].ranges[].events: holds no event that is known")
        unknown = any(_EVENT_KINDS.isdisjoint(event or ()) for event in listed)
        yield _Found(VersionRange(events), UNKNOWN_EVENT if unknown else "")


def _events(written: list[Any]) -> Iterator[Event]:
    for item in written:
        event = table(item, "affected[].ranges[].events[]")
        for name, kind in _KINDS:
            version = event.get(name)
            if version is None:
                continue
            if not isinstance(version, str):
                raise NotUnderstoodError(f"affected[].ranges[].events[].{name}: not text")
            yield Event(kind, version)


def _label(raw: _Raw) -> Iterator[SeverityClaim]:
    """Yield GitHub's own label; only a GHSA record speaks for GitHub."""
    extra = raw.database_specific
    label = extra.get("severity") if isinstance(extra, dict) else None
    if raw.id.startswith(GITHUB_PREFIX) and isinstance(label, str):
        yield SeverityClaim(LABEL_KIND, label.upper())


def _claims(listed: Any) -> Iterator[SeverityClaim]:
    for item in listed if isinstance(listed, list) else ():
        kind, score = (item.get("type"), item.get("score")) if isinstance(item, dict) else (None, None)
        if isinstance(kind, str) and isinstance(score, str):
            yield SeverityClaim(kind, score)


def _names(listed: Any, own: str) -> tuple[str, ...]:
    """Return the identifiers of a list, sorted, without the record's own."""
    given = listed if isinstance(listed, list) else ()
    good = {name for name in given if isinstance(name, str) and IDENTIFIER.fullmatch(name)}
    return tuple(sorted(good - {own}))


def _summary(raw: _Raw) -> str:
    for text in (raw.summary, raw.details):
        if isinstance(text, str) and text.strip():
            line = _SPACE.sub(" ", text[: SUMMARY_CHARACTERS * 2]).strip()
            return line if len(line) <= SUMMARY_CHARACTERS else line[: SUMMARY_CHARACTERS - 1].rstrip() + "…"
    return ""


def read_moment(text: Any) -> int | None:
    """Read a moment, None where it is none: the schema demands UTC, so a missing zone is UTC."""
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return int(aware.timestamp())
    except (ValueError, OverflowError):
        return None


def _repeated_key(data: bytes) -> str | None:
    """Return a key that an object of a document has twice, or None."""
    try:
        # Numbers stay text: none of them decides anything, and a long one is costly to read.
        json.loads(data, object_pairs_hook=_once, parse_int=str, parse_float=str)
    except _RepeatedKeyError as error:
        return str(error)
    except RecursionError:
        raise NotUnderstoodError("it is nested too deeply") from None
    return None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        raise _RepeatedKeyError(next(key for key in keys if keys.count(key) > 1))
    return found


def _list(value: Any, path: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise NotUnderstoodError(f"{path}: not a list")
    return value
