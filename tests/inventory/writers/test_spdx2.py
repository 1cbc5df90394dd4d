"""SPDX 2.3: what is written, by the schema, by spdx-tools, and by our own checks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.supply_chain.contracts.values.lock import InstallScope
from ops.supply_chain.core import canonical
from ops.supply_chain.inventory.checks.check import check_document
from ops.supply_chain.inventory.model.document import Document, Licence, TimestampSource
from ops.supply_chain.inventory.writers import spdx2
from ops.supply_chain.inventory.writers.spdx2_files import spdx_id
from tests.inventory.documents import DOCUMENT, IDNA, LOCAL, ROOT, ZOPE, changed, scoped, with_package


def plain(document: Document = DOCUMENT) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(spdx2.render(document))
    return made


def package(document: dict[str, Any], name: str) -> dict[str, Any]:
    [found] = [package for package in document["packages"] if package["name"] == name]
    return dict(found)


def spdx_tools_messages(data: bytes, folder: Path) -> list[str]:
    from spdx_tools.spdx.parser.parse_anything import parse_file
    from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

    path = folder / "x.spdx.json"
    path.write_bytes(data)
    return [entry.validation_message for entry in validate_full_spdx_document(parse_file(str(path)))]


VARIANTS = {
    "everything": DOCUMENT,
    "one lock": changed(DOCUMENT, subject="a/requirements.txt"),
    "nothing known": changed(DOCUMENT, author="", timestamp_source=TimestampSource.NONE, locks=(), complete=False),
    "no components": changed(DOCUMENT, components=(), root=DOCUMENT.components[0]),
    "name like an address": changed(DOCUMENT, author="A (b) <c>"),
    "scopes": scoped(idna=InstallScope.OPTIONAL, local=InstallScope.EXCLUDED),
    "private host": with_package(DOCUMENT, ZOPE.ref, links=(IDNA.links[0],), producer="x"),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_output_is_canonical_and_passes_our_checks_and_spdx_tools(name: str, tmp_path: Path) -> None:
    data = spdx2.render(VARIANTS[name])
    assert canonical.encode(json.loads(data)) == data
    assert check_document(json.loads(data)) == ()
    assert spdx_tools_messages(data, tmp_path) == []


@pytest.mark.parametrize("name", VARIANTS)
def test_output_passes_the_schema(name: str, shared_data: Path) -> None:
    from jsonschema_rs import Draft7Validator

    schema = json.loads((shared_data / "schemas" / "spdx-2.3.schema.json").read_text())
    Draft7Validator(schema).validate(plain(VARIANTS[name]))


def test_spdx_tools_do_refuse_what_is_wrong(tmp_path: Path) -> None:
    document = plain()
    document["relationships"][1]["relatedSpdxElement"] = "SPDXRef-nowhere"
    assert spdx_tools_messages(json.dumps(document).encode(), tmp_path) != []


def test_every_hash_is_written_and_its_file_is_named() -> None:
    found = package(plain(), "idna")
    assert [f"{checksum['algorithm']}:{checksum['checksumValue'][0]}" for checksum in found["checksums"]] == [
        "SHA256:a",
        "SHA256:b",
        "SHA512:c",
    ]
    assert f"Files by hash: sha256:{'a' * 64} idna-3.20.tar.gz." in found["comment"]


def test_a_hash_that_the_format_has_no_word_for_is_not_lost() -> None:
    assert "Hashes of other algorithms: shake_128:00." in package(plain(), "Zope.Interface")["comment"]


def test_unknown_is_said() -> None:
    found = package(plain(), "local")
    assert found["comment"] == (
        "Unknown: Component Producer; Component Version; Component Identifiers; Component Hash Value; "
        "Component License. The package comes from the project's own files: yes. "
        "Whether the project requires it itself is unknown. Unknown: Dependency Relationship."
    )
    fields = ("originator", "versionInfo", "licenseDeclared", "licenseConcluded", "downloadLocation")
    assert {found[field] for field in fields} == {"NOASSERTION"}


def test_an_unknown_author_is_said_and_not_replaced_by_the_tool() -> None:
    creation = plain(changed(DOCUMENT, author=""))["creationInfo"]
    assert creation["creators"] == ["Tool: sealwright-0.1.0"]
    assert creation["comment"] == (
        "Generation context: pre-build. The moment is that of the source commit. Unknown: SBOM Author."
    )


def test_edges_tell_none_and_unknown_apart() -> None:
    edges = {
        (relationship["spdxElementId"], relationship["relationshipType"], relationship["relatedSpdxElement"])
        for relationship in plain()["relationships"]
    }
    ids = {entry.ref: spdx_id(entry.ref) for entry in (ROOT, LOCAL, IDNA, ZOPE)}
    assert edges == {
        ("SPDXRef-DOCUMENT", "DESCRIBES", ids[ROOT.ref]),
        (ids[ROOT.ref], "DEPENDS_ON", ids[LOCAL.ref]),
        (ids[ROOT.ref], "DEPENDS_ON", ids[IDNA.ref]),
        (ids[LOCAL.ref], "DEPENDS_ON", "NOASSERTION"),
        (ids[IDNA.ref], "DEPENDS_ON", "NONE"),
        (ids[ZOPE.ref], "DEPENDS_ON", ids[IDNA.ref]),
        (ids[ZOPE.ref], "DEPENDS_ON", "NOASSERTION"),
    }


def test_what_is_not_installed_with_the_product_has_its_own_relationship_with_the_root() -> None:
    document = plain(scoped(idna=InstallScope.OPTIONAL, local=InstallScope.EXCLUDED))
    edges = {
        (relationship["spdxElementId"], relationship["relationshipType"], relationship["relatedSpdxElement"])
        for relationship in document["relationships"]
    }
    ids = {entry.ref: spdx_id(entry.ref) for entry in (ROOT, LOCAL, IDNA, ZOPE)}
    assert edges == {
        ("SPDXRef-DOCUMENT", "DESCRIBES", ids[ROOT.ref]),
        (ids[ROOT.ref], "DEPENDS_ON", "NONE"),
        (ids[LOCAL.ref], "DEV_DEPENDENCY_OF", ids[ROOT.ref]),
        (ids[IDNA.ref], "OPTIONAL_DEPENDENCY_OF", ids[ROOT.ref]),
        (ids[LOCAL.ref], "DEPENDS_ON", "NOASSERTION"),
        (ids[IDNA.ref], "DEPENDS_ON", "NONE"),
        (ids[ZOPE.ref], "DEPENDS_ON", ids[IDNA.ref]),
        (ids[ZOPE.ref], "DEPENDS_ON", "NOASSERTION"),
    }
    scopes = {name: package(document, name)["comment"] for name in ("idna", "local", "Zope.Interface")}
    assert "Scope: optional." in scopes["idna"]
    assert "Scope: excluded." in scopes["local"]
    assert "Scope: required." in scopes["Zope.Interface"]
    assert "Scope" not in package(document, "acme")["comment"]


def test_licence_names_become_references_with_their_text() -> None:
    document = plain()
    assert package(document, "idna")["licenseDeclared"] == "BSD-3-Clause AND MIT AND LicenseRef-BSD-License-170c0f4c"
    assert "not their relation" in package(document, "idna")["licenseComments"]
    assert {licence["licenseId"]: licence["extractedText"] for licence in document["hasExtractedLicensingInfos"]} == {
        "LicenseRef-BSD-License-170c0f4c": "BSD License",
        "LicenseRef-Proprietary": "LicenseRef-Proprietary",
    }


def test_which_lines_name_a_package_is_said() -> None:
    assert package(plain(), "idna")["sourceInfo"] == (
        "Named at a/requirements.txt:3; common.txt:4 (lock a/requirements.txt)."
    )


def test_identity_is_the_content() -> None:
    first, again = plain(), plain()
    other = plain(changed(DOCUMENT, timestamp="2026-11-20T00:00:01Z"))
    assert first["documentNamespace"] == again["documentNamespace"]
    assert first["documentNamespace"].startswith("urn:sealwright:spdx:")
    assert other["documentNamespace"] != first["documentNamespace"]


def test_a_renderer_writes_what_a_fresh_one_writes() -> None:
    renderer = spdx2.Spdx2Writer()
    others = [
        changed(DOCUMENT, components=DOCUMENT.components[1:]),
        with_package(DOCUMENT, IDNA.ref, summary="another package of the same ref"),
        DOCUMENT,
    ]
    assert [renderer.render(other) for other in others] == [spdx2.render(other) for other in others]


@given(text=st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60))
@settings(max_examples=40, derandomize=True, deadline=None)
def test_no_text_of_others_breaks_the_document(text: str) -> None:
    document = with_package(
        DOCUMENT, IDNA.ref, name=text or "x", summary=text, producer=text, licence=Licence(names=(text or "x",))
    )
    document = changed(document, author=text, subject=text)
    data = spdx2.render(document)
    assert canonical.encode(json.loads(data)) == data
    [found] = [package for package in json.loads(data)["packages"] if package["SPDXID"] == spdx_id(IDNA.ref)]
    assert (found["name"], found.get("summary", "")) == (text or "x", text)


@pytest.mark.parametrize(
    "mark", ["@packages@", "@relationships@", "@comment@", "@source@", "urn:sealwright:spdx:@uuid@"]
)
def test_our_own_marks_in_texts_of_others_stay_texts(mark: str) -> None:
    document = with_package(DOCUMENT, IDNA.ref, summary=mark, name=mark, producer=mark)
    document = changed(document, subject=mark, locks=(), author=mark)
    made = plain(document)
    assert len(made["packages"]) == 4
    assert "@uuid@" not in made["documentNamespace"]
    assert package(made, mark)["summary"] == mark


def test_a_value_cannot_forge_a_sentence_of_ours() -> None:
    document = with_package(DOCUMENT, ZOPE.ref, extras=("x. Unknown: Component Version",))
    assert "Extras: x.Unknown:Component Version." in package(plain(document), "Zope.Interface")["comment"]
