"""What is in a distribution beyond its own code: bundled, vendored, declared; and why some of it may be missing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ops.supply_chain.core.text import printable
from ops.supply_chain.inventory.distributions.contents import Contents
from ops.supply_chain.inventory.distributions.declared import DeclaredSboms, declared_components
from ops.supply_chain.inventory.distributions.libraries import bundled_libraries
from ops.supply_chain.inventory.distributions.merging import with_declared
from ops.supply_chain.inventory.distributions.vendored import vendored_packages
from ops.supply_chain.inventory.model.contents import ContentPart
from ops.supply_chain.inventory.model.document import Component


class FoundParts(NamedTuple):
    """The parts of a distribution.

    `components` are sorted by ref, `sboms` are the SBOMs in it that were read, sorted. `incomplete` are the reasons why parts
    may be missing, sorted.
    """

    components: tuple[Component, ...]
    sboms: tuple[str, ...]
    incomplete: tuple[str, ...]


def parts_of(contents: Contents, file_name: str, key: str) -> FoundParts:
    """Return the parts of a distribution.

    Args:
        contents: What is in it.
        file_name: Its own.
        key: Its name in PEP 503 form.
    """
    declared = declared_components(contents.texts, file_name, key)
    parts = with_declared((*bundled_libraries(contents), *vendored_packages(contents)), declared.components)
    return FoundParts(parts, declared.read, tuple(sorted(_reasons(contents, declared, parts))))


def _reasons(contents: Contents, declared: DeclaredSboms, parts: Iterable[Component]) -> set[str]:
    """Return why components may be missing."""
    reasons = {f"{printable(path)} was not examined ({reason})" for path, reason in contents.unexamined}
    reasons |= {f"{printable(path)} could not be read as an SBOM ({reason})" for path, reason in declared.problems}
    reasons |= {f"{printable(path)} lists what its author knew" for path in declared.read}
    if contents.binaries:
        reasons.add("compiled code may contain libraries that leave no trace in it")
    reasons |= {
        f"{part.package.name} in {part.occurrences[0].path} is not explained"
        for part in parts
        if part.part is ContentPart.VENDORED and not part.package.version
    }
    return reasons
