"""What the registry stores of statements about vulnerabilities: those of a VEX document, and the analyses in an SBOM.

Source: https://cyclonedx.org/docs/1.6/json/#vulnerabilities, https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from msgspec.structs import replace

from ops.supply_chain.contracts.values.received_sbom import (
    NO_COMPONENT,
    AffectedComponent,
    AffectedVersions,
    PackageIdentity,
    ReceivedSbom,
    SbomComponent,
)
from ops.supply_chain.contracts.values.registry import PackageName, RegisteredStatement
from ops.supply_chain.contracts.values.vex import (
    VexBinding,
    VexDocument,
    VexStatement,
    VexStatus,
    VexSubject,
    VexTarget,
)
from ops.supply_chain.core.moments import timestamp
from ops.supply_chain.core.text import excerpt
from ops.supply_chain.formats.bom_links import BomLink, is_link, split_link
from ops.supply_chain.formats.cyclonedx_analysis import STATUS_OF, status_of_versions
from ops.supply_chain.formats.purl import read_purl
from ops.supply_chain.formats.version_orders.ecosystems import PYPI
from ops.supply_chain.formats.version_orders.orders import compare, order_of
from ops.supply_chain.formats.version_orders.pep440 import without_local
from ops.supply_chain.formats.version_orders.purl_types import ecosystem_of
from ops.supply_chain.formats.version_orders.ranges import in_range, is_everything, is_range
from ops.supply_chain.suppliers.entries import cpe_name, product_of, purl_of, utc, weak_name

NO_PRODUCT = "names no product"
_ROW_SIZE = 64
"""Characters that a text counts for besides its own."""

OTHER_VERSION = "gives a version that is not the component's"


def link_of(sbom: ReceivedSbom) -> str:
    """Return the BOM-Link of a CycloneDX document; empty if it has no serial number."""
    scheme, _, serial = sbom.identifier.lower().rpartition(":")
    if scheme != "urn:uuid" or not serial:
        return ""
    return BomLink(serial, 1 if sbom.revision is None else sbom.revision).document


def subject_of(component: SbomComponent) -> VexSubject:
    """Return a component of an SBOM by all that identifies it."""
    name = f"{component.group}/{component.name}" if component.group else component.name
    return VexSubject(
        label=component.purl or name,
        purls=(component.purl,) if component.package is not None else (),
        cpes=component.cpes,
        digests=tuple(f"{digest.algorithm}:{digest.value}" for digest in component.digests),
        version=component.version,
    )


def identifiers_of(sbom: ReceivedSbom) -> tuple[str, ...]:
    """Return what the product of an SBOM is known by: package URL, CPE, digests, the BOM-Link or namespace of the document."""
    found = [link_of(sbom) or sbom.identifier]
    if sbom.roots:
        subject = subject_of(sbom.components[sbom.roots[0]])
        found += [*subject.purls, *subject.cpes, *subject.digests]
    return tuple(dict.fromkeys(filter(None, found)))


def package_of(purl: PackageIdentity) -> PackageName:
    """Return the identity of a package URL."""
    return PackageName(purl.type, purl.namespace, purl.name)


def vex_statements(document: VexDocument) -> Iterator[RegisteredStatement]:
    """Yield the statements of a VEX document, one for each thing that a statement is about."""
    nothing = VexTarget(label="", binding=VexBinding(problem=NO_PRODUCT))
    for place, statement in enumerate(document.statements):
        for target in statement.targets or (nothing,):
            yield _vex_statement(place, statement, target)


def _vex_statement(place: int, statement: VexStatement, target: VexTarget) -> RegisteredStatement:
    binding = target.binding
    package, version = identity_of(binding)
    return RegisteredStatement(
        place,
        statement.names[0],
        statement.names[1:],
        statement.status.value,
        statement.justification.value if statement.justification else "",
        target.detail,
        timestamp(statement.timestamp) if statement.timestamp else "",
        binding.product.label if binding.product else target.label,
        package,
        version,
        binding,
    )


def identity_of(binding: VexBinding) -> tuple[PackageName | None, str]:
    """Return the package that a statement is about, the component before the product, and its version or range.

    Returns:
        No package where it is bound to nothing, or by a digest or a BOM-Link alone; a weak one by its CPE.
    """
    subject = binding.component or binding.product
    if subject is None or binding.problem:
        return None, ""
    for purl in filter(None, map(read_purl, subject.purls)):
        return package_of(purl), purl.version or subject.version or subject.versions
    for cpe in subject.cpes:
        found = cpe_name(cpe)
        if found is not None:
            return found, subject.version or subject.versions
    return None, subject.version or subject.versions


def statements_of(sbom: ReceivedSbom) -> Iterator[RegisteredStatement]:
    """Yield the analyses in a CycloneDX document, one for each thing that a vulnerability affects."""
    reader = _Analyses(sbom)
    product = product_of(sbom)
    shown = f"{product.identity}@{product.version}" if product.version else product.identity
    for place, statement in enumerate(sbom.statements):
        if not (statement.state and statement.id):
            continue
        status = STATUS_OF.get(statement.state, VexStatus.UNDER_INVESTIGATION)
        stated = utc(statement.last_updated or statement.first_issued or sbom.timestamp)
        for of, binding, weak in reader.bindings(statement.affects, status):
            package, version = identity_of(binding)
            if weak is not None and package is None:
                package, version = weak
            yield RegisteredStatement(
                place, statement.id, statement.aliases, of.value, statement.justification if of is status else "",
                statement.detail, stated, shown, package, version, binding,
            )  # fmt: skip


_Weak = tuple[PackageName, str] | None


class _Analyses:
    """What the analyses of one document are bound to."""

    def __init__(self, sbom: ReceivedSbom) -> None:
        self._sbom = sbom
        self._link = link_of(sbom)
        self._root = subject_of(sbom.components[sbom.roots[0]]) if sbom.roots else None

    def bindings(
        self, affects: Iterable[AffectedComponent], status: VexStatus
    ) -> Iterator[tuple[VexStatus, VexBinding, _Weak]]:
        """Yield status and binding of each version that is affected, and the weak identity of what has no other."""
        affects = tuple(affects)
        if not affects:
            yield status, VexBinding(problem=NO_PRODUCT), None
        for affected in affects:
            binding, weak = self._bound(affected)
            if not affected.versions:
                yield status, binding, weak
            for entry in affected.versions:
                yield status_of_versions(entry.status, status), _narrowed(binding, entry), weak

    def _bound(self, affected: AffectedComponent) -> tuple[VexBinding, _Weak]:
        place, ref = affected.component, affected.ref
        if place == NO_COMPONENT and is_link(ref):
            link = split_link(ref)
            if link is None or link.document != self._link:
                return VexBinding(product=VexSubject(label=ref, links=(ref,))), None
            if not link.reference and self._root is not None:
                return VexBinding(product=self._root), None
            place = self._places.get(link.reference, NO_COMPONENT)
        if place == NO_COMPONENT:
            if read_purl(ref) is not None:
                return self._inside(VexSubject(label=ref, purls=(ref,))), None
            return VexBinding(problem=f"refers to {excerpt(ref)!r}, which the document does not have"), None
        component = self._sbom.components[place]
        weak = None if component.package is not None else (weak_name(component), component.version)
        if place in self._sbom.roots:
            return VexBinding(product=subject_of(component)), weak
        return self._inside(subject_of(component)), weak

    def _inside(self, subject: VexSubject) -> VexBinding:
        """Return what a component is bound to: the product that the document describes, else itself."""
        if self._root is None:
            return VexBinding(product=subject)
        return VexBinding(product=self._root, component=subject)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {component.ref: place for place, component in enumerate(self._sbom.components)}


def _narrowed(binding: VexBinding, entry: AffectedVersions) -> VexBinding:
    """Return what a statement about one version, or a range, is bound to."""
    subject = binding.component or binding.product
    if subject is None or binding.problem:
        return binding
    purl = next(filter(None, map(read_purl, subject.purls)), None)
    own = (purl.version if purl else "") or subject.version
    if own:
        package = package_of(purl) if purl else PackageName("", "", "")
        return (
            binding
            if same_version(package, "", entry.version or entry.range, own)
            else VexBinding(problem=OTHER_VERSION)
        )
    narrowed = replace(subject, version=entry.version, versions="" if entry.version else entry.range)
    if binding.component is None:
        return replace(binding, product=narrowed)
    return replace(binding, component=narrowed)


def same_version(package: PackageName, distribution: str, stated: str, version: str) -> bool | None:
    """Return whether a stated version or range is a version.

    Args:
        package: Whose versions they are.
        distribution: The release of a distribution that it belongs to; empty for none.
        stated: In the statement, not empty.
        version: Of the component, not empty.
    Returns:
        None where a range cannot be decided, and where a local label of PyPI or build metadata decides (`+k3s1` is another
        build than `+k3s2`); versions without an order are the same only by their text.
    """
    ecosystem = ecosystem_of(package, distribution)
    if is_range(stated):
        if stated.startswith("vers:semver/") and order_of(ecosystem) is None:
            return in_range("semver", "npm", version, stated)  # npm's versions are those of SemVer
        found = in_range(package.type, ecosystem, version, stated)
        public = without_local(version) if ecosystem == PYPI else version
        same = public == version or in_range(package.type, ecosystem, public, stated) is found
        return found if same else None
    if stated == version or compare(ecosystem, stated, version) != 0:
        return stated == version
    return True if _build(stated) == _build(version) else None


def _build(version: str) -> str:
    """Return the build metadata of a version: no order counts it, and it names another build."""
    return version.partition("+")[2].lower().removeprefix("incompatible")


def products_named(statements: Iterable[RegisteredStatement]) -> tuple[str, ...]:
    """Return the products of statements, as `[[suppliers]].products` has them: package URL without a version, CPE or name.

    Those that only a BOM-Link or a digest identifies are left out: which product it is, the registry decides when it has it.
    """
    found: dict[str, None] = {}
    for statement in statements:
        product = statement.binding.product if statement.binding else None
        if product is None or (statement.binding and statement.binding.problem and not product.purls):
            continue
        purls = [purl_of(purl) for purl in map(read_purl, product.purls) if purl is not None]
        if purls or not (product.links or product.digests):
            found |= dict.fromkeys(purls or product.cpes or (product.label,))
    return tuple(found)


def size_of(statements: Iterable[RegisteredStatement]) -> int:
    """Return how large statements are as the registry stores them, each with all that it repeats of its document, in characters."""
    sizes: dict[int, int] = {}
    total = 0
    for statement in statements:
        binding = statement.binding or VexBinding()
        total += _size((statement.vulnerability, *statement.aliases, statement.detail, statement.product))
        for subject in filter(None, (binding.product, binding.component)):
            if id(subject) not in sizes:
                texts = (subject.label, subject.version, subject.versions)
                sizes[id(subject)] = _size((*texts, *subject.purls, *subject.cpes, *subject.digests, *subject.links))
            total += sizes[id(subject)]
    return total


def _size(texts: Sequence[str]) -> int:
    return _ROW_SIZE * len(texts) + sum(map(len, texts))


def every_version(statements: Iterable[RegisteredStatement]) -> tuple[str, ...]:
    """Return the products about whose every version there is a statement: package URLs without a version."""
    found: dict[str, None] = {}
    for statement in statements:
        product = statement.binding.product if statement.binding else None
        if product is None or product.links or product.digests or (statement.binding and statement.binding.problem):
            continue
        if product.version or (product.versions and not is_everything(product.versions)):
            continue
        purls = [purl for purl in map(read_purl, product.purls) if purl is not None]
        if purls and not any(purl.version for purl in purls):
            found[purl_of(purls[0])] = None
    return tuple(found)
