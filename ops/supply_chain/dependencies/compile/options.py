"""The options of a compile: which pins may change, and which packages bypass the cool-down."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import msgspec

from ops.supply_chain.contracts.values.compile_request import Bypass
from ops.supply_chain.core.errors import ErrorClass, UsageError
from ops.supply_chain.core.moments import timestamp
from ops.supply_chain.core.names import normalise
from ops.supply_chain.core.text import printable, without_credentials
from ops.supply_chain.dependencies.compile.plan import LockJob

_PACKAGE = re.compile(r"(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(?:==(?P<version>[A-Za-z0-9.+!_-]+))?")


class CompileOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What the user requests for every lock that it affects.

    `now` and `allowed` are RFC 3339: the present, and the latest upload time that the cool-down allows.
    `upgrade_packages` are `name` or `name==version`, PEP 503; `bypasses` are new exceptions, whose packages may be
    upgraded too.
    """

    now: str
    allowed: str
    upgrade: bool = False
    upgrade_packages: tuple[str, ...] = ()
    bypasses: tuple[Bypass, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """The packages that are named for an upgrade or an exception."""
        upgraded = frozenset(package.partition("==")[0] for package in self.upgrade_packages)
        return upgraded | {bypass.name for bypass in self.bypasses}

    def affect(self, job: LockJob) -> bool:
        """Return whether a lock may change although its source has not changed."""
        return self.upgrade or not self.names.isdisjoint({*job.pins.versions, *job.names})

    def upgrades_of(self, job: LockJob) -> tuple[str, ...]:
        """Return the arguments of the compiler's `--upgrade-package` for one lock, sorted."""
        exact = [f"{bypass.name}=={bypass.version}" if bypass.version else bypass.name for bypass in self.bypasses]
        known = {*job.pins.versions, *job.names}
        packages = {*self.upgrade_packages, *exact}
        return tuple(sorted(package for package in packages if package.partition("==")[0] in known))


def parse_options(
    *,
    now: datetime,
    cool_down_days: int,
    upgrade: bool,
    upgrade_packages: Sequence[str],
    bypasses: Sequence[str],
    reason: str,
) -> CompileOptions:
    """Parse the options that the user typed.

    Args:
        now: The time of the run.
        cool_down_days: The least age of a release.
        upgrade: `--upgrade`.
        upgrade_packages: Each `--upgrade-package`.
        bypasses: Each `--bypass-cool-down`.
        reason: `--reason`, the same for all bypasses.
    Raises:
        UsageError: A package name is malformed, or a bypass has no reason, or the reverse.
    """
    why = printable(" ".join(without_credentials(reason).split()))
    if bypasses and not why:
        raise UsageError(
            "--bypass-cool-down needs --reason",
            hint="Give the reason why it cannot wait; the lock records it.",
            kind=ErrorClass.COMMAND_LINE,
        )
    if reason and not bypasses:
        raise UsageError(
            "--reason needs --bypass-cool-down", hint="Name the package that it is for.", kind=ErrorClass.COMMAND_LINE
        )
    present = timestamp(now)
    exceptions = sorted(_parse(text, "--bypass-cool-down") for text in bypasses)
    return CompileOptions(
        now=present,
        allowed=youngest_allowed(now, cool_down_days=cool_down_days),
        upgrade=upgrade,
        upgrade_packages=tuple(sorted(_joined(*_parse(text, "--upgrade-package")) for text in upgrade_packages)),
        bypasses=tuple(
            Bypass(name=name, version=version, exclude_newer=present, reason=why) for name, version in exceptions
        ),
    )


def youngest_allowed(now: datetime, *, cool_down_days: int) -> str:
    """Return the timestamp after which a release is too young to be picked."""
    return timestamp(now - timedelta(days=cool_down_days))


def refuse_unknown(options: CompileOptions, jobs: Iterable[LockJob]) -> None:
    """Refuse a package that no lock contains: it is misspelt, or meant for another project.

    Raises:
        UsageError: There is such a package.
    """
    known = {name for job in jobs for name in (*job.pins.versions, *job.names)}
    unknown = sorted(options.names - known)
    if unknown:
        raise UsageError(
            f"no lock contains {', '.join(unknown)}", hint="Spell it as in the lock.", kind=ErrorClass.COMMAND_LINE
        )


def _parse(text: str, option: str) -> tuple[str, str]:
    match = _PACKAGE.fullmatch(text)
    if match is None:
        raise UsageError(f"{option}: expected NAME or NAME==VERSION, found {text!r}", kind=ErrorClass.COMMAND_LINE)
    return normalise(match["name"]), match["version"] or ""


def _joined(name: str, version: str) -> str:
    return f"{name}=={version}" if version else name
