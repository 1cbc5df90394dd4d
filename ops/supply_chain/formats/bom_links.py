"""BOM-Links: references to a CycloneDX document, or to an element of one.

Source: https://cyclonedx.org/capabilities/bomlink/, https://www.iana.org/assignments/urn-formal/cdx
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote

START = "urn:cdx:"

_LINK = re.compile(r"urn:cdx:(?P<uuid>[0-9A-Fa-f-]{36})/(?P<version>[0-9]{1,9})(?:#(?P<ref>.+))?", re.DOTALL)


class BomLink(NamedTuple):
    """A link: UUID of the document's serial number in lower case, its version, and the reference of an element in it.

    `reference` is empty for the document itself.
    """

    uuid: str
    version: int
    reference: str = ""

    @property
    def document(self) -> str:
        """The link to the document itself."""
        return f"{START}{self.uuid}/{self.version}"


def is_link(text: str) -> bool:
    """Return whether a text is meant as a BOM-Link, well-formed or not."""
    return text[: len(START)].lower() == START


def split_link(text: str) -> BomLink | None:
    """Read a BOM-Link, its reference percent-encoded or not; None for any other text."""
    found = _LINK.fullmatch(text)
    return BomLink(found["uuid"].lower(), int(found["version"]), unquote(found["ref"] or "")) if found else None
