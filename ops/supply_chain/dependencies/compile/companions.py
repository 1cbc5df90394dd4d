"""What lies beside a lock: its SBOM and its publisher baseline, and when each has to be made again."""

from __future__ import annotations

import json
from collections.abc import Mapping

import msgspec

from ops.supply_chain.contracts.files.publisher_baseline import PublisherBaseline
from ops.supply_chain.contracts.values.publisher import Publisher
from ops.supply_chain.dependencies.compile.baseline import EMPTY, merge, names_of, to_ask
from ops.supply_chain.dependencies.compile.comparing import Pins, describes, pins_of
from ops.supply_chain.dependencies.compile.header import body_of
from ops.supply_chain.dependencies.compile.settling import Settled
from ops.supply_chain.dependencies.compile.sources import LOCK_SUFFIX

BOM_SUFFIX = ".cdx.json"
BASELINE_SUFFIX = ".provenance.json"


class Beside(msgspec.Struct, frozen=True, kw_only=True):
    """One settled lock and what has to be done beside it.

    `bom_stale` tells that its SBOM is missing or describes another lock: a run that was killed between two
    files leaves that. `direct` are the names that the baseline is about, sorted; `ask` those of them whose
    entry must come from the index, sorted. `baseline` is the present one, None where there is none.
    """

    settled: Settled
    bom_stale: bool
    direct: tuple[str, ...]
    ask: tuple[str, ...]
    baseline: PublisherBaseline | None

    @property
    def lock_path(self) -> str:
        """The lock, relative to the project."""
        return self.settled.job.path

    @property
    def bom_path(self) -> str:
        """The SBOM beside the lock."""
        return bom_path(self.lock_path)

    @property
    def baseline_path(self) -> str:
        """The publisher baseline beside the lock."""
        return baseline_path(self.lock_path)

    @property
    def stale(self) -> bool:
        """Whether anything has to be written, as far as can be told without asking the index."""
        outdated = self.baseline is None or not names_of(self.baseline) <= set(self.direct)
        return self.settled.changed or self.bom_stale or outdated

    def renewed(self, fresh: Mapping[str, Publisher]) -> PublisherBaseline | None:
        """Return the baseline to write, None where the present one stays.

        Args:
            fresh: What the index says, at least of each of `ask` that it describes.
        """
        known = self.baseline or EMPTY
        new = merge(known, self.direct, {name: fresh[name] for name in self.ask if name in fresh})
        return None if new == self.baseline else new


def bom_path(lock_path: str) -> str:
    """Return where the SBOM of a lock lies."""
    return lock_path.removesuffix(LOCK_SUFFIX) + BOM_SUFFIX


def baseline_path(lock_path: str) -> str:
    """Return where the publisher baseline of a lock lies."""
    return lock_path.removesuffix(LOCK_SUFFIX) + BASELINE_SUFFIX


def look_beside(settled: Settled, *, bom: str | None, baseline: PublisherBaseline | None, refresh: bool) -> Beside:
    """Find what has to be done beside a settled lock.

    Args:
        settled: The lock.
        bom: The text of its SBOM, None where there is none.
        baseline: Its publisher baseline, None where there is none.
        refresh: True asks the index for every direct dependency again.
    """
    pins = pins_of(body_of(settled.text))
    direct = tuple(name for name in settled.job.names if _is_from_index(pins, name))
    changed = {one.name for one in settled.changes if one.before != one.after}
    return Beside(
        settled=settled,
        bom_stale=settled.changed or not describes(_parsed(bom), pins),
        direct=direct,
        ask=to_ask(baseline or EMPTY, direct, changed, refresh=refresh),
        baseline=baseline,
    )


def _is_from_index(pins: Pins, name: str) -> bool:
    # A direct dependency may be missing from the lock (its marker excludes it) or come from an address.
    versions = pins.versions.get(name, ())
    return bool(versions) and not any("/" in one for one in versions)


def _parsed(text: str | None) -> object:
    try:
        return json.loads(text or "")
    except (ValueError, RecursionError):
        return None
