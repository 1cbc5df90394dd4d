"""Tables and links, the parts that every page is put together from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import quote

from ops.supply_chain.assurance.techdocs.model import Mirror, MirrorRelease, enclosed_name
from ops.supply_chain.contracts.files.manifest import ManifestFile
from ops.supply_chain.formats import markdown

FILES = "files"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], *, empty: str) -> list[str]:
    """Return a table, or a sentence where it would have no row.

    Args:
        heads: Our own words.
        rows: Cells that are escaped already.
        empty: What to say instead, with a full stop.
    """
    lines = list(rows)
    return markdown.table(heads, lines).splitlines() if lines else [empty]


def file_link(mirror: Mirror, release: MirrorRelease, file: ManifestFile, *, up: str) -> str:
    """Return the link to a released file, or its name where it is not enclosed.

    Args:
        mirror: Says where files lie.
        release: Whose file it is.
        file: The file.
        up: From the page to the root of the pages: empty or `../` as often as needed.
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
    """Return a relative address whose parts are quoted."""
    return "/".join(quote(part, safe="") for part in parts)


def digest(text: str) -> str:
    """Return a digest as code, a dash where there is none."""
    return markdown.code(text) if text else "none"


def banner(release: MirrorRelease) -> list[str]:
    """Return what has to stand above everything that is told of a rehearsal."""
    if not release.rehearsal:
        return []
    return ["**This is a rehearsal. Nothing was released, and its signatures prove nothing to anybody.**", ""]
