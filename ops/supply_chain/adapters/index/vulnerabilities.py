"""The package index's own word on a release: `vulnerabilities` in its per-release JSON.

It covers one version only, contains no severity (so that all of it counts as high), and knows no malicious
packages. A release that the index does not have was not examined; an index that has none of them has no
such JSON at all.

Source: https://docs.pypi.org/api/json/ ("Get a release", "Known vulnerabilities").
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import msgspec

from ops.supply_chain.adapters.http import batch
from ops.supply_chain.adapters.http.client import HttpClient, Timeouts
from ops.supply_chain.adapters.http.credentials import Credentials
from ops.supply_chain.adapters.http.exchange import HttpRequest
from ops.supply_chain.adapters.http.failure import Failed
from ops.supply_chain.adapters.http.store import AnswerStore
from ops.supply_chain.adapters.index.address import accounts_for, read_address
from ops.supply_chain.contracts.values.advisory import (
    Advisory,
    Event,
    EventKind,
    VersionRange,
    parse_version,
    version_key,
)
from ops.supply_chain.core.errors import UnavailableError
from ops.supply_chain.core.names import normalise

SYSTEM = "index per-release JSON"
REMEDY = "Check [index].json_url, or give a downloaded snapshot with --advisories FILE."
MOST_ANSWER_BYTES = 64 << 20
JSON_TYPES = frozenset({"application/json"})
SUMMARY_CHARACTERS = 200

_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:+-]{0,127}")

Pin = tuple[str, str]


class IndexAnswer(NamedTuple):
    """The records of the index.

    `advisories` is package -> records about the requested versions. `absent` are the pins that
    the index has no JSON of: nothing is known of them. `unusable` are pins whose JSON cannot be
    understood, each with the reason.
    """

    advisories: dict[str, tuple[Advisory, ...]]
    absent: tuple[Pin, ...]
    unusable: dict[Pin, str]


class _Vulnerability(msgspec.Struct):
    id: str
    aliases: list[str] | None = None
    summary: str | None = None
    details: str | None = None
    fixed_in: list[str] | None = None
    withdrawn: str | None = None


class _Info(msgspec.Struct):
    name: str
    version: str


class _Document(msgspec.Struct):
    info: _Info
    vulnerabilities: list[_Vulnerability]


def ask(
    pins: Iterable[Pin], *, cache: Path, url: str, offline: bool = False, timeouts: Timeouts | None = None
) -> IndexAnswer:
    """Ask what the index knows of some pins.

    Args:
        pins: In any order; names in any spelling.
        cache: The user's cache folder; `http/` below it is used, by ETag.
        url: Root of the JSON API; credentials from the address, netrc or the environment.
        offline: Makes any question an error.
        timeouts: Time limits.
    Raises:
        UnavailableError: A request failed, or the index has none of the releases.
        UsageError: The address is malformed.
        OutputError: The cache cannot be written.
    """
    address = read_address(url, where="[index].json_url")
    client = HttpClient(
        SYSTEM,
        remedy=REMEDY,
        timeouts=timeouts,
        offline=offline,
        credentials=Credentials(accounts_for(address)),
        configured={address.origin},
        store=AnswerStore(cache / "http"),
    )
    wanted = sorted({(normalise(name), version) for name, version in pins})
    answers = batch.run(_ask_all(client, address.url, wanted))
    absent = tuple(pin for pin in wanted if answers[pin] is None)
    if wanted and len(absent) == len(wanted):
        failure = Failed(f"has none of {len(wanted)} releases: it serves no per-release JSON, or another index's")
        raise client.unusable(address.url, failure)
    return _collect(answers, absent)


async def _ask_all(client: HttpClient, root: str, pins: list[Pin]) -> dict[Pin, bytes | None]:
    async def one(pin: Pin) -> bytes | None:
        url = f"{root}{quote(pin[0], safe='')}/{quote(pin[1], safe='')}/json"
        answer = await client.get(HttpRequest(url, MOST_ANSWER_BYTES, "application/json", JSON_TYPES, kept=True))
        return answer.body if answer else None

    answers: dict[Pin, bytes | None] = {}
    async with client:
        await batch.gather(pins, one, answers)
    return answers


def _collect(answers: dict[Pin, bytes | None], absent: tuple[Pin, ...]) -> IndexAnswer:
    advisories: dict[str, list[Advisory]] = {}
    unusable: dict[Pin, str] = {}
    for pin, body in sorted(answers.items()):
        if body is None:
            continue
        try:
            advisories.setdefault(pin[0], []).extend(_read(body, pin))
        except Failed as failure:
            unusable[pin] = failure.reason
    if answers and len(unusable) + len(absent) == len(answers):
        raise UnavailableError(f"{SYSTEM}: {next(iter(unusable.values()))}", hint=REMEDY)
    return IndexAnswer({name: tuple(found) for name, found in advisories.items() if found}, absent, unusable)


def _read(body: bytes, pin: Pin) -> Iterator[Advisory]:
    try:
        document = msgspec.json.decode(body, type=_Document)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Failed(f"answered with something else than a release: {error}") from None
    release = (normalise(document.info.name), version_key(document.info.version))
    if release != (pin[0], version_key(pin[1])):
        raise Failed("answered for another release")
    found = []
    for item in document.vulnerabilities:
        names = [item.id, *(item.aliases or ())]
        if not all(_IDENTIFIER.fullmatch(name) for name in names):
            raise Failed("names a vulnerability by something that is no identifier")
        if not _is_withdrawn(item.withdrawn):
            found.append(_advisory(item, pin))
    yield from found


def _is_withdrawn(text: str | None) -> bool:
    """A moment withdraws; anything else that is there does not, so that a mistake hides nothing."""
    try:
        return text is not None and bool(datetime.fromisoformat(text))
    except ValueError:
        return False


def _advisory(item: _Vulnerability, pin: Pin) -> Advisory:
    package, version = pin
    summary = " ".join((item.summary or item.details or "").split())
    return Advisory(
        id=item.id,
        package=package,
        aliases=tuple(sorted({*(item.aliases or ())} - {item.id})),
        versions=(version_key(version),),
        ranges=_ranges(item.fixed_in or (), version),
        summary=summary[:SUMMARY_CHARACTERS],
    )


def _ranges(fixed_in: Iterable[str], version: str) -> tuple[VersionRange, ...]:
    """Return the range from the requested version to its nearest fix: the index has no record of others."""
    start = parse_version(version)
    fixes = sorted(found for text in fixed_in if (found := parse_version(text)) is not None)
    later = [fix for fix in fixes if start is not None and fix > start]
    if not later:
        return ()
    return (VersionRange((Event(EventKind.INTRODUCED, version), Event(EventKind.FIXED, str(later[0])))),)
