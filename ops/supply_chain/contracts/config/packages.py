"""`[[packages]]`: the distributions that a release consists of."""

from __future__ import annotations

from ops.supply_chain.contracts.base import Contract


class PackageEntry(Contract, frozen=True, kw_only=True):
    """One `[[packages]]` entry: a Python package of the project that is released. `path` is its folder, relative to the
    project; `name` its distribution name, by default what the metadata in that folder state. A release needs distributions
    of every entry. Without an entry, distributions are optional, and of the project itself.

    A package has the version of the project, unless `own_version` is true: then it is not part of the project's releases, and
    a release of it alone is made where its own tag is at HEAD (`NAME==1.2`, `NAME-v1.2`), or with `--version NAME==1.2`.
    """

    path: str = "."
    name: str = ""
    own_version: bool = False
