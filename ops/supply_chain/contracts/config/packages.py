"""`[[packages]]`: the distributions that a release consists of."""

from __future__ import annotations

from ops.supply_chain.contracts.base import Contract


class PackageEntry(Contract, frozen=True, kw_only=True):
    """One `[[packages]]` entry: a Python package of the project that is released. `path` is its folder, relative to the
    project; `name` its distribution name, by default what the metadata in that folder state. A release needs distributions
    of every entry. Without an entry, distributions are optional, and of the project itself.
    """

    path: str = "."
    name: str = ""
