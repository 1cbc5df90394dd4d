"""What is inside the wheels of a project's pins, from the files beside its locks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.core.text import plural, printable
from ops.supply_chain.gather.gates.projects import GateProject
from ops.supply_chain.gather.gates.wheel_contents import recorded_contents
from ops.supply_chain.risk.advisories.inside import InsideWheels, PartInWheel, inside_wheels
from ops.supply_chain.risk.advisories.pins import PinKey

if TYPE_CHECKING:
    from ops.supply_chain.contracts.values.received_sbom import PackageIdentity


class OpenedWheels(NamedTuple):
    """What is recorded: the parts, the files beside the locks by digest, and how many pins have no opened wheel."""

    inside: InsideWheels = InsideWheels()
    refs: tuple[FileRef, ...] = ()
    unopened: int = 0

    @property
    def note(self) -> str:
        """The note about pins without an opened wheel; empty for none, and in a project that records no contents."""
        return unopened_note(self.unopened) if self.refs and self.unopened else ""


class LookupExtras(NamedTuple):
    """What is matched besides the pins of projects that were read already: contents of their wheels, and other packages.

    `contents` has one entry for each project, or none at all. `packages` are of other ecosystems than PyPI.
    """

    contents: Sequence[OpenedWheels] = ()
    packages: Sequence[PackageIdentity] = ()


NO_EXTRAS = LookupExtras()


def unopened_note(number: int) -> str:
    """Return the note about a number of pins without an opened wheel."""
    return f"the wheels of {plural(number, 'package')} were not opened: what they contain was not examined"


def opened_wheels(project: GateProject) -> OpenedWheels:
    """Read what is inside the wheels of a project's pins; records of wheels that no pin has the digest of do not count.

    Raises:
        InputError: A file beside a lock is malformed.
    """
    recorded = recorded_contents(project.root, project.locks)
    if not recorded.refs:
        return OpenedWheels()
    hashes: defaultdict[PinKey, set[str]] = defaultdict(set)
    for lock in project.locks:
        for entry in lock.entries:
            if not entry.pin.local:
                hashes[entry.pin.name, entry.pin.version].update(entry.pin.hashes)
    wheels = [
        wheel
        for wheel in recorded.wheels
        if not wheel.problem and f"sha256:{wheel.sha256}" in hashes.get((wheel.name, wheel.version), ())
    ]
    parts = [
        PartInWheel(
            part.purl,
            printable(part.name),
            printable(part.version),
            (wheel.name, wheel.version),
            wheel.file,
            declared=part.part == "declared",
        )
        for wheel in wheels
        for part in wheel.components
    ]
    refs = tuple(
        msgspec.structs.replace(ref, path=f"project:{project.shown(ref.path.removeprefix('project:'))}")
        for ref in recorded.refs
    )
    opened = {(wheel.name, wheel.version) for wheel in wheels}
    return OpenedWheels(inside_wheels(parts), refs, len(hashes.keys() - opened))
