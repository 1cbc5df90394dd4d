"""The verdict about a package of another ecosystem than PyPI, by the matcher and by its ecosystem's order of versions.

What cannot be decided is stated and never counts as clear: an ecosystem without a feed, a package URL that does not identify
what records name, a version that has no place, a name that differs from that of a record by its case alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple
from urllib.parse import quote

import msgspec

from ops.supply_chain.contracts.values.advisory import Status, Vulnerability
from ops.supply_chain.contracts.values.other_records import OtherRecords
from ops.supply_chain.contracts.values.received_sbom import PackageIdentity
from ops.supply_chain.core.text import excerpt, printable
from ops.supply_chain.formats.version_orders.ecosystems import PYPI, OsvTarget, target_of, versions_of
from ops.supply_chain.risk.advisories.matching import Matcher
from ops.supply_chain.risk.advisories.scales import scale_of

NO_VERSION = "it has no version"
NO_SOURCE_PACKAGE = "the advisories name source packages, and its package URL does not give one (upstream=), so that it cannot be decided"


class OtherHit(NamedTuple):
    """A vulnerability of a package, and the nearest version without any that can be fixed, or empty."""

    found: Vulnerability
    move_to: str


class OtherVerdict(NamedTuple):
    """What the records say of one package: vulnerabilities, and why that is not all, or empty.

    `missing` is the ecosystem if the reason is that no feed of it can be used, else empty.
    """

    hits: tuple[OtherHit, ...] = ()
    reason: str = ""
    missing: str = ""


class OtherMatcher:
    """The matcher of packages of all other ecosystems.

    Args:
        records: Of the packages that are asked about.
        now: The time of the run.
        malware: True to return malicious packages only, for which a feed must have records of such.
        needs_malware: True if a feed must have records of such although everything is returned.
    """

    def __init__(self, records: OtherRecords, *, now: datetime, malware: bool, needs_malware: bool = False) -> None:
        self._records = records
        self._now = now
        self._malware = malware
        self._needs_malware = needs_malware
        self._verdicts: dict[tuple[PackageIdentity, str], OtherVerdict] = {}

    def verdict(self, package: PackageIdentity, version: str) -> OtherVerdict:
        """Return the verdict about one version of a package; one of PyPI, matched elsewhere, comes here only without a version.

        Args:
            package: Its package URL.
            version: As its document writes it.
        """
        key = (package, version)
        found = self._verdicts.get(key)
        if found is None:
            found = self._verdicts[key] = self._decide(package, version)
        return found

    def _decide(self, package: PackageIdentity, version: str) -> OtherVerdict:
        target = target_of(package)
        if target.doubt or target.ecosystem == PYPI:
            return OtherVerdict(reason=target.doubt or NO_VERSION)
        missing = self._records.missing.get(target.ecosystem, "")
        if not version:
            return OtherVerdict(reason=missing or NO_VERSION, missing=target.ecosystem if missing else "")
        hits = tuple(self._hits(package, target, version, target.keys))
        if missing:
            return OtherVerdict(hits, missing, target.ecosystem)
        return OtherVerdict(hits, self._doubt(package, target, version, is_hit=bool(hits)))

    def _doubt(self, package: PackageIdentity, target: OsvTarget, version: str, *, is_hit: bool) -> str:
        """Return why the records may not say all about a package whose ecosystem has a feed, or empty."""
        lost = next((self._records.lost[key] for key in target.keys if key in self._records.lost), "")
        if lost:
            return lost
        if (self._malware or self._needs_malware) and not self._records.malware.get(target.ecosystem):
            return f"the feed has no record of malicious packages of {target.ecosystem}"
        if is_hit:
            return ""
        if not target.sure and not any(key in self._records.advisories for key in target.keys):
            return NO_SOURCE_PACKAGE
        for key in target.keys:
            for other in self._records.spelt.get(key, ()):
                named = next(self._hits(package, target, version, (other,)), None)
                if named is not None:
                    name = excerpt(other.partition("/")[2])
                    return f"{named.found.id} is about {name}, and its name differs by case alone"
        return ""

    def _hits(
        self, package: PackageIdentity, target: OsvTarget, version: str, keys: tuple[str, ...]
    ) -> Iterator[OtherHit]:
        name = shown_package(package)
        records = [item for key in keys for item in self._records.advisories.get(key, ())]
        if not records:
            return
        matcher = Matcher({name: records}, now=self._now, scale=scale_of(target.ecosystem))
        seen: set[str] = set()
        for text in versions_of(target, version):
            for hit in matcher.match(name, text):
                if hit.id in seen or (self._malware and (not hit.malware or hit.status is Status.SETTLED)):
                    continue
                seen.add(hit.id)
                yield OtherHit(msgspec.structs.replace(hit, version=printable(version)), matcher.move_to(name, text))


def shown_package(package: PackageIdentity) -> str:
    """Return a package as findings name it: its package URL without version and qualifiers."""
    return package_name(package.type, "/".join(filter(None, (package.namespace, package.name))))


def package_name(kind: str, path: str) -> str:
    """Return a package as findings name it: by the type of its package URL, and namespace and name with `/` between them."""
    return f"pkg:{kind}/{quote(path, safe='/:+~._-')}"


def other_key(package: PackageIdentity, version: str) -> tuple[str, str]:
    """Return what a version of a package is known by among pins: its package URL without version, and the version with its qualifiers.

    Of two packages that differ by a qualifier alone, the release of a distribution for example, one may be affected.
    """
    qualifiers = "&".join(f"{name}={value}" for name, value in package.qualifiers)
    return shown_package(package), printable(f"{version}?{qualifiers}" if qualifiers else version)
