"""What our writers write passes the profiles, of a project with everything that a lock can leave open."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from ops.supply_chain.adapters.tools.received_schemas import schema_defects
from ops.supply_chain.contracts.config.suppliers import QualityProfile
from ops.supply_chain.formats.received.read import read_received
from ops.supply_chain.inventory.distributions.describe import ReleasedDistribution
from ops.supply_chain.inventory.model.document import Document
from ops.supply_chain.inventory.writers import cyclonedx, spdx2, spdx3
from ops.supply_chain.inventory.writers.cyclonedx import Version
from ops.supply_chain.suppliers.profiles.score import score
from tests.inventory.distributions.support import SDIST, WHEEL, describe, locked_package
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


def reachable() -> Document:
    """Return a project that states where its author and producer are reached, and has no package of its own in a lock."""
    document = project()
    package = msgspec.structs.replace(document.root.package, contact="sbom@acme.example")
    root = msgspec.structs.replace(document.root, package=package, depends_on=(IDNA.ref,))
    components = tuple(component for component in document.components if component.package.ref != LOCAL.ref)
    return msgspec.structs.replace(document, root=root, components=components, author_contact="https://acme.example/")


def described(file: ReleasedDistribution) -> Document:
    """Return the document of a distribution with a vendored package and a dependency that the lock has."""
    files = {"demo/_vendor/idna/__init__.py": "", "demo/_vendor/vendor.txt": "idna==3.10\n"}
    return describe(files, locked_package("left", "1.0"), file=file, fields=["Author: Acme", "Requires-Dist: left"])


@pytest.mark.parametrize("name", [name for name in WRITERS if name != "SPDX 2.3"])
def test_our_documents_pass_bsi_where_its_format_is_one_of_the_guideline(name: str) -> None:
    found = read_received(WRITERS[name](reachable()), schema_defects)
    assert found.defects == ()
    assert [entry.element.key for entry in score(found, QualityProfile.BSI_TR_03183_2).failing] == []
    unreached = score(read_received(WRITERS[name](project())), QualityProfile.BSI_TR_03183_2)
    assert {"sbom_creator", "component_creator"} <= {entry.element.key for entry in unreached.failing}


def test_spdx_2_is_no_format_of_the_guideline() -> None:
    failing = score(read_received(spdx2.render(reachable())), QualityProfile.BSI_TR_03183_2).failing
    assert "format" in {entry.element.key for entry in failing}


@pytest.mark.parametrize("profile", [QualityProfile.MINIMAL, QualityProfile.NTIA_2021, QualityProfile.CISA_2026])
@pytest.mark.parametrize("name", WRITERS)
def test_our_documents_pass(name: str, profile: QualityProfile) -> None:
    found = read_received(WRITERS[name](project()), schema_defects)
    assert found.defects == ()
    assert [entry.element.key for entry in score(found, profile).failing] == []


@pytest.mark.parametrize("profile", [QualityProfile.MINIMAL, QualityProfile.NTIA_2021, QualityProfile.CISA_2026])
@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("file", [WHEEL, SDIST], ids=["wheel", "source"])
def test_documents_of_distributions_pass(name: str, profile: QualityProfile, file: ReleasedDistribution) -> None:
    document = described(file)
    found = read_received(WRITERS[name](document), schema_defects)
    assert found.defects == ()
    assert [entry.element.key for entry in score(found, profile).failing] == []


@pytest.mark.parametrize("name", [name for name in WRITERS if name != "SPDX 2.3"])
@pytest.mark.parametrize("file", [WHEEL, SDIST], ids=["wheel", "source"])
def test_documents_of_distributions_state_their_file_as_bsi_asks(name: str, file: ReleasedDistribution) -> None:
    measured = file._replace(sha512="c" * 128)
    left = locked_package("left", "1.0")
    left = msgspec.structs.replace(
        left, package=msgspec.structs.replace(left.package, page="https://pypi.org/simple/left/")
    )
    document = describe(
        {"demo/__init__.py": ""},
        left,
        file=measured,
        fields=[
            "Author: Acme <acme@acme.example>",
            "Classifier: License :: OSI Approved :: MIT License",
            "Requires-Dist: left",
        ],
    )
    root = msgspec.structs.replace(
        document.root, package=msgspec.structs.replace(document.root.package, contact="sbom@acme.example")
    )
    tool = locked_package("build", "1.0")
    document = msgspec.structs.replace(
        document, root=root, tools=(tool,), author="Acme", author_contact="https://acme.example/"
    )
    found = read_received(WRITERS[name](document), schema_defects)
    assert found.defects == ()
    assert [entry.element.key for entry in score(found, QualityProfile.BSI_TR_03183_2).failing] == []
    for missing, expected in (
        (measured._replace(sha512=""), "deployable_hash"),
        (file._replace(sha256=""), "file_name"),
    ):
        other = described(missing)
        failing = score(read_received(WRITERS[name](other)), QualityProfile.BSI_TR_03183_2).failing
        assert expected in {entry.element.key for entry in failing}


def test_nothing_passes_by_itself() -> None:
    """Without a producer of the project, its own package has no supplier, and no format hides that."""
    document = project()
    root = msgspec.structs.replace(document.root, package=msgspec.structs.replace(document.root.package, producer=""))
    document = msgspec.structs.replace(document, root=root)
    for write in WRITERS.values():
        failing = score(read_received(write(document)), QualityProfile.NTIA_2021).failing
        assert [(entry.element.key, entry.tally.gap_count) for entry in failing] == [("supplier_name", 2)]
    assert ZOPE.producer == ""
