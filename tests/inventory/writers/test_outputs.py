"""Which files, and who writes them."""

from __future__ import annotations

import pytest

from ops.supply_chain.contracts.config.sbom import SbomFormat
from ops.supply_chain.inventory.writers.outputs import outputs_for
from tests.inventory.made_locks import documents, made_project

NAMES: dict[str, tuple[list[SbomFormat], list[tuple[str, str]]]] = {
    "1.6": ([SbomFormat.CYCLONEDX_1_6], [(".json", ".cdx.json")]),
    "1.7 alone has the plain name": ([SbomFormat.CYCLONEDX_1_7], [(".json", ".cdx.json")]),
    "all": (
        [*reversed(SbomFormat), SbomFormat.SPDX_2_3],
        [
            (".json", ".cdx.json"),
            (".1.7.json", ".1.7.cdx.json"),
            (".spdx.json", ".spdx.json"),
            (".spdx3.json", ".spdx3.json"),
        ],
    ),
    "none": ([], []),
}


@pytest.mark.parametrize(("formats", "expected"), NAMES.values(), ids=NAMES)
def test_names(formats: list[SbomFormat], expected: list[tuple[str, str]]) -> None:
    assert [(entry.aggregate_suffix, entry.lock_suffix) for entry in outputs_for(formats)] == expected


def test_every_format_is_written_with_its_digest() -> None:
    import hashlib

    _, aggregate = documents(made_project())
    for output in outputs_for(list(SbomFormat)):
        rendered = output.writer.render(aggregate)
        data = b"".join(rendered.chunks)
        assert rendered.sha256 == hashlib.sha256(data).hexdigest()
        assert rendered.size == len(data)
        assert (output.cyclonedx_version or "spdx") in output.format.value
