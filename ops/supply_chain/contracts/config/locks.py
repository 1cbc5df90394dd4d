"""`[locks]`: which files are locks, and how they are compiled."""

from __future__ import annotations

from typing import Annotated

import msgspec

from ops.supply_chain.contracts.base import Contract, Days
from ops.supply_chain.contracts.values.lock import InstallScope

DEFAULT_COOL_DOWN_DAYS = 7


class LockScope(Contract, frozen=True, kw_only=True):
    """One entry of `[[locks.scopes]]`: which part of the locks is the product.

    `path` is a glob of locks relative to the project. `groups` are dependency groups and extras in them; empty means
    everything in these locks. `scope` is `required` (installed with the product), `optional` (where someone asks for
    it) or `excluded` (development only). Of several entries that match, the first counts.

    Without an entry: plain dependencies are required, extras are optional. A dependency group is excluded where every
    word of its name names development (`dev`, `test`, `lint`, `docs`, ...), required where it is installed by
    default, else optional. A lock is excluded where its file name does (`requirements-dev.txt`,
    `requirements/tests.txt`, `pylock.docs.toml`) and it is not the only one with a package that the project declares as a
    plain dependency; its folder does not count. What is unknown is required. A package
    that several reach has the strongest of their scopes.
    """

    scope: InstallScope
    path: str = "**"
    groups: tuple[str, ...] = ()


class ExcludedPath(Contract, frozen=True, kw_only=True):
    """A glob of files that are left out, and the reason."""

    path: Annotated[str, msgspec.Meta(min_length=1)]
    reason: Annotated[str, msgspec.Meta(min_length=1)]


class LocksConfig(Contract, frozen=True, kw_only=True):
    """`[locks]`: which files are locks, and how `compile_locks.py` compiles them.

    `include` and `exclude` are globs relative to the project (`**` crosses folders). `include` names the locks instead of
    the usual rules. `exclude` adds to the folders that are never searched; write it as `{path = "tests/**", reason =
    "fixtures"}`, since the record of every gate lists what was excluded, and why. `cool_down_days` is the minimum age of a release that a compile may select.
    `python_version` and `universal` are passed to uv. Where they are not set, an existing lock keeps what its header
    records; a new lock is for the running Python and platform, one of `pyproject.toml` for every platform and for every
    Python that `requires-python` allows. Where a package has no wheel, its dependencies are often known only to its build
    script: `allow_builds` lets that code run while locks are compiled and checked, which is off by default. It could read
    the environment of every process above it, so nothing is compiled below a process that has a token for signing or
    publishing: the lock is then not examined.
    `install_tools` lets `check_locks` install Poetry, pdm or pipenv into a temporary environment if a lock needs a tool that
    is not on this machine: a release of at least the minimum age, from `[index].url`. Without it, the lock is not examined.
    `scopes` names what is for development only, where names do not show it.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str | ExcludedPath, ...] = ()
    cool_down_days: Days = DEFAULT_COOL_DOWN_DAYS
    python_version: str = ""
    universal: bool | None = None
    allow_builds: bool = False
    install_tools: bool = False
    scopes: tuple[LockScope, ...] = ()

    @property
    def exclusions(self) -> tuple[ExcludedPath, ...]:
        """What is left out, in the order of the file; a reason that is not given is empty."""
        return tuple(
            entry if isinstance(entry, ExcludedPath) else ExcludedPath(path=entry, reason="") for entry in self.exclude
        )

    @property
    def excluded(self) -> tuple[str, ...]:
        """The globs of `exclude`."""
        return tuple(entry.path for entry in self.exclusions)
