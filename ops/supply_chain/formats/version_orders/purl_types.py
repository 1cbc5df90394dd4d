"""The ecosystem, as OSV names it, whose order and advisories a package URL's type has.

Source: https://ossf.github.io/osv-schema/#defined-ecosystems, https://github.com/package-url/purl-spec/tree/main/types
"""

from __future__ import annotations

from ops.supply_chain.contracts.values.registry import PackageName
from ops.supply_chain.formats.version_orders.ecosystems import base_ecosystem


def ecosystem_of(package: PackageName, distribution: str = "") -> str:
    """Return the ecosystem of a package; empty if it has none that OSV knows.

    Args:
        package: Its identity.
        distribution: The release of a distribution, `debian-12`; its number becomes the ecosystem's suffix.
    """
    base = base_ecosystem(package.type, package.namespace)
    if package.type not in ("apk", "deb") or not distribution:
        return base
    release = distribution.lower().removeprefix(f"{package.namespace}-")
    return f"{base}:{release}" if base and release[:1].isdigit() else base
