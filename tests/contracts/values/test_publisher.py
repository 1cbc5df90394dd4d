from __future__ import annotations

from pathlib import Path

import pytest

from ops.supply_chain.contracts.files.publisher_baseline import PublisherBaseline
from ops.supply_chain.core import canonical
from ops.supply_chain.core.errors import InputError


def test_every_baseline_of_existing_components_is_read_and_written_without_a_difference(shared_data: Path) -> None:
    files = sorted((shared_data / "projects" / "soar").rglob("requirements.provenance.json"))
    assert len(files) == 76
    for path in files:
        assert canonical.encode(canonical.read(path, PublisherBaseline)) == path.read_bytes()


BROKEN = {
    "unknown field": ('{"direct_deps": {}, "more": 1}', "x: Object contains unknown field `more`"),
    "no publishers": ("{}", "x: Object missing required field `direct_deps`"),
    "a null": (
        '{"direct_deps": {"a": {"author": null}}}',
        "x: Expected `str`, got `null` - at `$.direct_deps[...].author`",
    ),
    "half a file": ('{"direct_deps": {', "x: not valid JSON: "),
}


@pytest.mark.parametrize(("text", "message"), BROKEN.values(), ids=BROKEN)
def test_a_broken_baseline_names_the_place(text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        canonical.decode(text.encode(), PublisherBaseline, where="x")
    assert caught.value.message.startswith(message)
