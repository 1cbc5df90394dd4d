"""Advisories about packages of other ecosystems than PyPI, as feeds gave them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from ops.supply_chain.contracts.values.advisory import Advisory


class OtherRecords(NamedTuple):
    """The records of some packages.

    `advisories` is package key (`npm/left-pad`, `Debian:12/openssl`) -> its records. `spelt` is a key in lower case -> keys of
    records that differ from it in case alone. `lost` is a key -> why a record about it cannot be read. `missing` is an ecosystem
    without suffix -> why nothing about it counts as examined: no feed was given, or none that can be used. `malware` is an
    ecosystem -> how many records of malicious packages the feeds have.
    """

    advisories: Mapping[str, tuple[Advisory, ...]] = MappingProxyType({})
    spelt: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    lost: Mapping[str, str] = MappingProxyType({})
    missing: Mapping[str, str] = MappingProxyType({})
    malware: Mapping[str, int] = MappingProxyType({})
