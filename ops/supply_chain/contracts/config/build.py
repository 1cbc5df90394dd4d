"""`[build]`: whether the project's distributions are built."""

from __future__ import annotations

from ops.supply_chain.contracts.base import Contract


class BuildConfig(Contract, frozen=True, kw_only=True):
    """`[build]`: whether sdist and wheel may be built.

    A build runs the code of the project and of its locked build requirements. `allow = false` builds nothing and writes no
    build lock (`requirements-build.txt` beside `pyproject.toml`, which `nox -s lock` writes for a Python package).
    """

    allow: bool | None = None
