"""Vendored packages: by a list, by their own metadata, and what neither explains."""

from __future__ import annotations

from ops.supply_chain.inventory.model.contents import ContentPart, EvidenceKind
from tests.inventory.distributions.support import by_name, describe, metadata


def test_a_list_names_the_packages_with_file_and_line() -> None:
    document = describe(
        {
            "demo/_vendor/vendor.txt": "# copies\nidna==3.20\nurllib3[socks]==1.26.20  # old\n    certifi==2026.1.1\n",
            "demo/_vendor/idna/__init__.py": "",
            "demo/_vendor/urllib3/__init__.py": "",
            "demo/_vendor/certifi/cacert.pem": "",
        }
    )
    found = by_name(document)
    assert {name: component.package.version for name, component in found.items()} == {
        "idna": "3.20",
        "urllib3": "1.26.20",
        "certifi": "2026.1.1",
    }
    idna = found["idna"]
    assert (idna.part, idna.package.purl) == (ContentPart.VENDORED, "pkg:pypi/idna@3.20")
    assert [(place.path, place.line) for place in idna.occurrences] == [("demo/_vendor/vendor.txt", 2)]
    assert idna.evidence[0].kind is EvidenceKind.LIST
    assert document.complete


def test_metadata_that_was_copied_along() -> None:
    info = "demo/_vendor/more_itertools-11.1.0.dist-info"
    document = describe(
        {
            f"{info}/METADATA": metadata(name="more-itertools", version="11.1.0"),
            "demo/_vendor/more_itertools/more.py": "",
        }
    )
    found = by_name(document)["more-itertools"]
    assert (found.package.version, found.package.licence.expression) == ("11.1.0", "MIT")
    assert found.evidence[0].kind is EvidenceKind.METADATA
    assert document.complete


def test_modules_of_another_name_are_explained_by_record() -> None:
    info = "demo/_vendor/odd_name-1.0.dist-info"
    document = describe(
        {
            f"{info}/METADATA": metadata(name="odd-name", version="1.0"),
            f"{info}/RECORD": "module_x/__init__.py,sha256=a,0\nsingle.py,sha256=b,0\n",
            "demo/_vendor/module_x/__init__.py": "",
            "demo/_vendor/single.py": "",
        }
    )
    assert list(by_name(document)) == ["odd-name"]


def test_a_module_that_nothing_explains_is_named_and_the_document_is_incomplete() -> None:
    document = describe({"demo/_vendor/idna/core.py": "", "demo/_vendor/__init__.py": ""})
    found = by_name(document)["idna"]
    assert (found.package.version, found.package.purl) == ("", "")
    assert not document.complete
    assert document.distribution is not None
    assert document.distribution.incomplete == ("idna in demo/_vendor/idna is not explained",)


def test_a_listed_package_of_which_only_another_module_is_there_is_marked() -> None:
    document = describe({"pip/_vendor/vendor.txt": "setuptools==70.3.0\n", "pip/_vendor/pkg_resources/__init__.py": ""})
    found = by_name(document)["setuptools"]
    assert found.notes == (("partial", "the folder has no module setuptools"),)
    assert found.evidence[0].confidence == 0.5
    assert document.complete


def test_a_folder_called_vendor_is_not_searched_without_a_list() -> None:
    assert describe({"demo/vendor/models.py": "", "demo/vendor/__init__.py": ""}).components == ()


def test_licence_files_of_vendored_packages_are_no_modules() -> None:
    document = describe({"demo-1.0.dist-info/licenses/demo/_vendor/idna/LICENSE.md": ""})
    assert document.components == ()
