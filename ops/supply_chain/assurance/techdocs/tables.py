"""Tables and links, the parts that every page is put together from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ops.supply_chain.assurance.techdocs.escape import address, cell, code
from ops.supply_chain.assurance.techdocs.model import Mirror, MirrorRelease, enclosed_name
from ops.supply_chain.contracts.files.manifest import ManifestFile

FILES = "files"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], *, empty: str) -> list[str]:
    """Return a table, or a sentence where it would have no row.

    Args:
        heads: Our own words.
        rows: Cells that are escaped already.
        empty: What to say instead, with a full stop.
    """
    lines = [f"| {' | '.join(row)} |" for row in rows]
    if not lines:
        return [empty]
    return [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}", *lines]


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
        return cell(file.name)
    if mirror.files_at:
        return f"[{cell(file.name)}]({mirror.files_at}/{address(release.version, file.name)})"
    return f"[{cell(file.name)}]({up}{address('releases', release.version, FILES, name)})"


def release_link(release: MirrorRelease, *, up: str, page: str = "index.md", text: str = "") -> str:
    """Return the link to a page of a release."""
    return f"[{cell(text or release.version)}]({up}{address('releases', release.version, page)})"


def digest(text: str) -> str:
    """Return a digest as code, a dash where there is none."""
    return code(text) if text else "none"


def banner(release: MirrorRelease) -> list[str]:
    """Return what has to stand above everything that is told of a rehearsal."""
    if not release.rehearsal:
        return []
    return ["**This is a rehearsal. Nothing was released, and its signatures prove nothing to anybody.**", ""]
