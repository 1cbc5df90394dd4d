"""Core metadata of pins: from the cache if it was fetched before, else from the index that each pin names.

One request per distinct index, name, version and hashes, however many pins share them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ops.supply_chain.adapters.http.batch import gather, run
from ops.supply_chain.adapters.http.client import HttpClient
from ops.supply_chain.adapters.http.failure import Failed
from ops.supply_chain.adapters.index.address import read_address
from ops.supply_chain.adapters.index.core_metadata import MetadataFetcher
from ops.supply_chain.adapters.index.file_choice import choose, same_version
from ops.supply_chain.adapters.index.metadata_cache import Choice, MetadataCache, file_identity, pin_key
from ops.supply_chain.adapters.index.session import IndexSession, first_of
from ops.supply_chain.contracts.values.core_metadata import CoreMetadata
from ops.supply_chain.contracts.values.lock import Pin, PinSourceKind
from ops.supply_chain.contracts.values.package_index import IndexFile, MetadataAnswer
from ops.supply_chain.core.errors import InputError, UnavailableError
from ops.supply_chain.core.names import normalise
from ops.supply_chain.formats.core_metadata import parse

OFFLINE_REMEDY = "Run once without --offline to fill the cache, or use --no-enrich where there is one."


class _Asked(NamedTuple):
    """One distinct question: at which index, and the key of name, version and hashes."""

    address: str
    key: str


_Answers = dict[_Asked, CoreMetadata | str]
"""Metadata, or the reason in one sentence why there is none."""


class PinMetadata:
    """Answers for pins.

    Args:
        session: The session of the run.
        default: Address of the index for pins that name none.
        folder: `<cache>/metadata`.
    """

    def __init__(self, session: IndexSession, default: str, folder: Path) -> None:
        self._session = session
        self._default = default
        self._folder = folder
        self._caches: dict[str, MetadataCache] = {}
        self._addresses = {"": default}

    def of(self, pins: Sequence[Pin]) -> MetadataAnswer:
        """Return the metadata of pins, and the pins without metadata with the reason.

        Raises:
            UnavailableError: At least one could not be fetched and is not in the cache.
            OutputError: The cache cannot be written.
        """
        reasons = {pin: _not_from_an_index(pin) for pin in pins}
        questions = {pin: _Asked(self._address(pin), pin_key(pin)) for pin, reason in reasons.items() if not reason}
        answers = self._answers({question: pin for pin, question in questions.items()})
        found: dict[Pin, CoreMetadata] = {}
        for pin, question in questions.items():
            answer = answers[question]
            if isinstance(answer, CoreMetadata):
                found[pin] = answer
            else:
                reasons[pin] = answer
        missing = sorted(((pin, reason) for pin, reason in reasons.items() if reason), key=_by_pin)
        return MetadataAnswer(found=found, missing=tuple(missing))

    def correct(self, home: str, file: IndexFile, metadata: CoreMetadata) -> CoreMetadata | None:
        """Replace the cached metadata of a file of an index where it differs; return what was wrong."""
        cache = self._cache(read_address(home or self._default, where="index of a file").url)
        identity = file_identity(file)
        kept = cache.metadata(identity)
        if kept is None or kept == metadata:
            return None
        cache.keep_metadata(identity, metadata)
        return kept

    def _answers(self, asked: dict[_Asked, Pin]) -> _Answers:
        cached = ((question, self._cached(question.address, pin)) for question, pin in asked.items())
        answers = {question: answer for question, answer in cached if answer is not None}
        open_ones = {question: pin for question, pin in asked.items() if question not in answers}
        if open_ones and self._session.offline:
            text = f"offline, and not in the cache: {_named(open_ones.values())}"
            raise UnavailableError(text, hint=OFFLINE_REMEDY)
        if open_ones:
            self._fetch_all(open_ones, answers, total=len(asked))
        return answers

    def _cached(self, address: str, pin: Pin) -> CoreMetadata | str | None:
        cache = self._cache(address)
        choice = cache.choice(pin)
        if choice is None or not choice.file:
            return choice.reason if choice and self._session.offline else None
        metadata = cache.metadata(choice.file)
        return metadata if metadata and _is_of(metadata, pin) else None

    def _fetch_all(self, asked: dict[_Asked, Pin], answers: _Answers, *, total: int) -> None:
        try:
            run(self._fetch_batch(asked, answers))
        except UnavailableError as error:
            left = [pin for question, pin in asked.items() if question not in answers]
            text = f"could not fetch core metadata of {len(left)} of {total} packages: {_named(left)}"
            raise UnavailableError(f"{text}: {error.message}", hint=error.hint) from error

    async def _fetch_batch(self, asked: dict[_Asked, Pin], answers: _Answers) -> None:
        projects: dict[tuple[str, str], list[_Asked]] = {}
        for question, pin in asked.items():
            projects.setdefault((question.address, pin.name), []).append(question)

        async with self._session.client() as client:
            fetcher = MetadataFetcher(client, self._session.limits.of_files)

            async def fetch(project: tuple[str, str]) -> None:
                chosen = await self._choose(client, project, {wanted: asked[wanted] for wanted in projects[project]})
                for question, file in chosen.items():  # one after the other: two locks may want the same file
                    answers[question] = await self._fetch(client, fetcher, project[0], asked[question], file)

            await gather(list(projects), fetch, {})

    async def _choose(
        self, client: HttpClient, project: tuple[str, str], asked: dict[_Asked, Pin]
    ) -> dict[_Asked, IndexFile | str]:
        # The page of a big project is megabytes, and hundreds of projects wait here: only the choice is kept.
        listing = await self._session.listing(client, *project)
        return {question: choose(pin, listing) for question, pin in asked.items()}

    async def _fetch(
        self, client: HttpClient, fetcher: MetadataFetcher, address: str, pin: Pin, file: IndexFile | str
    ) -> CoreMetadata | str:
        cache = self._cache(address)
        if isinstance(file, str):
            cache.keep_choice(pin, Choice(reason=file))
            return file
        identity = file_identity(file)
        metadata = cache.metadata(identity)
        if metadata is None or not _is_of(metadata, pin):
            metadata = _read(client, file, pin, await fetcher.fetch(file))
            cache.keep_metadata(identity, metadata)
        cache.keep_choice(pin, Choice(file=identity))
        return metadata

    def _address(self, pin: Pin) -> str:
        written = pin.source.url
        if written not in self._addresses:
            self._addresses[written] = read_address(written, where=f"index of {pin.name}").url
        return self._addresses[written]

    def _cache(self, address: str) -> MetadataCache:
        if address not in self._caches:
            self._caches[address] = MetadataCache(self._folder, address)
        return self._caches[address]


def _not_from_an_index(pin: Pin) -> str:
    if pin.local:
        return "it is a package of the project itself"
    if pin.source.kind is not PinSourceKind.INDEX:
        return f"the lock takes it from a {pin.source.kind.value}, not from an index"
    return "" if pin.version else "the lock has no exact version of it"


def _is_of(metadata: CoreMetadata, pin: Pin) -> bool:
    return normalise(metadata.name) == pin.name and same_version(metadata.version, pin.version)


def _read(client: HttpClient, file: IndexFile, pin: Pin, data: bytes) -> CoreMetadata:
    try:
        metadata = parse(data, where=file.filename, source_distribution=not file.filename.endswith(".whl"))
    except InputError as error:
        raise client.unusable(file.url, Failed(f"has metadata that cannot be used ({error.message})")) from None
    if not _is_of(metadata, pin):
        stated = f"{metadata.name[:100]} {metadata.version[:100]}"
        raise client.unusable(file.url, Failed(f"has the metadata of {stated}, expected {pin.name} {pin.version}"))
    return metadata


def _named(pins: Collection[Pin]) -> str:
    return first_of(sorted({f"{pin.name} {pin.version}" for pin in pins}))


def _by_pin(row: tuple[Pin, str]) -> tuple[Any, ...]:
    pin, _ = row
    return (pin.name, pin.version, pin.source.kind.value, pin.source.url, pin.marker, pin.extras, pin.hashes)
