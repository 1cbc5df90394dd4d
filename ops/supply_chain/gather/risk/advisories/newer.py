"""The versions that indexes have of packages whose vulnerabilities end after a last affected version.

An advisory with `last_affected` names no fixed version, so the index is asked which later ones exist. Only packages
with such a vulnerability are requested, each from the index that its lock names. Without an answer the advice names
the last affected version instead; the outcome of the gate does not depend on it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from packaging.version import Version

from ops.supply_chain.contracts.values.advisory import Status, Vulnerability
from ops.supply_chain.contracts.values.lock import PinSourceKind
from ops.supply_chain.contracts.values.package_index import PageAddress, ProjectListing
from ops.supply_chain.core.errors import StageError
from ops.supply_chain.gather.risk.advisories.lookup import LookupResult
from ops.supply_chain.risk.advisories.pins import PinKey, PinOrigin
from ops.supply_chain.runner.context import StageRun


def newest_clear(
    run: StageRun, found: LookupResult, matches: Mapping[PinKey, Sequence[Vulnerability]]
) -> list[dict[PinKey, str]]:
    """Return the newest version on its indexes that no advisory affects, for each pin that needs it.

    Args:
        run: The stage's run.
        found: The lookup, with its matcher.
        matches: The vulnerabilities of each pin that has any.
    Returns:
        For each project of the lookup, in order: pin -> version; a pin without one is left out.
    """
    wanted = {key: hits for key, hits in matches.items() if any(_needs_version(hit) for hit in hits)}
    if not wanted or run.offline or found.matcher is None:
        return [{} for _ in found.projects]
    pages = [{key: _pages(run, key[0], pins.pins[key]) for key in pins.pinned(wanted)} for pins in found.projects]
    versions = ask_index(run, {page for listed in pages for own in listed.values() for page in own})
    known: dict[tuple[PinKey, frozenset[PageAddress]], str] = {}
    for key, own in {item for listed in pages for item in listed.items()}:
        # Of a package from several indexes only what each of them has can be installed everywhere.
        common = [set(versions.get(page, ())) for page in own]
        known[key, own] = found.matcher.newest_clear(*key, set.intersection(*common) if common else ())
    return [{key: known[key, own] for key, own in listed.items() if known[key, own]} for listed in pages]


def _needs_version(hit: Vulnerability) -> bool:
    return bool(hit.ends_after) and hit.status is not Status.SETTLED


def _pages(run: StageRun, name: str, origin: PinOrigin) -> frozenset[PageAddress]:
    """Return the project pages of a pin: of each index that a lock of its project names for it."""
    default = run.config.index.url.rstrip("/")
    urls = {source.url for source in origin.sources if source.kind is PinSourceKind.INDEX}
    return frozenset(PageAddress("" if url.rstrip("/") == default else url, name) for url in urls)


def ask_index(run: StageRun, pages: Collection[PageAddress]) -> Mapping[PageAddress, Sequence[Version]]:
    """Return the versions of each project that can be installed; a project that cannot be read is left out."""
    import platform

    from ops.supply_chain.adapters.index.client import PackageIndex
    from ops.supply_chain.adapters.index.file_choice import version_in
    from ops.supply_chain.dependencies.updates.releases import releases_of

    python = run.config.locks.python_version or platform.python_version()

    def keep(_page: PageAddress, listing: ProjectListing | None) -> tuple[Version, ...]:
        releases = releases_of(listing, version_in, python=python) if listing else ()
        usable = (item.version for item in releases if item.runs and not item.yanked)
        return tuple(version for version in usable if not version.is_prerelease)

    try:
        index = PackageIndex(run.cache, url=run.config.index.url, json_url=run.config.index.json_url)
        return index.pages(pages, keep).read
    except StageError:
        return {}
