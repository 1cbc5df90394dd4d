"""One lock to make, what the user asks of all of them, and the question that both give the compiler."""

from __future__ import annotations

import posixpath
from functools import cached_property

import msgspec

from ops.supply_chain.contracts.values.compile_request import Bypass, CompileRequest, Header
from ops.supply_chain.dependencies.compile.comparing import Pins, pins_of, without_others
from ops.supply_chain.dependencies.compile.header import body_of


class Job(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One lock to make: where, from which bytes, over which old text.

    `folder` is relative to the project, with `/`, empty for its top; `source` and `lock` are file names
    there. `command` is what the lock's header shows. `inputs` is all that the answer depends on apart
    from seed and moment: two jobs of equal inputs, seed and moment get the same body. `names` are the
    packages that the source and what it includes require, PEP 503, sorted; `asks` tells whether they require
    anything at all, by name or not. `old` is the lock's present text, empty for none, and `header` what that
    records.
    """

    folder: str
    source: str
    lock: str
    command: str
    inputs: tuple[str, ...]
    names: tuple[str, ...]
    old: str
    header: Header
    asks: bool = True

    @property
    def path(self) -> str:
        """The lock, relative to the project."""
        return posixpath.join(self.folder, self.lock)

    @property
    def source_path(self) -> str:
        """The source, relative to the project."""
        return posixpath.join(self.folder, self.source)

    @cached_property
    def body(self) -> str:
        """The old text without its header."""
        return body_of(self.old)

    @property
    def head(self) -> str:
        """The header of the old text, line ends as in the body."""
        return self.old.replace("\r\n", "\n").removesuffix(self.body)

    @cached_property
    def pins(self) -> Pins:
        """What the old text pins."""
        return pins_of(self.body)


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What the user asks of every lock that it concerns.

    `now` and `allowed` are RFC 3339: the present, and the youngest moment that the cool-down allows.
    `upgrade_packages` are `name` or `name==version`, PEP 503; `bypasses` are new exceptions, which let
    their packages be upgraded too.
    """

    now: str
    allowed: str
    upgrade: bool = False
    upgrade_packages: tuple[str, ...] = ()
    bypasses: tuple[Bypass, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """The packages that are named for an upgrade or an exception."""
        return frozenset(one.partition("==")[0] for one in self.upgrade_packages) | {one.name for one in self.bypasses}

    def concerns(self, job: Job) -> bool:
        """Tell whether a lock may change although its source has not."""
        return self.upgrade or not self.names.isdisjoint({*job.pins.versions, *job.names})

    def upgrades_of(self, job: Job) -> tuple[str, ...]:
        """List what the compiler may upgrade in one lock, as its option wants it, sorted."""
        named = [f"{one.name}=={one.version}" if one.version else one.name for one in self.bypasses]
        known = {*job.pins.versions, *job.names}
        return tuple(sorted(one for one in {*self.upgrade_packages, *named} if one.partition("==")[0] in known))


def request_for(
    job: Job, header: Header, *, upgrade: bool = False, upgrade_packages: tuple[str, ...] = ()
) -> CompileRequest:
    """Make the question that a lock with this header answers, seeded with the pins of the old lock."""
    return CompileRequest(
        folder=job.folder,
        source=job.source,
        lock=job.lock,
        seed="" if upgrade else without_others(job.body),
        moment=header.compiled_at,
        bypasses=header.bypasses,
        upgrade=upgrade,
        upgrade_packages=upgrade_packages,
    )
