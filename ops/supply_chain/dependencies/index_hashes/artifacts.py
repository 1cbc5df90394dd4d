"""Which files to download, and whether what came is what the lock records.

One file stands for a subject: the wheel that this interpreter would install, else a `py3-none-any` wheel, else
the smallest wheel, else the source distribution. Where the index announces nothing that some hash could be
compared with, every file that may have it is downloaded: there is no other way to know.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from ops.supply_chain.contracts.values.package_index import IndexFile
from ops.supply_chain.dependencies.index_hashes import facts
from ops.supply_chain.dependencies.index_hashes.compare import Comparison, Offer
from ops.supply_chain.dependencies.index_hashes.facts import Fact
from ops.supply_chain.dependencies.index_hashes.subjects import Subject, algorithm_of

UNIVERSAL = "py3-none-any"
SIZE_UNKNOWN = 1 << 62
_WHEEL_PARTS = (5, 6)


class Fetch(NamedTuple):
    """One download for one subject.

    `allowed` are hashes: in each algorithm that occurs among them, the bytes must have one of them. Empty
    where the file is only looked at for what it is. `algorithms` are those to hash by, sorted.
    """

    subject: Subject
    name: str
    url: str
    allowed: tuple[str, ...]
    algorithms: tuple[str, ...]


class Bytes(NamedTuple):
    """What a server sent: hashes by the algorithms that were asked for, and how many bytes."""

    hashes: tuple[str, ...]
    size: int


def plan(subject: Subject, offer: Offer, comparison: Comparison, tags: Mapping[str, int]) -> tuple[Fetch, ...]:
    """Choose what to download for a subject of an index.

    Args:
        subject: A subject with a page.
        offer: What its page says.
        comparison: What came of holding the two against each other.
        tags: Wheel tags that the interpreter installs, with their rank; 0 is best.
    Returns:
        Nothing where no file can have one of the hashes; else one file, or all that are needed.
    """
    if comparison.unannounced:
        unknown = set(comparison.unannounced)
        named = {file.name for file in subject.files if not unknown.isdisjoint(file.hashes)}
        wanted = [file for file in offer.files if file.filename in named] or offer.files
        return tuple(_fetch(subject, file, comparison.unannounced) for file in wanted)
    served = set(comparison.served)
    candidates = [file for file in offer.files if not served.isdisjoint(file.hashes)]
    if not candidates:
        return ()
    return (_fetch(subject, min(candidates, key=lambda file: _rank(file, tags)), ()),)


def plan_url(subject: Subject) -> Fetch:
    """Return the download of a subject that comes from an address."""
    name = subject.url.partition("?")[0].rsplit("/", 1)[-1]
    return Fetch(subject, name, subject.url, subject.hashes, _algorithms(subject.hashes))


def hold(fetch: Fetch, served: Bytes) -> Fact | None:
    """Hold what came against what is allowed; None where it is as locked."""
    found = tuple(one for one in served.hashes if algorithm_of(one) in set(map(algorithm_of, fetch.allowed)))
    if set(found) <= set(fetch.allowed) and (found or not fetch.allowed):
        return None
    return facts.bytes_differ(fetch.subject, fetch.name, fetch.allowed, found, served.size)


def still_missing(
    subject: Subject, unannounced: Collection[str], served: Collection[tuple[Fetch, Bytes]]
) -> tuple[Fact, ...]:
    """Return a fact for each hash that none of the downloaded files has, and that no file was held against.

    Args:
        subject: Whose hashes they are.
        unannounced: Those that the index could not be asked about.
        served: All files that may have them.
    """
    had = {one for _, sent in served for one in sent.hashes}
    held = {one for fetch, _ in served for one in fetch.allowed}
    missing = sorted(set(unannounced) - had - held)
    return tuple(facts.missing(subject, one, files=len(served)) for one in missing)


def _fetch(subject: Subject, file: IndexFile, unannounced: Collection[str]) -> Fetch:
    named = {one for wanted in subject.files if wanted.name == file.filename for one in wanted.hashes}
    allowed = tuple(sorted(named or set(subject.hashes).intersection(file.hashes)))
    return Fetch(subject, file.filename, file.url, allowed, _algorithms([*allowed, *unannounced]))


def _algorithms(hashes: Collection[str]) -> tuple[str, ...]:
    return tuple(sorted(set(map(algorithm_of, hashes))))


def _rank(file: IndexFile, tags: Mapping[str, int]) -> tuple[int, int, str]:
    if not file.filename.endswith(".whl"):
        return (3, 0, file.filename)
    own = min((tags[tag] for tag in _tags(file.filename) if tag in tags), default=None)
    if own is not None:
        return (0, own, file.filename)
    if file.filename.endswith(f"-{UNIVERSAL}.whl"):
        return (1, 0, file.filename)
    return (2, SIZE_UNKNOWN if file.size is None else file.size, file.filename)


def _tags(filename: str) -> list[str]:
    """Spell out the compressed tags of a wheel (PEP 425): `py2.py3-none-any` is two."""
    parts = filename.removesuffix(".whl").split("-")
    if len(parts) not in _WHEEL_PARTS:
        return []
    pythons, abis, platforms = (part.split(".") for part in parts[-3:])
    return [f"{python}-{abi}-{platform}" for python in pythons for abi in abis for platform in platforms]
