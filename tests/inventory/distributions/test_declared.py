"""SBOMs in wheels: read by content, attributed, merged; never taken as complete."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.supply_chain.adapters.tools.schemas import schema_problems
from ops.supply_chain.contracts.config.sbom import SbomFormat
from ops.supply_chain.inventory.checks.own_output import aggregate_problems, whole_problems
from ops.supply_chain.inventory.distributions.declared import public_purl
from ops.supply_chain.inventory.model.contents import ContentPart, EvidenceKind
from ops.supply_chain.inventory.writers.outputs import outputs_for
from tests.fakes import binaries
from tests.inventory.distributions.support import INFO, WHEEL, by_name, describe

SELF = {"type": "library", "name": "demo", "version": "1.0", "purl": "pkg:pypi/Demo@1.0", "bom-ref": "self"}


def cyclonedx(*components: dict[str, Any], version: str = "1.4", root: dict[str, Any] | None = SELF) -> bytes:
    described = {"metadata": {"component": root, "tools": [{"name": "auditwheel"}]}} if root else {}
    return json.dumps(
        {"bomFormat": "CycloneDX", "specVersion": version, "version": 1, **described, "components": components}
    ).encode()


def row(name: str, version: str = "", purl: str = "", **more: Any) -> dict[str, Any]:
    fields = {"type": "library", "name": name, "version": version, "purl": purl, **more}
    return {key: value for key, value in fields.items() if value}


@pytest.mark.parametrize("version", ["1.4", "1.5", "1.6", "1.7"])
@pytest.mark.parametrize("name", ["auditwheel.cdx.json", "sbom.json", "x.bom"])
def test_any_file_is_read_by_its_content(version: str, name: str) -> None:
    data = cyclonedx(
        SELF, row("krb5-libs", "1.15.1-55.el7_9", "pkg:rpm/centos/krb5-libs@1.15.1-55.el7_9"), version=version
    )
    document = describe({f"{INFO}/sboms/{name}": data})
    found = by_name(document)
    assert list(found) == ["krb5-libs"]
    component = found["krb5-libs"]
    assert (component.part, component.package.purl) == (
        ContentPart.DECLARED,
        "pkg:rpm/centos/krb5-libs@1.15.1-55.el7_9",
    )
    assert component.notes == (("declared-by", WHEEL.file_name),)
    assert [place.path for place in component.occurrences] == [f"{INFO}/sboms/{name}"]
    assert not document.complete


@pytest.mark.parametrize("version", ["unknown", "NOASSERTION", "None"])
def test_a_word_for_no_version_is_none(version: str) -> None:
    document = describe({f"{INFO}/sboms/x.json": cyclonedx(row("attacut", version, f"pkg:pypi/attacut@{version}"))})
    package = by_name(document)["attacut"].package
    assert (package.version, package.purl) == ("", "pkg:pypi/attacut")


def test_spdx_2_and_3() -> None:
    spdx2 = {
        "spdxVersion": "SPDX-2.3",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": "demo",
        "packages": [
            {"SPDXID": "SPDXRef-demo", "name": "demo", "versionInfo": "1.0"},
            {"SPDXID": "SPDXRef-zlib", "name": "zlib", "versionInfo": "1.3.2", "licenseDeclared": "Zlib"},
        ],
        "relationships": [
            {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-demo"}
        ],
    }
    spdx3 = {
        "@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld",
        "@graph": [
            {"type": "software_Package", "spdxId": "urn:x", "name": "expat", "software_packageVersion": "2.7.3"}
        ],
    }
    document = describe({f"{INFO}/sboms/a.json": json.dumps(spdx2), f"{INFO}/sboms/b.spdx3.json": json.dumps(spdx3)})
    found = by_name(document)
    assert {name: component.package.version for name, component in found.items()} == {"zlib": "1.3.2", "expat": "2.7.3"}
    assert found["zlib"].package.licence.expression == "Zlib"


def test_what_describes_the_wheel_itself_is_left_out() -> None:
    root = {**SELF, "name": "demo-rust", "purl": "pkg:cargo/demo-rust@0.1.0?download_url=file://."}
    parts = [
        row("demo._ext", "1.0", "pkg:pypi/demo@1.0#c-ext/demo._ext"),
        row("demo-rust bin", "0.1.0", "pkg:cargo/demo-rust@0.1.0?download_url=file://.#src/lib.rs"),
        row("itoa", "1.0.18", "pkg:cargo/itoa@1.0.18"),
    ]
    assert list(by_name(describe({f"{INFO}/sboms/a.json": cyclonedx(*parts, root=root)}))) == ["itoa"]


@pytest.mark.parametrize(
    ("purl", "expected"),
    [
        ("pkg:cargo/tokenizers@1.0?download_url=file:///home/me/work", "pkg:cargo/tokenizers@1.0"),
        ("pkg:cargo/tokenizers@1.0?vcs_url=git%2Bfile:///src", "pkg:cargo/tokenizers@1.0"),
        (
            "pkg:generic/tokenizers@1.0?download_url=https://example.org/x.tar.gz",
            "pkg:generic/tokenizers@1.0?download_url=https://example.org/x.tar.gz",
        ),
        (
            "pkg:generic/tokenizers@1.0?download_url=https://me:s3cret@example.org/x.tar.gz",
            "pkg:generic/tokenizers@1.0?download_url=https://example.org/x.tar.gz",
        ),
        ("pkg:cargo/tokenizers@1.0?local=/home/me/work&arch=x", "pkg:cargo/tokenizers@1.0?arch=x"),
        ("pkg:cargo/tokenizers@1.0?path=C:%5CUsers%5Cme", "pkg:cargo/tokenizers@1.0"),
        ("pkg:cargo/other@1.0", ""),
        ("pkg:cargo/tokenizers@2.0", ""),
        ("no purl", ""),
        ("pkg:pypi/tokenizers", "pkg:pypi/tokenizers"),
    ],
)
def test_addresses_of_the_builder_are_removed_from_purls(purl: str, expected: str) -> None:
    assert public_purl(purl, "tokenizers", "1.0") == expected


def test_a_found_library_and_its_declaration_are_one_component() -> None:
    document = describe(
        {
            f"{INFO}/sboms/a.json": cyclonedx(
                row("OpenSSL", "4.0.3", "pkg:generic/openssl@4.0.3", licenses=[{"license": {"id": "Apache-2.0"}}]),
                row("FreeType", "2.14.3"),
                row("libjpeg / libjpeg-turbo", "3.2.0"),
                root=None,
            ),
            "demo/_rust.abi3.so": binaries.elf("", texts=b"\0OpenSSL 4.0.3 29 Sep 2026\0"),
            "demo.libs/libfreetype-57f805ba.so.6.20.6": binaries.elf("libfreetype-57f805ba.so.6.20.6"),
            "demo.libs/libjpeg-6dc8d115.so.62.4.0": binaries.elf("libjpeg-6dc8d115.so.62.4.0"),
        }
    )
    found = by_name(document)
    assert {name: component.package.purl for name, component in found.items()} == {
        "openssl": "pkg:generic/openssl@4.0.3",
        "freetype": "pkg:generic/freetype@2.14.3",
        "libjpeg-turbo": "pkg:generic/libjpeg-turbo@3.2.0",
    }
    assert {entry.kind for entry in found["openssl"].evidence} == {EvidenceKind.STRING, EvidenceKind.SBOM}
    assert found["openssl"].package.licence.expression == "Apache-2.0"
    assert all(component.part is ContentPart.BUNDLED for component in found.values())


def test_a_declaration_of_another_version_stays_apart() -> None:
    document = describe(
        {
            f"{INFO}/sboms/a.json": cyclonedx(row("openssl", "1.0.0", "pkg:generic/openssl@1.0.0")),
            "demo/_rust.abi3.so": binaries.elf("", texts=b"\0OpenSSL 4.0.3 29 Sep 2026\0"),
        }
    )
    assert sorted(
        (component.part.value, component.package.version) for component in document.components if component.part
    ) == [
        ("bundled", "4.0.3"),
        ("declared", "1.0.0"),
    ]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b'{"bomFormat": "CycloneDX", "bomFormat": "x"}',
        b'{"name": "x"}',
        cyclonedx({"name": 3}),
        b"\xff" * 9,
    ],
    ids=["empty", "cut", "list", "key twice", "no SBOM", "wrong type", "no text"],
)
def test_what_cannot_be_read_is_stated(data: bytes) -> None:
    document = describe({f"{INFO}/sboms/a.json": data})
    assert document.components == ()
    assert document.distribution is not None
    assert f"{INFO}/sboms/a.json could not be read as an SBOM" in document.distribution.incomplete[0]
    assert not document.complete


def test_one_library_listed_once_for_each_file_is_one_component() -> None:
    rows = [row("krb5-libs", "1", "pkg:rpm/centos/krb5-libs@1", **{"bom-ref": f"krb5#{at}"}) for at in range(3)]
    assert list(by_name(describe({f"{INFO}/sboms/a.json": cyclonedx(*rows)}))) == ["krb5-libs"]


def test_a_tool_that_only_built_it_is_not_in_the_scope_of_the_product() -> None:
    document = describe({f"{INFO}/sboms/a.json": cyclonedx(row("pybind11", "3.0", scope="excluded"))})
    [component] = document.components
    assert component.scope is not None
    assert component.scope.value == "excluded"


ODD = st.one_of(
    st.none(),
    st.integers(-1, 3),
    st.sampled_from(
        ["", " ", "demo", "x\x1b[1m\u202e", "a" * 3000, "pkg:pypi/a@1?download_url=file:///home/me", "NOASSERTION"]
    ),
    st.lists(st.just("x"), max_size=2),
    st.dictionaries(st.sampled_from(["id", "name", "alg", "content"]), st.just("MIT"), max_size=2),
)
FIELDS = ("type", "group", "name", "version", "purl", "cpe", "hashes", "licenses", "scope", "bom-ref", "components")


@settings(max_examples=60, derandomize=True, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(FIELDS), ODD), max_size=4), st.booleans())
def test_whatever_an_sbom_lists_the_document_is_valid(rows: list[dict[str, Any]], is_named: bool) -> None:
    components = [{"type": "library", "name": f"n{at}", **row} if is_named else row for at, row in enumerate(rows)]
    document = describe({f"{INFO}/sboms/a.json": cyclonedx(*components)})
    assert not document.complete
    for output in outputs_for(list(SbomFormat)):
        made = output.writer.render(document)
        data = b"".join(made.chunks)
        assert b"file:///home" not in data
        if output.cyclonedx_version:
            assert aggregate_problems(made, partial(schema_problems, version=output.cyclonedx_version)) == []
        else:
            assert whole_problems(data) == []
