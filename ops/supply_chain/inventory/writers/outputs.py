"""The files that `generate_sbom` writes: their names, and who writes which format.

The aggregate is `N-sbom.json` in the lowest CycloneDX version asked for; a second one has its version in
its name (`N-sbom.1.7.json`). SPDX is `N-sbom.spdx.json` (2.3) and `N-sbom.spdx3.json` (3.0.1). Beside each
other in `locks/` lie the documents of single locks: the lock's path with `.cdx.json`, `.1.7.cdx.json`,
`.spdx.json`, `.spdx3.json` after it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from typing import NamedTuple, Protocol

from ops.supply_chain.contracts.config.sbom import SbomFormat
from ops.supply_chain.inventory.model.document import Document
from ops.supply_chain.inventory.writers import cyclonedx, spdx2, spdx3
from ops.supply_chain.inventory.writers.cyclonedx import Rendered

CYCLONEDX = {
    SbomFormat.CYCLONEDX_1_6: cyclonedx.Version.V1_6,
    SbomFormat.CYCLONEDX_1_7: cyclonedx.Version.V1_7,
}


class Renderer(Protocol):
    """What every writer of a format does."""

    def render(self, document: Document) -> Rendered:
        """Return the canonical bytes of a document."""


class Output(NamedTuple):
    """A format that was asked for: its writer, and the ends of its files' names."""

    format: SbomFormat
    renderer: Renderer
    aggregate_suffix: str
    lock_suffix: str

    @property
    def cyclonedx_version(self) -> str:
        """The version of CycloneDX, empty for SPDX."""
        return CYCLONEDX[self.format].value if self.format in CYCLONEDX else ""


class _Whole:
    """Gives the SPDX writers the shape of the CycloneDX one."""

    def __init__(self, renderer: spdx2.Renderer | spdx3.Renderer) -> None:
        self._renderer = renderer

    def render(self, document: Document) -> Rendered:
        data = self._renderer.render(document)
        return Rendered([data], hashlib.sha256(data).hexdigest(), len(data), [], [])


def outputs_for(formats: Collection[SbomFormat]) -> tuple[Output, ...]:
    """Return a fresh writer for each format, in the order of `SbomFormat`.

    Args:
        formats: Any order, repeats allowed, may be empty.
    """
    return tuple(_output(one, formats) for one in SbomFormat if one in formats)


def _output(form: SbomFormat, formats: Collection[SbomFormat]) -> Output:
    if form is SbomFormat.SPDX_2_3:
        return Output(form, _Whole(spdx2.Renderer()), ".spdx.json", ".spdx.json")
    if form is SbomFormat.SPDX_3_0_1:
        return Output(form, _Whole(spdx3.Renderer()), ".spdx3.json", ".spdx3.json")
    version = CYCLONEDX[form]
    second = form is SbomFormat.CYCLONEDX_1_7 and SbomFormat.CYCLONEDX_1_6 in formats
    middle = f".{version.value}" if second else ""
    return Output(form, cyclonedx.Writer(version), f"{middle}.json", f"{middle}.cdx.json")
