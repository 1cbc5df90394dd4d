"""The files that `generate_sbom` writes: their names, and who writes which format.

The aggregate is `N-sbom.json` in the lowest CycloneDX version asked for; a second one has its version in
its name (`N-sbom.1.7.json`). SPDX is `N-sbom.spdx.json` (2.3) and `N-sbom.spdx3.json` (3.0.1). The documents
of single locks are in `locks/`: the lock's path and `.cdx.json`, `.1.7.cdx.json`, `.spdx.json` or `.spdx3.json`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from typing import NamedTuple, Protocol

from ops.supply_chain.contracts.config.sbom import SbomFormat
from ops.supply_chain.inventory.model.document import Document
from ops.supply_chain.inventory.writers import cyclonedx, spdx2, spdx3
from ops.supply_chain.inventory.writers.cyclonedx import Rendered, Version


class SbomWriter(Protocol):
    """What every writer of a format does."""

    def render(self, document: Document) -> Rendered:
        """Return the canonical bytes of a document."""


class Output(NamedTuple):
    """A format that was asked for: its writer, and the ends of its files' names.

    `cyclonedx_version` is empty for SPDX.
    """

    format: SbomFormat
    writer: SbomWriter
    aggregate_suffix: str
    lock_suffix: str
    cyclonedx_version: str


class _Whole:
    """Gives the SPDX writers the shape of the CycloneDX one."""

    def __init__(self, writer: spdx2.Spdx2Writer | spdx3.Spdx3Writer) -> None:
        self._writer = writer

    def render(self, document: Document) -> Rendered:
        data = self._writer.render(document)
        return Rendered([data], hashlib.sha256(data).hexdigest(), len(data), [], [])


class _Format(NamedTuple):
    """How a format is written, and the ends of the names of an aggregate and of a lock's document."""

    make_writer: Callable[[], SbomWriter]
    aggregate_suffix: str
    lock_suffix: str
    cyclonedx_version: str = ""


_FORMATS = {
    SbomFormat.CYCLONEDX_1_6: _Format(lambda: cyclonedx.CycloneDxWriter(Version.V1_6), ".json", ".cdx.json", "1.6"),
    SbomFormat.CYCLONEDX_1_7: _Format(lambda: cyclonedx.CycloneDxWriter(Version.V1_7), ".json", ".cdx.json", "1.7"),
    SbomFormat.SPDX_2_3: _Format(lambda: _Whole(spdx2.Spdx2Writer()), ".spdx.json", ".spdx.json"),
    SbomFormat.SPDX_3_0_1: _Format(lambda: _Whole(spdx3.Spdx3Writer()), ".spdx3.json", ".spdx3.json"),
}
"""Every format that is written, in one table."""


def outputs_for(formats: Collection[SbomFormat]) -> tuple[Output, ...]:
    """Return a new writer for each format, in the order of `SbomFormat`.

    Args:
        formats: Any order, repeats allowed, may be empty.
    """
    return tuple(_output(sbom_format, formats) for sbom_format in SbomFormat if sbom_format in formats)


def _output(sbom_format: SbomFormat, formats: Collection[SbomFormat]) -> Output:
    found = _FORMATS[sbom_format]
    earlier = [other for other in SbomFormat if other in formats and _FORMATS[other].cyclonedx_version]
    # A second CycloneDX version has its version in its name.
    second = found.cyclonedx_version and sbom_format is not earlier[0]
    middle = f".{found.cyclonedx_version}" if second else ""
    return Output(
        format=sbom_format,
        writer=found.make_writer(),
        aggregate_suffix=f"{middle}{found.aggregate_suffix}",
        lock_suffix=f"{middle}{found.lock_suffix}",
        cyclonedx_version=found.cyclonedx_version,
    )
