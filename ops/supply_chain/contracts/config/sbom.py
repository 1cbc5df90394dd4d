"""`[sbom]`: formats of the SBOMs, and who publishes them."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from ops.supply_chain.contracts.base import Contract

Contact = Annotated[
    str, msgspec.Meta(pattern=r"\A(?:https?://[^\s@]{3,200}|[^@\s:/<>()]{1,100}@[^@\s:/<>()]{3,100})?\Z")
]
"""A URL without credentials, or an e-mail address; empty if there is none."""


class SbomFormat(StrEnum):
    """A format and version that `generate_sbom.py` writes."""

    CYCLONEDX_1_6 = "cyclonedx-1.6"
    CYCLONEDX_1_7 = "cyclonedx-1.7"
    SPDX_2_3 = "spdx-2.3"
    SPDX_3_0_1 = "spdx-3.0.1"


class SbomConfig(Contract, frozen=True, kw_only=True):
    """`[sbom]`: formats of the aggregate and of the per-lock documents, and who publishes them.

    `author` is the entity that creates the SBOM (CISA 2026 "SBOM Author"), `producer` the one that creates the
    component; empty is written as unknown, never guessed. `author_contact` and `producer_contact` are an e-mail address or a URL at
    which they are reached, as BSI TR-03183-2 asks for. `licence` is the component's own SPDX expression where
    `pyproject.toml` does not state it.
    """

    formats: tuple[SbomFormat, ...] = (
        SbomFormat.CYCLONEDX_1_6,
        SbomFormat.SPDX_2_3,
        SbomFormat.SPDX_3_0_1,
    )
    lock_formats: tuple[SbomFormat, ...] = (SbomFormat.CYCLONEDX_1_6,)
    author: str = ""
    producer: str = ""
    author_contact: Contact = ""
    producer_contact: Contact = ""
    licence: str = ""
