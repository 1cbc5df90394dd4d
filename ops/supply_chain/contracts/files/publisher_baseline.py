"""`requirements.provenance.json`: who published the direct dependencies of a lock when it was compiled."""

from __future__ import annotations

import msgspec

from ops.supply_chain.contracts.base import Contract
from ops.supply_chain.contracts.values.publisher import AttestedPackage, Publisher


class PublisherBaseline(Contract, frozen=True, kw_only=True):
    """The whole file: name -> publisher, for each direct dependency that the index describes.

    Names are compared in PEP 503 form: existing files spell them as the source does. `attested` is PEP 503
    name -> who attested it, for any package of the lock; absent where that was never recorded.
    """

    direct_deps: dict[str, Publisher]
    attested: dict[str, AttestedPackage] | msgspec.UnsetType = msgspec.UNSET
