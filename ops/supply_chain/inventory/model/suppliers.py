"""Who supplies a package: who publishes it, else where it is distributed.

NTIA's list of 2021 asks for the name of a supplier: "an entity that creates, defines, and identifies components". The one whom
the package's own metadata names publishes it; where that names no one, the supplier is the source that distributes it, which is
what the field means in SPDX.

Source: https://www.ntia.gov/report/2021/minimum-elements-software-bill-materials-sbom;
https://spdx.github.io/spdx-spec/v2.3/package-information/#75-package-supplier-field
"""

from __future__ import annotations

from urllib.parse import urlsplit

from ops.supply_chain.contracts.values.lock import PinSourceKind
from ops.supply_chain.inventory.model.addresses import publishable, repository
from ops.supply_chain.inventory.model.document import Document, Package


def supplier_in(document: Document, package: Package) -> str:
    """Return who supplies a package of a document; empty where that is unknown.

    A project supplies its own packages, and what is in its distributions.
    """
    own = package.local or package is document.root.package or document.distribution is not None
    return supplier_of(package, document.root.package.producer if own else "")


def supplier_of(package: Package, own: str) -> str:
    """Return who supplies a package; empty where that is unknown. The name of a source is that of its host.

    Args:
        package: Any.
        own: Who supplies the project's own packages, and what is in its distributions; empty if unknown.
    """
    return package.producer or distributor_of(package) or own


def distributor_of(package: Package) -> str:
    """Return the host that distributes a package; empty where there is none, or it is not public."""
    source = package.source
    if package.local or source.kind is PinSourceKind.PATH:
        return ""
    if source.kind is PinSourceKind.VCS:
        address = repository(source.url)
    elif source.kind is PinSourceKind.URL:
        address = publishable(source.url)
    else:
        address = package.page
    return urlsplit(address).hostname or "" if address else ""
