"""What the advisories say of the components that suppliers' accepted SBOMs list: each distinct one once.

Packages of PyPI are matched as locks are, others by the feeds that were given or configured for their ecosystems. No name
leaves the machine: only whole feeds are fetched. What cannot be matched has a reason, and never counts as clear. The registry
keeps no version of a distribution's source package: packages of distributions are read again from their documents.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ops.supply_chain.adapters.files.supplier_store import SupplierStore
from ops.supply_chain.contracts.files.record import FeedRef
from ops.supply_chain.contracts.values.advisory import Status, Vulnerability
from ops.supply_chain.contracts.values.lock import Lock, LockEntry, LockKind, Pin
from ops.supply_chain.contracts.values.received_sbom import PackageIdentity
from ops.supply_chain.contracts.values.registry import RegisteredComponent
from ops.supply_chain.core.errors import StageError, UnavailableError
from ops.supply_chain.core.text import printable
from ops.supply_chain.formats.json_reader import UnexpectedShapeError
from ops.supply_chain.formats.received.read import read_received
from ops.supply_chain.gather.gates.projects import GateProject
from ops.supply_chain.gather.gates.sboms import is_possible, is_version_of
from ops.supply_chain.gather.risk.advisories.lookup import LookupResult, look_up
from ops.supply_chain.gather.risk.advisories.others import (
    ASK_THE_SUPPLIER,
    FULL_PACKAGE_URL,
    VERSION_NEEDED,
    read_other_packages,
)
from ops.supply_chain.gather.risk.advisories.source_options import SNAPSHOT_ONLY
from ops.supply_chain.runner.context import StageRun

GATE = "supplier"
NO_PACKAGE_URL = "nothing identifies it: it has no package URL"
NO_SUCH_NAME = "no package of its ecosystem can have its name"
NO_BYTES = (
    "its document is not stored on this machine, and the registry does not keep the version of its source package"
)

_DISTRIBUTIONS = frozenset({"apk", "deb"})


class ComponentKey(NamedTuple):
    """A component without its place."""

    type: str
    namespace: str
    name: str
    version: str
    distribution: str
    source: str


class Hit(NamedTuple):
    """A vulnerability of a component, and the nearest version without any that can be fixed, or empty."""

    found: Vulnerability
    move_to: str


class ComponentVerdict(NamedTuple):
    """What the advisories say of a component, why that is not all, or empty, and what to do about that."""

    hits: tuple[Hit, ...] = ()
    reason: str = ""
    step: str = ""


class AdvisoryVerdicts(NamedTuple):
    """The verdicts about all components, the feeds that were used, and notes about them."""

    verdicts: Mapping[ComponentKey, ComponentVerdict]
    feeds: tuple[FeedRef, ...] = ()
    notes: tuple[str, ...] = ()


def key_of(component: RegisteredComponent) -> ComponentKey:
    """Return a component without its place."""
    return ComponentKey(*component.package, component.version, component.distribution, component.source)


def match_components(
    run: StageRun, components: Sequence[tuple[RegisteredComponent, str]], store: SupplierStore
) -> AdvisoryVerdicts:
    """Match components against the advisories.

    Args:
        run: The stage's run.
        components: Distinct ones, each with the digest of a document that lists it.
        store: The documents' bytes.
    Raises:
        UsageError: Sources cannot be combined, or the configuration names no such feed.
        OutputError: The cache cannot be written.
    """
    verdicts: dict[ComponentKey, ComponentVerdict] = {}
    pypi: list[ComponentKey] = []
    others: dict[ComponentKey, PackageIdentity] = {}
    documents = _Documents(store)
    for component, digest in components:
        key = key_of(component)
        identity: PackageIdentity | None = PackageIdentity(key.type, key.namespace, key.name, key.version)
        if component.package.weak:
            verdicts[key] = ComponentVerdict(reason=NO_PACKAGE_URL, step=ASK_THE_SUPPLIER)
            continue
        if key.type in _DISTRIBUTIONS:
            identity = documents.identity(key, digest)
        if identity is None:
            verdicts[key] = ComponentVerdict(reason=NO_BYTES, step=FULL_PACKAGE_URL)
        elif not is_possible(identity):
            verdicts[key] = ComponentVerdict(reason=NO_SUCH_NAME, step=ASK_THE_SUPPLIER)
        elif key.type == "pypi":
            pypi.append(key)
        else:
            others[key] = identity
    python = _of_pypi(run, pypi)
    known = read_other_packages(run, GATE, others.values())
    for key, identity in others.items():
        version = key.version if is_version_of(identity, key.version) else ""
        verdict = known.verdict(identity, [version])
        hits = tuple(Hit(hit.found, hit.move_to) for hit in verdict.hits if hit.found.status is not Status.SETTLED)
        step = known.step(verdict, identity) if verdict.reason else ""
        verdicts[key] = ComponentVerdict(hits, verdict.reason, step)
    verdicts |= python.verdicts
    return AdvisoryVerdicts(verdicts, (*python.feeds, *known.feeds), (*python.notes, *known.notes))


def _of_pypi(run: StageRun, keys: Sequence[ComponentKey]) -> AdvisoryVerdicts:
    if not keys:
        return AdvisoryVerdicts({})
    exact = {key: is_version_of(PackageIdentity("pypi", "", key.name, key.version), key.version) for key in keys}
    pins = sorted({(key.name, key.version) for key in keys if exact[key]})
    entries = tuple(
        LockEntry(pin=Pin(name=name, written_name=name, version=version, hashes=()), line=1, path=GATE, direct=None)
        for name, version in pins
    )
    lock = Lock(path=GATE, kind=LockKind.SBOM, sha256="0" * 64, size=0, entries=entries)
    project = GateProject(label="", root=run.root, config=run.config, locks=(lock,))
    try:
        with look_up(run, GATE, SNAPSHOT_ONLY, with_malicious=True, projects=[project]) as found:
            return _verdicts(keys, exact, found)
    except UnavailableError as error:
        verdict = ComponentVerdict(reason=printable(error.message), step=error.hint)
        return AdvisoryVerdicts(dict.fromkeys(keys, verdict))


def _verdicts(
    keys: Sequence[ComponentKey], exact: Mapping[ComponentKey, bool], found: LookupResult
) -> AdvisoryVerdicts:
    unusable = next((finding for _, finding in found.not_examined), None) if found.unusable else None
    verdicts = {}
    for key in keys:
        pin = (key.name, key.version)
        matches = found.matcher.match(*pin) if found.matcher and exact[key] else ()
        move_to = found.matcher.move_to(*pin) if matches and found.matcher else ""
        hits = tuple(Hit(hit, move_to) for hit in matches if hit.status is not Status.SETTLED)
        if unusable is not None:
            verdicts[key] = ComponentVerdict(hits, unusable.message, unusable.next_step)
        elif not exact[key]:
            verdicts[key] = ComponentVerdict(hits, "it has no exact version", VERSION_NEEDED)
        else:
            verdicts[key] = ComponentVerdict(hits, found.unexamined.get(pin, ""))
    return AdvisoryVerdicts(verdicts, found.feeds, found.notes)


class _Documents:
    """The packages of distributions in stored documents, with everything that their package URLs say."""

    def __init__(self, store: SupplierStore) -> None:
        self._store = store
        self._read: dict[str, dict[tuple[str, str, str, str], PackageIdentity]] = {}

    def identity(self, key: ComponentKey, digest: str) -> PackageIdentity | None:
        """Return the package URL of a component of a document; None if its bytes are not here."""
        if digest not in self._read:
            self._read[digest] = self._packages(digest)
        return self._read[digest].get(key[:4])

    def _packages(self, digest: str) -> dict[tuple[str, str, str, str], PackageIdentity]:
        try:
            document = read_received(self._store.read(digest).data)
        except (StageError, UnexpectedShapeError):
            return {}
        found: dict[tuple[str, str, str, str], PackageIdentity] = {}
        for part in document.components:
            package = part.package
            if package is not None and package.type in _DISTRIBUTIONS:
                for version in {package.version or part.version, part.version or package.version}:
                    found[package.type, package.namespace, package.name, version] = package._replace(version=version)
        return found
