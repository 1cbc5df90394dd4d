"""Advisories as read from records, and vulnerabilities of pins.

Every feed (OSV snapshot, OSV API, a folder of malicious-packages records) is read into `Advisory`
values, so that one matcher serves them all. The structs that an index stores are arrays on disk:
`INDEX_FORMAT` names their layout and is raised whenever a field changes.

Source: OSV schema 1.7.5, https://ossf.github.io/osv-schema/
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache

import msgspec
from packaging.utils import canonicalize_version
from packaging.version import InvalidVersion, Version

from ops.supply_chain.contracts.values.finding import Severity

INDEX_FORMAT = 3
"""Layout of `Advisory` and what it holds; part of the file name of every stored index."""

MALWARE_PREFIX = "MAL-"
"""Identifiers of the OpenSSF malicious-packages repository."""

GITHUB_PREFIX = "GHSA-"

CVE_PREFIX = "CVE-"

_NUMBER = "(?:0|[1-9][0-9]{0,17})"
_NORMAL_VERSION = re.compile(
    rf"(?P<release>{_NUMBER}(?:\.{_NUMBER})*?)(?:\.0)*(?P<rest>(?:(?:a|b|rc){_NUMBER})?(?:\.post{_NUMBER})?(?:\.dev{_NUMBER})?)"
)
"""A version in the normal form of PEP 440, which most are; its key is the text without the zeros that end the release."""

LABEL_KIND = "GHSA"
"""`SeverityClaim.kind` of the label that GitHub sets; every other kind is OSV's `severity[].type`."""


class EventKind(StrEnum):
    """The kind of event in a range; the order is that of events at the same version."""

    FIXED = "fixed"
    INTRODUCED = "introduced"
    LAST_AFFECTED = "last_affected"
    LIMIT = "limit"


class Event(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One event of a range; `version` as the record writes it, even if PEP 440 cannot order it."""

    kind: EventKind
    version: str


class VersionRange(msgspec.Struct, frozen=True, array_like=True):
    """One ECOSYSTEM or SEMVER range; `events` in the record's order, never empty."""

    events: tuple[Event, ...]


class SeverityClaim(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One severity in a record: `kind` is `CVSS_V3`, `GHSA`, ..., `value` the vector or label."""

    kind: str
    value: str


class Advisory(msgspec.Struct, frozen=True, array_like=True):
    """One record as far as it concerns one package.

    `package` is the PEP 503 name. `aliases` are the record's, sorted, without its own id. Times are
    Unix seconds, None if the record has none that can be read. `versions` are version keys (see
    `version_key`), sorted. `silence` is why the record does not list the affected versions, or empty.
    `summary` is one line of text from outside. `superseded` is when a newer copy of the same record in the same feed was
    changed; None if this is the only or the newest copy.
    """

    id: str
    package: str
    aliases: tuple[str, ...] = ()
    modified: int | None = None
    published: int | None = None
    withdrawn: int | None = None
    versions: tuple[str, ...] = ()
    ranges: tuple[VersionRange, ...] = ()
    severity: tuple[SeverityClaim, ...] = ()
    summary: str = ""
    silence: str = ""
    superseded: int | None = None

    @property
    def malware(self) -> bool:
        """True if the record, by its id or an alias, names a malicious package."""
        return any(name.startswith(MALWARE_PREFIX) for name in (self.id, *self.aliases))


class OsvRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One record: its id, its time of change, and an advisory for each PyPI package it names (sorted).

    `misspelt` are the ecosystems that it writes in another way than `PyPI` and that were read as such, sorted. `upstream` are
    the records that it passes on to the packages of a distribution, sorted: no aliases, because it can be about several.
    """

    id: str
    modified: int | None
    withdrawn: bool
    advisories: tuple[Advisory, ...]
    misspelt: tuple[str, ...] = ()
    upstream: tuple[str, ...] = ()


class UnusableRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A record that cannot be read.

    `packages` are the PEP 503 names that could still be read, sorted. If it is empty, the record may concern any
    package, so the whole feed counts as not examined.
    """

    where: str
    id: str
    packages: tuple[str, ...]
    reason: str


class FeedFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The facts of a feed when it was opened.

    `newest` is the latest `modified` that is not after now, in Unix seconds; `from_future` how many
    records claim a later one. `prefixes` counts records by the first part of their id. `unusable` are
    those that could not be read, all of them; `ignored` counts members that are not records. `named` counts distinct
    records that name a package of PyPI, `malware` those of them about malicious packages, `repeated` the further
    copies of records. `misspelt` are (record, ecosystem) pairs that were read as PyPI.
    """

    name: str
    sha256: str
    records: int
    withdrawn: int
    packages: int
    prefixes: tuple[tuple[str, int], ...]
    newest: int | None
    from_future: int
    unusable: tuple[UnusableRecord, ...]
    ignored: int = 0
    named: int = 0
    malware: int = 0
    repeated: int = 0
    misspelt: tuple[tuple[str, str], ...] = ()


class Status(StrEnum):
    """The status of a vulnerability for a pin.

    `UNDECIDED` counts as affected: the record names the package, but its versions cannot be ordered against the
    pinned one. `SETTLED` is informational: one record lists no versions, but another record of the same vulnerability
    shows that this version is not affected.
    """

    AFFECTED = "affected"
    UNDECIDED = "undecided"
    SETTLED = "settled"


class Basis(StrEnum):
    """The claim that a severity is based on, in order of authority.

    `MAINTAINER` is the project's own `[[severity]]`, which applies where the records do not rate a vulnerability, rate
    it in conflict, or rate it lower.
    """

    MALWARE = "malware"
    MAINTAINER = "maintainer"
    GHSA_LABEL = "ghsa-label"
    GHSA_CVSS = "ghsa-cvss"
    CVSS = "cvss"
    CONFLICTING = "conflicting"
    ABSENT = "absent"


class Vector(msgspec.Struct, frozen=True, kw_only=True):
    """One claim of severity in a record; `score` and `band` are None if it cannot be read."""

    record: str
    kind: str
    value: str
    score: float | None
    band: Severity | None


class Rating(msgspec.Struct, frozen=True, kw_only=True):
    """The severity of a vulnerability and its basis.

    `severity` is UNKNOWN if the claims are absent or conflict; `counts_as` is what decisions use
    then: high, or critical if one of the conflicting claims is critical. `vectors` are all claims of all
    records, sorted by record and kind. `note` is the maintainers' date and reason, for their own classification.
    """

    severity: Severity
    counts_as: Severity
    basis: Basis
    vectors: tuple[Vector, ...] = ()
    note: str = ""

    @property
    def conflicting(self) -> bool:
        """True if claims of equal authority differ."""
        return self.basis is Basis.CONFLICTING


class Vulnerability(msgspec.Struct, frozen=True, kw_only=True):
    """One vulnerability of one pin, from any number of records.

    `id` is the first of all its names in display order (CVE, GHSA, PYSEC, MAL, others), `aliases` the
    rest in that order. `records` are the ids of the live records, `withdrawn` those of withdrawn ones. `fixed`
    is the nearest fixed version after the pinned one, empty if none is known. `ends_after` is the last affected version
    if that is how the vulnerability ends, as a record writes it, else empty. `published` is
    the earliest disclosure, `complete` the time at which the last of its records was published, None if one has no
    such time, `modified` the latest change, in Unix seconds. `reason` is why it is undecided or settled, else empty.
    """

    id: str
    aliases: tuple[str, ...]
    package: str
    version: str
    status: Status
    malware: bool
    rating: Rating
    fixed: str
    records: tuple[str, ...]
    ends_after: str = ""
    withdrawn: tuple[str, ...] = ()
    published: int | None = None
    complete: int | None = None
    modified: int | None = None
    summary: str = ""
    reason: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Every name of the vulnerability, in display order."""
        return (self.id, *self.aliases)


def separate_names(names: Iterable[str]) -> frozenset[str]:
    """Return the names, in upper case, that each stand for a vulnerability of its own; empty if there is only one.

    An umbrella record has several CVEs as aliases, which joins them; a decision about one of them says nothing about
    the others. GitHub's ids separate them where there is no CVE, and malicious packages are separate by their own ids.

    Args:
        names: All names of a vulnerability, in any order and case.
    """
    upper = {name.upper() for name in names}
    cves = {name for name in upper if name.startswith(CVE_PREFIX)}
    reports = cves or {name for name in upper if name.startswith(GITHUB_PREFIX)}
    malware = {name for name in upper if name.startswith(MALWARE_PREFIX)}
    return frozenset(name for kind in (reports, malware) if len(kind) > 1 for name in kind)


@lru_cache(maxsize=1 << 18)
def version_key(text: str) -> str:
    """Return the key by which two version strings are equal exactly if they are by PEP 440.

    A version that PEP 440 cannot read is its own key, without surrounding space and in lower case, as
    arbitrary equality (`===`) compares it; no such key is ever the key of a readable version.
    """
    normal = _NORMAL_VERSION.fullmatch(text)
    if normal is not None:
        return normal["release"] + normal["rest"]
    version = parse_version(text)
    return text.strip().lower() if version is None else canonicalize_version(version)


@lru_cache(maxsize=1 << 18)
def parse_version(text: str) -> Version | None:
    """Return a PEP 440 version, or None if the text is not one."""
    try:
        return Version(text)
    except InvalidVersion:
        return None
