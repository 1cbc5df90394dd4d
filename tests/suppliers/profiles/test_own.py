"""What our writers write passes the profiles, of a project with everything that a lock can leave open."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from ops.supply_chain.adapters.tools.received_schemas import schema_defects
from ops.supply_chain.contracts.config.suppliers import QualityProfile
from ops.supply_chain.formats.received.read import read_received
from ops.supply_chain.inventory.model.document import Document
from ops.supply_chain.inventory.writers import cyclonedx, spdx2, spdx3
from ops.supply_chain.inventory.writers.cyclonedx import Version
from ops.supply_chain.suppliers.profiles.score import score
from tests.inventory.documents import DOCUMENT, IDNA, LOCAL, ZOPE, with_package

WRITERS: dict[str, Callable[[Document], bytes]] = {
    "CycloneDX 1.6": lambda document: cyclonedx.render(document, Version.V1_6),
    "CycloneDX 1.7": lambda document: cyclonedx.render(document, Version.V1_7),
    "SPDX 2.3": spdx2.render,
    "SPDX 3.0.1": spdx3.render,
}


def project() -> Document:
    """Return a project with a package whose metadata names no one, one from a repository, and one of its own."""
    document = with_package(DOCUMENT, IDNA.ref, producer="", page="https://pypi.org/simple/idna/")
    document = with_package(document, ZOPE.ref, hashes=())
    return with_package(document, LOCAL.ref, version="1.0")


@pytest.mark.parametrize("profile", [QualityProfile.MINIMAL, QualityProfile.NTIA_2021, QualityProfile.CISA_2026])
@pytest.mark.parametrize("name", WRITERS)
def test_our_documents_pass(name: str, profile: QualityProfile) -> None:
    found = read_received(WRITERS[name](project()), schema_defects)
    assert found.defects == ()
    assert [entry.element.key for entry in score(found, profile).failing] == []


def test_nothing_passes_by_itself() -> None:
    """Without a producer of the project, its own package has no supplier, and no format hides that."""
    document = project()
    root = msgspec.structs.replace(document.root, package=msgspec.structs.replace(document.root.package, producer=""))
    document = msgspec.structs.replace(document, root=root)
    for write in WRITERS.values():
        failing = score(read_received(write(document)), QualityProfile.NTIA_2021).failing
        assert [(entry.element.key, entry.tally.gap_count) for entry in failing] == [("supplier_name", 2)]
    assert ZOPE.producer == ""
