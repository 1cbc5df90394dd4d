"""`[[suppliers]]`: whose documents are accepted, how they are signed, and what they may be about."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from ops.supply_chain.contracts.base import Contract, Days
from ops.supply_chain.contracts.config.signing import SigningIdentity

Criticality = Annotated[int, msgspec.Meta(ge=1, le=5)]
"""How much depends on a supplier's products: 1 (little) to 5 (everything)."""


class Exposure(StrEnum):
    """Who can reach a supplier's products; unknown counts as public."""

    UNKNOWN = ""
    PUBLIC = "public"
    INTERNAL = "internal"


class QualityProfile(StrEnum):
    """Which elements an SBOM must have: see docs/suppliers.md."""

    MINIMAL = "minimal"
    NTIA_2021 = "ntia-2021"
    CISA_2026 = "cisa-2026"
    BSI_TR_03183_2 = "bsi-tr-03183-2"


class SupplierEntry(Contract, frozen=True, kw_only=True):
    """One `[[suppliers]]` entry; a document that no entry covers is quarantined.

    `name` is how the supplier is shown. `identities` are those of its Sigstore signatures, written as
    `[[signing.identities]]` are; `keys` are files with its public keys (PEM), relative to the project. `products` are the
    products that it may send documents about: package URLs without a version, or names of products (`*` is any text); empty
    for any, as a third party: its VEX counts after that of vendors. `formats` are the standards that it may use (`CycloneDX`, `SPDX`, `OpenVEX`, `CSAF`), each with or without a
    version (`CycloneDX 1.6`); empty for any. `max_age_days` is the most days between a document's own time and the day on
    which it is received; without it there is no limit. `profile` is the quality profile that its SBOMs must pass: `minimal`,
    `ntia-2021`, `cisa-2026` or `bsi-tr-03183-2`. With `vex_required` each of its SBOMs needs a VEX of the supplier about that
    version of the product.

    The risk register uses `criticality` (1 to 5: what depends on its products) and `exposure` (`public`, `internal`; unset
    counts as public); `owner` deals with items of the backlog about its products unless another owner was set.
    """

    name: str
    identities: tuple[SigningIdentity, ...] = ()
    keys: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    max_age_days: Days | None = None
    criticality: Criticality = 3
    exposure: Exposure = Exposure.UNKNOWN
    owner: str = ""
    profile: QualityProfile = QualityProfile.MINIMAL
    vex_required: bool = False
