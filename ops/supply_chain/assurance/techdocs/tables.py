"""Tables and links for all pages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import quote

from ops.supply_chain.assurance.techdocs.model import Mirror, MirrorRelease, enclosed_name
from ops.supply_chain.contracts.files.manifest import ManifestFile
from ops.supply_chain.formats import markdown

FILES = "files"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], *, empty: str) -> list[str]:
    """Return a table, or a sentence where it would have no rows.

    Args:
        heads: Column titles, fixed text.
        rows: Cells, already escaped.
        empty: The sentence for an empty table, with a full stop.
    """
    lines = list(rows)
    return markdown.table(heads, lines).splitlines() if lines else [empty]


def file_link(mirror: Mirror, release: MirrorRelease, file: ManifestFile, *, up: str) -> str:
    """Return the link to a released file, or its name where it is not included.

    Args:
        mirror: The mirror, with the address of its files.
        release: The release of the file.
        file: The file.
        up: Path from the page to the root of the pages: empty, or `../` for each level.
    """
    name = enclosed_name(file)
    if not name:
        return markdown.text(file.name)
    if mirror.files_at:
        return f"[{markdown.text(file.name)}]({mirror.files_at}/{address(release.version, file.name)})"
    return f"[{markdown.text(file.name)}]({up}{address('releases', release.version, FILES, name)})"


def release_link(release: MirrorRelease, *, up: str, page: str = "index.md", text: str = "") -> str:
    """Return the link to a page of a release."""
    return f"[{markdown.text(text or release.version)}]({up}{address('releases', release.version, page)})"


def address(*parts: str) -> str:
    """Return a relative address with each part quoted."""
    return "/".join(quote(part, safe="") for part in parts)


def digest(text: str) -> str:
    """Return a digest as code, `none` where there is none."""
    return markdown.code(text) if text else "none"


def banner(release: MirrorRelease) -> list[str]:
    """Return the warning above every page of a rehearsal; empty for a release."""
    if not release.rehearsal:
        return []
    return ["**This is a rehearsal. Nothing was released, and its signatures prove nothing.**", ""]
