"""Everything that "am I affected?" searches, read once: locks, retained releases, the registry, deployed folders.

What cannot be read is a problem of the answer: it never ends the search, and never counts as clear.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ops.supply_chain.adapters.files.artifact_store import ArtifactStore
from ops.supply_chain.adapters.files.supplier_store import SupplierStore
from ops.supply_chain.adapters.registry.address import DEFAULT_TENANT, RegistryAddress
from ops.supply_chain.adapters.registry.search import RegistrySearch
from ops.supply_chain.contracts.values.registry import (
    PackageName,
    RegisteredComponent,
    RegisteredDocument,
    RegisteredVersion,
    RegistryHit,
)
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.errors import StageError
from ops.supply_chain.core.names import normalise
from ops.supply_chain.core.text import printable
from ops.supply_chain.formats.version_orders.ecosystems import PYPI, base_ecosystem
from ops.supply_chain.gather.assurance.affected.documents import (
    MOST_OPENED,
    DocumentOpener,
    RegistryFound,
    digest_place,
    document_places,
    missing_documents,
    newer_documents,
    owner_of,
    registry_hits,
    unread_documents,
)
from ops.supply_chain.gather.assurance.affected.locks import LockSearch, read_locks
from ops.supply_chain.gather.assurance.affected.releases import (
    matching,
    retained_file_places,
    retained_releases,
    unregistered_hits,
)
from ops.supply_chain.runner.context import StageRun
from ops.supply_chain.suppliers.affected.model import (
    FoundPlace,
    OtherVersion,
    PlaceKind,
    PlaceStatus,
    Problem,
    Searched,
    WantedPackage,
)
from ops.supply_chain.suppliers.affected.search import Search, may_mean_another

if TYPE_CHECKING:
    from ops.supply_chain.gather.assurance.affected.deployed import Deployment
    from ops.supply_chain.gather.assurance.affected.fleet_locks import FleetLocks
    from ops.supply_chain.suppliers.statements import SupplierStatement

_Answer = TypeVar("_Answer")
_SHOWN_FIRST = (PlaceStatus.AFFECTED, PlaceStatus.UNDECIDED, PlaceStatus.POSSIBLE, PlaceStatus.UNTRUSTED)
_ORDER = (*_SHOWN_FIRST, PlaceStatus.STATED, PlaceStatus.SUPERSEDED, PlaceStatus.CLEAR)
_KINDS = tuple(PlaceKind)


class Sources:
    """What is searched.

    Args:
        run: The stage's run.
        address: The registry.
        stack: Closes the registry.
        folders: Deployed folders.
    """

    def __init__(self, run: StageRun, address: RegistryAddress, stack: ExitStack, folders: Sequence[Path] = ()) -> None:
        self._run = run
        self.problems: list[Problem] = []
        self.notes: list[str] = []
        self.store = SupplierStore(run.artifacts, "" if address.tenant == DEFAULT_TENANT else address.tenant)
        self.locks = _fleet_locks(run) if run.args.scheduler else read_locks(run)
        self.releases = retained_releases(ArtifactStore(run.artifacts))
        self.deployed = _deployments(folders)
        self.problems += [*self.locks.problems, *self.releases.problems]
        self.problems += [problem for item in self.deployed for problem in item.problems]
        self.notes += self.locks.notes
        self.reader = self._open(address, stack)
        registered = self._ask(lambda reader: reader.digests(own=True)) or frozenset()
        self.unregistered, problems = unregistered_hits(self.releases, registered)
        self.problems += problems
        self.documents = self._count_documents()
        self.opener = DocumentOpener(self.store, self.releases.sboms)
        self._held = {
            (sbom.manifest.component, sbom.manifest.version): sbom.manifest.retained_at[:10]
            for sbom in self.releases.sboms
        }

    @property
    def searched(self) -> Searched:
        """How much is searched."""
        return Searched(
            locks=self.locks.locks,
            releases=len(self.releases.sboms),
            documents=self.documents,
            deployed=sum(len(item.distributions) for item in self.deployed),
            files=sum(item.files for item in self.deployed),
        )

    def listed(self) -> Mapping[str, int]:
        """Return how many packages of each ecosystem are listed in documents; PyPI is among them in any case."""
        found: Counter[str] = Counter()
        for type_, namespace, count in self._ask(lambda reader: reader.types()) or ():
            found[base_ecosystem(type_, namespace)] += count
        for package in {hit.component.package for hit in self.unregistered}:
            found[base_ecosystem(package.type, package.namespace)] += 1
        for package in self.locks.packages_inside():
            found[base_ecosystem(package.type, package.namespace)] += 1
        found.pop("", None)
        found[PYPI] += 1
        return found

    def names(self, type_: str = "") -> set[str]:
        """Return the names of all packages that are listed anywhere, of one type of package URLs or of any."""
        found = set(self._ask(lambda reader: reader.names(type_)) or ())
        packages = {hit.component.package for hit in self.unregistered}
        found |= {package.name for package in packages if type_ in ("", package.type)}
        if type_ not in ("", "pypi"):
            return found
        found |= self.locks.names()
        return found | {normalise(item.name) for folder in self.deployed for item in folder.distributions}

    def packages_called(self, name: str) -> tuple[PackageName, ...]:
        """Return the packages of all ecosystems that have a name, source packages of distributions too; PyPI's in any case."""
        wanted = {name, name.lower(), normalise(name)}
        found = {PackageName("pypi", "", normalise(name))}
        for spelling in sorted(wanted):
            found |= set(self._ask(partial(_called, spelling)) or ())
        found |= {hit.component.package for hit in self.unregistered if hit.component.package.name in wanted}
        listed = [(item.package, item.source) for item in self._ask(partial(_built_from, name.lower())) or ()]
        listed += [(hit.component.package, hit.component.source) for hit in self.unregistered]
        found |= {
            PackageName(package.type, package.namespace, name.lower())
            for package, source in listed
            if source.partition("@")[0] == name.lower()
        }
        return tuple(sorted(package for package in found if not may_mean_another(package)))

    def spelt_otherwise(self, wanted: Sequence[WantedPackage]) -> tuple[WantedPackage, ...]:
        """Return listed packages whose names differ from wanted ones by case alone: they may be the same, and are never clear.

        Names of PyPI and of some other ecosystems are registered in one spelling; these have no such packages.
        """
        known = {item.package for item in wanted}
        unregistered = {hit.component.package for hit in self.unregistered}
        unregistered |= {*self.locks.packages_inside()}
        found: dict[PackageName, WantedPackage] = {}
        for item in wanted:
            package = item.package
            if package.type == "pypi":
                continue
            others = set(self._ask(partial(_spelt_otherwise, package)) or ())
            others |= {other for other in unregistered if _folded(other) == _folded(package)}
            for other in sorted(others - known):
                found.setdefault(other, item._replace(package=other, source="", certain=False))
        return tuple(found.values())

    def without_source(self) -> Mapping[str, int]:
        """Return, by ecosystem of a distribution, how many of its packages do not name their source package."""
        found: Counter[str] = Counter()
        for type_, namespace, count in self._ask(lambda reader: reader.without_source()) or ():
            found[base_ecosystem(type_, namespace)] += count
        return found

    def places(
        self, search: Search, ids: Sequence[str] = ()
    ) -> tuple[tuple[FoundPlace, ...], tuple[OtherVersion, ...]]:
        """Return all places of what is wanted, sorted: what is affected first, locks before releases before suppliers.

        Args:
            search: What is wanted.
            ids: Names of the vulnerability, for statements about it.
        Returns:
            The places, and how many products of suppliers contain which other version.
        """
        if not search.wanted:
            return (), ()
        found = [*self.locks.places(search, self._run.now.date())]
        for item in self.deployed:
            found += item.places(search)
        registered = self._ask(lambda reader: registry_hits(reader, search)) or RegistryFound()
        hits = [*matching(self.unregistered, search), *registered.hits]
        newer = self._ask(lambda reader: newer_documents(reader, hits)) or {}
        found += document_places(
            hits, search, opener=self.opener, newer=newer, held=self._held, statements=self._statements(ids)
        )
        if ids:
            from ops.supply_chain.gather.assurance.affected.own_statements import OwnStatements

            own = OwnStatements(self._run, self.releases)
            found = [own.stated(place) for place in found]
        return self._finished(found, [hit.document for hit in hits]), registered.others

    def _statements(self, ids: Sequence[str]) -> Sequence[SupplierStatement]:
        if not ids:
            return ()
        from ops.supply_chain.gather.suppliers.statements import statements_about

        return self._ask(lambda reader: statements_about(reader, ids, self._run.config.suppliers, self.store)) or ()

    def places_of_digest(self, digest: str) -> tuple[FoundPlace, ...]:
        """Return all places of a digest."""
        found = [*self.locks.places_of_digest(digest), *retained_file_places(self.releases, digest)]
        found += [place for item in self.deployed for place in item.places_of_digest(digest)]
        registered = self._ask(lambda reader: reader.find_by_digest(digest)) or ()
        hits = [*registered, *_own_digests(self, digest)]
        newer = self._ask(lambda reader: newer_documents(reader, hits)) or {}
        found += [digest_place(hit, newer.get(hit.document.digest), self._held) for hit in hits]
        document = self._ask(lambda reader: reader.document(digest))
        if document is not None:
            hit = RegistryHit(document, RegisteredComponent(-1, PackageName("", "", "")), ordered=False)
            found.append(digest_place(hit, None, self._held))
        return self._finished(found, [hit.document for hit in hits])

    def products_that_list(self, installed: Mapping[str, set[str]]) -> list[tuple[str, int]]:
        """Return own releases and suppliers' products with how many of some packages they list in an installed version.

        Those with most come first; documents that were not accepted or are superseded do not count.

        Args:
            installed: PEP 503 name -> versions.
        """
        packages = [PackageName("pypi", "", name) for name in installed]
        hits = [hit for hit in self.unregistered if hit.component.package.type == "pypi"]
        versions = self._ask(lambda reader: reader.versions(packages)) or ()
        same = [item.number for item in versions if item.version in installed.get(item.package.name, ())]
        hits += self._ask(lambda reader: reader.occurrences(same)) or ()
        found: dict[str, set[str]] = {}
        for hit in hits:
            component = hit.component
            if hit.document.current and component.version in installed.get(component.package.name, ()):
                found.setdefault(owner_of(hit.document), set()).add(component.package.name)
        return sorted(((owner, len(names)) for owner, names in found.items()), key=lambda item: (-item[1], item[0]))

    def known_files(self) -> list[tuple[str, str]]:
        """Return the deployed files whose digest is known, each with what has it; sorted by path."""
        digests = {digest: path for item in self.deployed for digest, path in item.digests.items()}
        found: dict[str, str] = {}
        for digest, owner in self._ask(lambda reader: reader.digest_owners(digests)) or ():
            found.setdefault(digests[digest], owner_of(owner))
        for digest, path in self.locks.files(digests):
            found.setdefault(digests[digest], path)
        for release in self.releases.held:
            for file in release.manifest.files if release.manifest is not None else ():
                if file.sha256 in digests:
                    found.setdefault(digests[file.sha256], f"{release.component} {release.version}")
        return sorted(found.items())

    def _finished(
        self, places: Iterable[FoundPlace], documents: Iterable[RegisteredDocument]
    ) -> tuple[FoundPlace, ...]:
        """Return places sorted, the first ones of documents with the way to each."""
        ordered = sorted(set(places), key=_order)
        known = {document.digest: document for document in documents}
        opened: set[str] = set()
        found = []
        for place in ordered:
            document = known.get(place.document)
            if document is not None and place.status in _SHOWN_FIRST and len(opened | {place.document}) <= MOST_OPENED:
                opened.add(place.document)
                place = self.opener.located(place, document)  # noqa: PLW2901 - the same place, with more of it
            found.append(place)
        return tuple(found)

    def _open(self, address: RegistryAddress, stack: ExitStack) -> RegistrySearch | None:
        if address.file is not None and not address.file.exists():
            if any(self.store.digests()):
                step = f"Fill it again: {command('supplier', '--rebuild')}"
                self.problems.append(
                    Problem("documents of suppliers are stored, and there is no registry of them", step)
                )
            return None
        try:
            return stack.enter_context(RegistrySearch(address))
        except StageError as error:
            self._fail(error)
            return None

    def _count_documents(self) -> int:
        counted = self._ask(unread_documents)
        if counted is None:
            return 0
        problems, notes, number = counted
        self.problems += problems
        self.notes += notes
        self.problems += self._ask(lambda reader: missing_documents(reader, self.store)) or ()
        return number

    def _ask(self, question: Callable[[RegistrySearch], _Answer]) -> _Answer | None:
        """Return what the registry answers; None without one, and where it fails."""
        if self.reader is None:
            return None
        try:
            return question(self.reader)
        except StageError as error:
            self._fail(error)
            return None

    def _fail(self, error: StageError) -> None:
        problem = Problem(f"suppliers' documents were not searched: {printable(error.message)}", error.hint)
        if problem not in self.problems:
            self.problems.append(problem)


def _fleet_locks(run: StageRun) -> FleetLocks | LockSearch:
    # It writes to the registry, whose library takes longer to import than the answer takes.
    from ops.supply_chain.gather.assurance.affected.fleet_locks import read_fleet_locks

    return read_fleet_locks(run)


def _deployments(folders: Sequence[Path]) -> list[Deployment]:
    if not folders:
        return []
    from ops.supply_chain.gather.assurance.affected.deployed import read_deployment

    return [read_deployment(folder) for folder in folders]


def _called(name: str, reader: RegistrySearch) -> tuple[PackageName, ...]:
    return reader.packages(name)


def _spelt_otherwise(package: PackageName, reader: RegistrySearch) -> tuple[PackageName, ...]:
    return reader.spelt_otherwise(package)


def _folded(package: PackageName) -> PackageName:
    return PackageName(package.type, package.namespace.lower(), package.name.lower())


def _built_from(source: str, reader: RegistrySearch) -> tuple[RegisteredVersion, ...]:
    return tuple(item for item in reader.versions((), (source,)) if item.source == source)


def _own_digests(sources: Sources, digest: str) -> Iterator[RegistryHit]:
    """Yield the components of releases that the registry does not have which have a digest."""
    seen: set[tuple[str, int]] = set()
    for hit in sources.unregistered:
        sbom = sources.opener.open(hit.document, len(sources.releases.sboms) + MOST_OPENED)
        key = (hit.document.digest, hit.component.place)
        if sbom is None or key in seen:
            continue
        seen.add(key)
        if any(found.value == digest for found in sbom.components[hit.component.place].digests):
            yield hit


def _order(place: FoundPlace) -> tuple[int, int, str, str, str, str]:
    return (
        _ORDER.index(place.status),
        _KINDS.index(place.kind),
        place.owner,
        place.package,
        place.version,
        place.where,
    )
