"""Who supplies a package and how it is delivered: who publishes it, else where it is distributed; where they are reached.

NTIA's list of 2021 asks for the name of a supplier: "an entity that creates, defines, and identifies components". The one whom
the package's own metadata names publishes it; where that names no one, the supplier is the source that distributes it, which is
what the field means in SPDX.

BSI TR-03183-2 asks for the e-mail address or URL of a component's creator, "e.g. the creator's home page or the project's web page", and
for everything about the file of a component only where it is delivered with the product: what a lock names is fetched from its index.

Source: https://www.ntia.gov/report/2021/minimum-elements-software-bill-materials-sbom;
https://spdx.github.io/spdx-spec/v2.3/package-information/#75-package-supplier-field
"""

from __future__ import annotations

from enum import StrEnum
from urllib.parse import urlsplit

from ops.supply_chain.contracts.values.lock import PinSourceKind
from ops.supply_chain.core.addresses import INDEX_PROJECT_URL, INDEX_URL
from ops.supply_chain.inventory.model.addresses import publishable, repository
from ops.supply_chain.inventory.model.document import Component, Document, LinkKind, Package

_PAGES = (LinkKind.WEBSITE, LinkKind.VCS, LinkKind.DOCUMENTATION, LinkKind.ISSUES, LinkKind.CHANGES)
"""Links that lead to the project's web page, the best first."""


class Delivery(StrEnum):
    """How a component comes with the product. `SEPARATE`: from its own source. `MERGED`: inside the file of another component."""

    SEPARATE = "separate"
    MERGED = "merged"


def delivery_of(document: Document, component: Component) -> Delivery | None:
    """Return how a component of a document is delivered; None for the product itself, and for its own packages."""
    if component is document.root or (component.package.local and not component.part):
        return None
    return Delivery.MERGED if component.part and document.distribution is not None else Delivery.SEPARATE


def contact_of(package: Package) -> str:
    """Return an e-mail address or a URL at which who makes a package is reached: theirs, else the project's web page."""
    if package.contact:
        return package.contact
    for kind in _PAGES:
        for link in package.links:
            if link.kind is kind:
                return link.url
    if package.page.startswith(INDEX_URL):
        return f"{INDEX_PROJECT_URL}{package.key}/"
    source = package.source
    return (
        package.page or (repository(source.url) if source.kind is PinSourceKind.VCS else "") or publishable(source.url)
    )


def contact_in(document: Document, package: Package) -> str:
    """Return how who makes or supplies a package of a document is reached: as `contact_of`, else as the product's producer,
    where it is the supplier.
    """
    root = document.root.package
    return contact_of(package) or (root.contact if supplier_in(document, package) == root.producer else "")


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
