"""`[locks]`: which files are locks, and how they are compiled."""

from __future__ import annotations

from ops.supply_chain.contracts.base import Contract, Days

DEFAULT_COOL_DOWN_DAYS = 7


class LocksConfig(Contract, frozen=True, kw_only=True):
    """`[locks]`: which files are locks, and how `compile_locks.py` compiles them.

    `include` and `exclude` are globs relative to the project (`**` crosses folders); `exclude` adds to the folders
    that are never searched. `cool_down_days` is the minimum age of a release that a compile may select.
    `python_version` and `universal` are passed to uv; empty means the running Python. Where a package has no wheel,
    its dependencies are often known only to its build script: `allow_builds` lets that code run while locks are
    compiled and checked, which is off by default. It could read the environment of every process above it, so nothing
    is compiled below a process that has a token for signing or publishing: the lock is then not examined.
    `install_tools` lets `check_locks` install Poetry, pdm or pipenv into a temporary environment if a lock needs a tool that
    is not on this machine: a release of at least the minimum age, from `[index].url`. Without it, the lock is not examined.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    cool_down_days: Days = DEFAULT_COOL_DOWN_DAYS
    python_version: str = ""
    universal: bool = False
    allow_builds: bool = False
    install_tools: bool = False
