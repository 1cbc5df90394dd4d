"""VEX documents that the command line names, and the product that they have to be about."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ops.supply_chain.adapters.files.project import Project
from ops.supply_chain.contracts.values.vex import VexDocument
from ops.supply_chain.core.canonical import load_plain, read_bytes
from ops.supply_chain.core.errors import InputError

if TYPE_CHECKING:
    from ops.supply_chain.risk.vex.bom import Bom


def load_vex(path: Path, *, boms: Sequence[Bom] = ()) -> VexDocument:
    """Read one VEX file: OpenVEX, CycloneDX or CSAF.

    Args:
        path: The file; its name, not its folder, is shown.
        boms: BOMs that a CycloneDX VEX may refer to by BOM-Link.
    Raises:
        InputError: It cannot be read, is in no known format, or is broken: with its JSON path.
    """
    from ops.supply_chain.risk.vex.read import read_vex

    return read_vex(load_plain(read_bytes(path), where=path.name), file=path.name, boms=boms)


def load_bom(path: Path) -> Bom:
    """Read a CycloneDX BOM, as far as VEX refers to it.

    Raises:
        InputError: It cannot be read, is no CycloneDX 1.x, or is broken: with its JSON path.
    """
    from ops.supply_chain.formats.json_reader import UnexpectedShapeError
    from ops.supply_chain.risk.vex.bom import read_bom

    try:
        return read_bom(load_plain(read_bytes(path), where=path.name))
    except UnexpectedShapeError as error:
        raise InputError(f"{path.name}: {error}") from error


def own_products(project: Project) -> tuple[str, ...]:
    """Return the purls that our product goes by: as in its SBOM, and the one for what is in no repository."""
    from ops.supply_chain.inventory.model.naming import generic_purl, project_purl

    purls = (
        project_purl(project.name, project.version, project.python_name if project.is_package else ""),
        generic_purl(project.name, project.version),
    )
    return tuple(filter(None, purls))
