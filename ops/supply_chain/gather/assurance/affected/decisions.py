"""How versions are decided by the records of advisories: for each package, by its ecosystem's order of versions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import quote

from ops.supply_chain.contracts.values.advisory import Status
from ops.supply_chain.contracts.values.received_sbom import PackageIdentity
from ops.supply_chain.contracts.values.registry import PackageName, RegisteredComponent
from ops.supply_chain.core.text import printable
from ops.supply_chain.formats.purl import read_purl
from ops.supply_chain.formats.version_orders.ecosystems import PYPI, OsvTarget, packages_of, target_of, versions_of
from ops.supply_chain.formats.version_orders.orders import sort_key
from ops.supply_chain.risk.advisories.package import KnownVulnerability
from ops.supply_chain.risk.advisories.scales import Scale, scale_of
from ops.supply_chain.suppliers.affected.model import Decide, Decided, PlaceStatus, WantedPackage
from ops.supply_chain.suppliers.affected.search import worst

DISTRIBUTIONS = ("apk", "deb")


def wanted_packages(key: str, cases: Sequence[KnownVulnerability]) -> Iterator[WantedPackage]:
    """Yield the packages to search for.

    Args:
        key: The ecosystem and the name of a record, `npm/left-pad`, `Debian:12/openssl`.
        cases: The live vulnerabilities of that package.
    """
    ecosystem, _, name = key.partition("/")
    scale = scale_of(ecosystem)
    if ecosystem == PYPI:
        yield WantedPackage(PackageName("pypi", "", name), pypi_decision(cases))
        return
    decide = _other_decision(key, cases, scale)
    for type_, namespace, last in packages_of(ecosystem, name):
        read = read_purl(_text(type_, namespace, last))
        if read is None:
            continue
        source = last.lower() if type_ in DISTRIBUTIONS else ""
        exact = PackageName(read.type, read.namespace, read.name)
        lower = PackageName(read.type, read.namespace.lower(), read.name.lower())
        yield WantedPackage(exact, decide, source)
        if lower != exact:
            yield WantedPackage(lower, decide, source, certain=False)


def _text(type_: str, namespace: str, name: str) -> str:
    path = "/".join(quote(part, safe="") for part in (*namespace.split("/"), name) if part)
    return f"pkg:{type_}/{path}"


def pypi_decision(cases: Sequence[KnownVulnerability]) -> Decide:
    """Return how versions of a package of PyPI are decided, by its vulnerabilities."""
    scale = scale_of(PYPI)

    def decide(component: RegisteredComponent) -> Decided:
        decided = [_decide(case, scale, component.version) for case in cases]
        found = worst(decided)
        same = [item for item in decided if item.status is found.status]
        names = dict.fromkeys(name for item in same for name in item.ids)
        return found._replace(ids=tuple(names), fixed=_last([item.fixed for item in same]))

    return decide


def _last(fixes: Sequence[str]) -> str:
    """Return the latest of the versions that fix one vulnerability each; empty if one has none."""
    found = [(sort_key(PYPI, version), version) for version in fixes]
    placed = [(key, version) for key, version in found if key is not None]
    return max(placed)[1] if placed and len(placed) == len(found) else ""


def _other_decision(key: str, cases: Sequence[KnownVulnerability], scale: Scale) -> Decide:
    def decide(component: RegisteredComponent) -> Decided:
        target = _target(component)
        if target.doubt:
            return Decided(PlaceStatus.UNDECIDED, target.doubt)
        if key.lower() not in {other.lower() for other in target.keys}:
            return Decided(PlaceStatus.CLEAR, "it is of another release or repository")
        texts = versions_of(target, component.version) or ("",)
        return worst([_decide(case, scale, text) for case in cases for text in texts])

    return decide


def _target(component: RegisteredComponent) -> OsvTarget:
    package = component.package
    qualifiers = [("distro", component.distribution), ("upstream", component.source)]
    given = tuple((name, value) for name, value in qualifiers if value)
    return target_of(PackageIdentity(package.type, package.namespace, package.name, component.version, given))


def _decide(case: KnownVulnerability, scale: Scale, version: str) -> Decided:
    names = case.group.names
    if not version:
        return Decided(PlaceStatus.UNDECIDED, "it has no version", ids=names)
    about = scale.check(version)
    status = case.status(about)
    if status is Status.AFFECTED:
        return Decided(PlaceStatus.AFFECTED, fixed=case.fixed_after(about), ids=names)
    if status is Status.UNDECIDED:
        reason = case.vulnerability(case.group.live[0].package, version, status).reason
        return Decided(PlaceStatus.UNDECIDED, printable(reason), ids=names)
    return Decided(PlaceStatus.CLEAR, ids=names)
