"""CycloneDX as written: canonical, valid, and saying what the model says."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.supply_chain.contracts.values.lock import PinFile, PinSource, PinSourceKind
from ops.supply_chain.core import canonical
from ops.supply_chain.inventory.build.documents import DescribedProject, LockInventory, lock_document
from ops.supply_chain.inventory.checks.check import check_document
from ops.supply_chain.inventory.model.document import Document
from ops.supply_chain.inventory.writers import cyclonedx
from ops.supply_chain.inventory.writers.cyclonedx import SERIAL_NAMESPACE, CycloneDxWriter, Version
from tests.inventory.made_locks import documents, entry, lock, made_project, metadata, pin

VERSIONS = list(Version)
BARE = DescribedProject(name="acme")


def strict_error(data: bytes, version: Version) -> object:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    return JsonStrictValidator(SchemaVersion.from_version(version.value)).validate_str(data.decode())


def plain(document: Document, version: Version = Version.V1_6) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(cyclonedx.render(document, version))
    return made


def named(document: dict[str, Any], name: str) -> dict[str, Any]:
    [found] = [component for component in document["components"] if component["name"] == name]
    return dict(found)


def properties(component: dict[str, Any]) -> set[tuple[str, str]]:
    return {
        (property_["name"].removeprefix("sealwright:"), property_["value"]) for property_ in component["properties"]
    }


def all_documents() -> list[Document]:
    found, aggregate = documents(made_project())
    return [*found, aggregate, documents(LockInventory((), BARE))[1]]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_document_is_canonical_and_valid(version: Version) -> None:
    for document in all_documents():
        data = cyclonedx.render(document, version)
        assert canonical.encode(json.loads(data)) == data
        assert strict_error(data, version) is None
        assert check_document(json.loads(data)) == ()
        assert json.loads(data)["specVersion"] == version


def test_one_writer_for_many_documents_writes_what_a_fresh_one_writes() -> None:
    writer = CycloneDxWriter()
    for document in all_documents():
        rendered = writer.render(document)
        data = b"".join(rendered.chunks)
        assert data == cyclonedx.render(document)
        assert (rendered.sha256, rendered.size) == (hashlib.sha256(data).hexdigest(), len(data))


def test_a_component_is_fresh_once() -> None:
    found, _ = documents(made_project())
    writer = CycloneDxWriter()
    assert [len(writer.render(document).fresh) for document in (*found, *found)] == [0, 3, 4, 1, 0, 0, 0, 0]


def test_anyone_can_recompute_the_serial_number() -> None:
    document = plain(documents(made_project())[1])
    serial = document.pop("serialNumber")
    name = "sha256:" + hashlib.sha256(canonical.encode(document)).hexdigest()
    assert serial == f"urn:uuid:{uuid.uuid5(SERIAL_NAMESPACE, name)}"


def test_other_content_has_another_serial_number() -> None:
    serials = [plain(document)["serialNumber"] for document in all_documents()]
    assert len(set(serials)) == len(serials)


def test_unknown_and_none_are_different_things() -> None:
    silent = plain(lock_document(lock("requirements.txt", entry("x")), subject=BARE))
    told = plain(lock_document(lock("requirements.txt", entry("x", depends_on=())), subject=BARE))
    assert [dependency["ref"] for dependency in silent["dependencies"]] == ["pkg:generic/acme"]
    assert {"ref": "pkg:pypi/x@1.0"} in told["dependencies"]
    assert {"aggregate": "unknown", "dependencies": ["pkg:pypi/x@1.0"]} in silent["compositions"]
    assert ("unknown", "Dependency Relationship") in properties(named(silent, "x"))
    assert ("unknown", "Dependency Relationship") not in properties(named(told, "x"))


def test_compositions_say_what_is_complete() -> None:
    document = plain(documents(made_project())[0][3])
    assert document["compositions"] == [
        {
            "aggregate": "complete",
            "assemblies": ["pkg:pypi/acme-shop@2.1.0"],
            "dependencies": ["pkg:pypi/acme-shop@2.1.0", "pkg:pypi/alpha.tools@1%212.0%2Blocal"],
        }
    ]


def test_the_scope_is_written_where_the_document_states_it() -> None:
    _, aggregate = documents(made_project())
    assert {component["name"]: component["scope"] for component in plain(aggregate)["components"]} == {
        "Alpha.Tools": "required",
        "beta": "required",
        "delta": "excluded",
        "epsilon": "required",
        "gamma": "required",  # Alpha.Tools needs it
        "zeta": "excluded",
    }
    silent = plain(lock_document(lock("requirements-dev.txt", entry("x")), subject=BARE))
    assert "scope" not in silent["components"][0]
    assert "scope" not in plain(aggregate)["metadata"]["component"]


def test_a_file_has_its_own_reference_with_its_own_hash() -> None:
    beta = named(plain(documents(made_project())[1]), "beta")
    found = [reference for reference in beta["externalReferences"] if reference["type"] == "distribution"]
    assert [(entry.get("comment"), entry["url"], len(entry["hashes"])) for entry in found] == [
        ("beta-1.0.tar.gz", "https://files.example/beta-1.0.tar.gz", 1),
        ("beta-1.0-py3-none-any.whl", "https://pypi.org/simple/beta/", 1),
    ]
    assert [digest["content"] for digest in beta["hashes"]] == sorted(entry["hashes"][0]["content"] for entry in found)


def test_where_a_lock_knows_no_files_the_index_page_is_named() -> None:
    document = plain(lock_document(lock("requirements.txt", entry("Zope.Interface")), subject=BARE))
    assert document["components"][0]["externalReferences"] == [
        {"type": "distribution", "url": "https://pypi.org/simple/zope-interface/"}
    ]


def test_another_index_by_configuration() -> None:
    subject = DescribedProject(name="acme", index_url="https://u:p@index.example/simple")
    document = plain(lock_document(lock("requirements.txt", entry("x")), subject=subject))
    assert document["components"][0]["externalReferences"][0]["url"] == "https://index.example/simple/x/"


def test_version_control_is_a_vcs_reference_with_the_commit_in_the_purl() -> None:
    delta = named(plain(documents(made_project())[1]), "delta")
    assert delta["externalReferences"] == [
        {"comment": f"git {'4b' * 20}", "type": "vcs", "url": "ssh://git.example/acme/delta"}
    ]
    assert delta["purl"].startswith("pkg:pypi/delta@0.3?vcs_url=git%2Bssh://git.example/acme/delta%40" + "4b" * 20)


def test_hashes_that_cyclonedx_cannot_hold_are_properties() -> None:
    odd = ("foo:something-invalid", "sha224:" + "0" * 56, "sha256:" + "0" * 64, "sha256:" + "1" * 63)
    document = plain(lock_document(lock("a.txt", entry(pin("x", hashes=odd))), subject=BARE))
    [component] = document["components"]
    assert component["hashes"] == [{"alg": "SHA-256", "content": "0" * 64}]
    assert {value for name, value in properties(component) if name == "hash"} == {odd[0], odd[1], odd[3]}


def test_properties_of_a_component() -> None:
    document = plain(documents(made_project())[1])
    assert properties(named(document, "beta")) == {
        ("delivery", "separate"),
        ("direct", "false"),
        ("extra", "fast"),
        ("licence-source", "Classifier"),
        ("marker", 'python_version < "3.13"'),
    }
    assert properties(named(document, "zeta")) >= {("local", "true"), ("path", "libs/zeta")}


def test_withheld_is_not_unknown() -> None:
    outside = pin("x", source=PinSource(kind=PinSourceKind.PATH, url="/home/me/x"))
    document = plain(lock_document(lock("a.txt", entry(outside)), subject=BARE))
    assert ("withheld", "path outside the project") in properties(document["components"][0])
    assert "/home/me" not in json.dumps(document)


def test_an_included_line_names_the_file_and_the_lock() -> None:
    document = plain(documents(made_project())[0][1])
    assert named(document, "beta")["evidence"]["occurrences"] == [
        {"additionalContext": "included by functions/one/requirements.txt", "line": 7, "location": "shared/base.txt"}
    ]


def test_the_head() -> None:
    metadata_ = plain(documents(made_project())[1])["metadata"]
    assert metadata_["manufacturer"] == {"name": "Acme Ltd"}
    assert metadata_["lifecycles"] == [{"phase": "pre-build"}]
    assert metadata_["timestamp"] == "2026-11-20T00:00:00Z"
    assert metadata_["component"]["version"] == "v2.1.0"
    assert metadata_["component"]["licenses"] == [{"license": {"acknowledgement": "declared", "id": "Apache-2.0"}}]
    assert [
        property_["value"].split()[0] for property_ in metadata_["properties"] if property_["name"] == "sealwright:lock"
    ] == [
        "empty/requirements.txt",
        "functions/one/requirements.txt",
        "functions/two.txt",
        "uv.lock",
    ]


def test_no_author_is_said() -> None:
    metadata_ = plain(lock_document(lock("a.txt"), subject=BARE))["metadata"]
    assert "manufacturer" not in metadata_
    assert {"name": "sealwright:unknown", "value": "SBOM Author"} in metadata_["properties"]


def test_no_lock_is_said() -> None:
    metadata_ = plain(documents(LockInventory((), BARE))[1])["metadata"]
    assert {"name": "sealwright:locks", "value": "none"} in metadata_["properties"]


def test_credentials_do_not_come_through() -> None:
    url = "https://user:pass@files.example/x.whl?token=abc"
    hostile = [
        pin("a", source=PinSource(kind=PinSourceKind.URL, url=url)),
        pin("b", source=PinSource(kind=PinSourceKind.VCS, url=url, vcs="git", commit="0" * 40)),
        pin("c", source=PinSource(kind=PinSourceKind.INDEX, url=url)),
        pin("d", files=(PinFile(hashes=(), name="d.whl", url=url),)),
    ]
    facts = {entry: metadata(entry.name, project_urls=(("Homepage", url),)) for entry in hostile}
    document = lock_document(lock("a.txt", *map(entry, hostile)), subject=BARE, metadata=facts)
    assert not re.search(rb"user|pass|abc", cyclonedx.render(document))


HOSTILE = st.text(max_size=40) | st.sampled_from(
    [
        "<img src=x onerror=alert(1)>",
        "a\r\n::error::b",
        "\x1b]0;x\x07",
        "\u202egnp.exe",
        "😀",
        "%00",
        "pkg:pypi/x@1?y=z#f",
    ]
)


@settings(derandomize=True, max_examples=120, deadline=None)
@given(name=HOSTILE, version=HOSTILE, text=HOSTILE, url=HOSTILE, path=HOSTILE)
def test_whatever_a_lock_and_metadata_hold_the_document_is_valid(
    name: str, version: str, text: str, url: str, path: str
) -> None:
    from ops.supply_chain.adapters.tools.schemas import schema_problems

    one = pin(
        name or "x",
        version,
        marker=text,
        extras=(text,),
        files=(PinFile(hashes=(), name=text, url=f"https://h/{url}"),),
    )
    two = pin("y", source=PinSource(kind=PinSourceKind.VCS, url=url, vcs="git", commit=text, subdirectory=path))
    three = pin("z", source=PinSource(kind=PinSourceKind.PATH, url=path))
    facts = metadata(name, summary=text, author=text, licence=text, classifiers=(f"License :: {text}",), home_page=url)
    locked = lock("a.txt", entry(one, groups=(text,)), entry(two, path=path or "b"), entry(three))
    document = lock_document(locked, subject=BARE, metadata={one: facts})
    data = cyclonedx.render(document)
    made = json.loads(data)
    assert canonical.encode(made) == data
    assert schema_problems(made, "1.6") == ()
    assert [problem for problem in check_document(made) if problem.code != "sbom.name-missing"] == []
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u202e]", data.decode())


PLACES: dict[str, dict[str, Any]] = {
    "plain": {},
    "direct": {"direct": True},
    "transitive": {"direct": False},
    "a group": {"groups": ("dev",)},
    "two groups": {"groups": ("dev", "main")},
    "edges": {"depends_on": ()},
}


def test_what_stands_for_a_place_is_not_taken_from_another_document() -> None:
    locks = [lock(f"{name}.txt", entry("x", **place)) for name, place in PLACES.items()]
    writer = CycloneDxWriter()
    for document in documents(LockInventory(locks, BARE))[0]:
        assert b"".join(writer.render(document).chunks) == cyclonedx.render(document)
