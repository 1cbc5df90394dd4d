"""BOM-Links: well-formed ones are taken apart, others are known as meant."""

from __future__ import annotations

import pytest

from ops.supply_chain.formats.bom_links import BomLink, is_link, split_link

UUID = "3e671687-395b-41f5-a30f-a58921a69b79"
LINKS: dict[str, BomLink | None] = {
    f"urn:cdx:{UUID}/1": BomLink(UUID, 1),
    f"urn:cdx:{UUID.upper()}/12#a": BomLink(UUID, 12, "a"),
    f"urn:cdx:{UUID}/1#pkg%3Anpm%2Fa%401": BomLink(UUID, 1, "pkg:npm/a@1"),
    f"urn:cdx:{UUID}/1#pkg:npm/a@1#x": BomLink(UUID, 1, "pkg:npm/a@1#x"),
    f"urn:cdx:{UUID}/01": BomLink(UUID, 1),
    f"urn:cdx:{UUID}": None,
    f"urn:cdx:{UUID}/": None,
    f"urn:cdx:{UUID}/1#": None,
    f"urn:cdx:{UUID}/x": None,
    "urn:cdx:short/1": None,
    f"urn:uuid:{UUID}": None,
    "": None,
}


@pytest.mark.parametrize("text", LINKS)
def test_a_link_is_taken_apart(text: str) -> None:
    found = split_link(text)
    assert found == LINKS[text]
    assert is_link(text) is text.startswith("urn:cdx:")
    assert found is None or split_link(found.document) == found._replace(reference="")
