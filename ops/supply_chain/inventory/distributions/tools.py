"""What built a distribution, from the report of the build."""

from __future__ import annotations

from ops.supply_chain.contracts.files.build_report import BuildReport
from ops.supply_chain.contracts.values.lock import DEFAULT_INDEX, InstallScope
from ops.supply_chain.core.names import normalise
from ops.supply_chain.inventory.model.document import Component, Package
from ops.supply_chain.inventory.model.naming import plain_name, purl_of


def build_tools(report: BuildReport, file_name: str, sha256: str) -> tuple[Component, ...]:
    """Return the packages of the environment in which a distribution was built, sorted by ref.

    Args:
        report: Of the build.
        file_name: Of the distribution.
        sha256: Its digest: what the report has about other bytes of that name is not about this distribution.
    """
    found = {
        component.package.ref: component
        for package in report.packages
        if any((built.filename, built.sha256) == (file_name, sha256) for built in package.distributions)
        for component in (_tool(entry.name, entry.version, entry.sha256) for entry in package.requirements)
    }
    return tuple(found[ref] for ref in sorted(found))


def _tool(name: str, version: str, digests: tuple[str, ...]) -> Component:
    purl = purl_of(plain_name(name), version, DEFAULT_INDEX)
    package = Package(
        ref=f"tool:{purl}",
        name=plain_name(name),
        key=normalise(name),
        version=version,
        purl=purl,
        hashes=tuple(sorted(f"sha256:{digest}" for digest in digests)),
    )
    return Component(package=package, scope=InstallScope.EXCLUDED)
