"""The document of a distribution: root, files, dependencies, and every format that is written of it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ops.supply_chain.adapters.tools.schemas import schema_problems
from ops.supply_chain.contracts.config.sbom import SbomFormat
from ops.supply_chain.contracts.files.build_report import BuildReport, BuildRequirement, BuiltDistribution, PackageBuild
from ops.supply_chain.contracts.values.distribution import DistributionKind
from ops.supply_chain.contracts.values.lock import InstallScope
from ops.supply_chain.core import canonical
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.inventory.checks.own_output import aggregate_problems, whole_problems
from ops.supply_chain.inventory.distributions.contents import ContentsReader
from ops.supply_chain.inventory.distributions.describe import ReleasedDistribution, describe_distribution
from ops.supply_chain.inventory.distributions.names import document_names
from ops.supply_chain.inventory.distributions.tools import build_tools
from ops.supply_chain.inventory.model.document import Document
from ops.supply_chain.inventory.writers.outputs import outputs_for
from tests.fakes import binaries
from tests.inventory.distributions.support import (
    INFO,
    LOCK,
    SDIST,
    WHEEL,
    by_name,
    describe,
    locked,
    locked_package,
    metadata,
)

FILES: dict[str, bytes | str] = {
    "demo/__init__.py": "",
    "demo/_rust.abi3.so": binaries.elf("", ("libc.so.6",), texts=b"\0OpenSSL 4.0.3 29 Sep 2026\0"),
    "demo/_vendor/vendor.txt": "idna==3.20\n",
    "demo/_vendor/idna/core.py": "x = 1\n",
    "demo/_vendor/unknown.py": "",
    "demo.libs/libzmq-2f02442c.so.5.2.5": binaries.elf("libzmq-2f02442c.so.5.2.5"),
    f"{INFO}/licenses/LICENSE": "MIT",
    f"{INFO}/sboms/x.json": json.dumps(
        {
            "bomFormat": "CycloneDX",
            "specVersion": "1.5",
            "components": [
                {
                    "type": "library",
                    "name": "itoa",
                    "version": "1.0",
                    "purl": "pkg:cargo/itoa@1.0?download_url=file:///home/me",
                }
            ],
        }
    ),
}
FIELDS = (
    "License-File: LICENSE",
    "Requires-Dist: requests>=2",
    "Requires-Dist: missing<3; python_version >= '3.8'",
    "Requires-Dist: pytest; extra == 'test'",
)
LOCKED = (
    locked_package("requests", "2.32.0", depends_on=("pkg:pypi/idna@3.11",)),
    locked_package("idna", "3.11"),
    locked_package("pytest", "9.0", scope=InstallScope.EXCLUDED),
    locked_package("unrelated", "1.0"),
)


def whole() -> Document:
    """Return the document of a wheel with everything."""
    document = describe(FILES, *LOCKED, fields=FIELDS)
    return msgspec.structs.replace(document, tools=build_tools(_report(), WHEEL.file_name, WHEEL.sha256))


def _report() -> BuildReport:
    built = BuiltDistribution(filename=WHEEL.file_name, kind=DistributionKind.WHEEL, sha256=WHEEL.sha256, size=1)
    requirement = BuildRequirement(name="hatchling", version="1.33.0", sha256=("e" * 64,))
    package = PackageBuild(path=".", name="demo", version="1.0", requirements=(requirement,), distributions=(built,))
    return BuildReport(schema="build/1", component="demo", version="1.0", source_date_epoch=0, packages=(package,))


def rendered(sbom_format: SbomFormat, document: Document) -> Any:
    [output] = outputs_for([sbom_format])
    return json.loads(b"".join(output.writer.render(document).chunks))


def test_the_root_is_the_distribution_with_its_hash_and_licence() -> None:
    root = whole().root
    assert root.package.purl == f"pkg:pypi/demo@1.0?file_name={WHEEL.file_name}"
    assert root.package.hashes == ("sha256:" + "a" * 64,)
    assert root.package.licence.expression == "MIT"
    assert ("licence-file", f"{INFO}/licenses/LICENSE") in root.notes


def test_a_licence_file_that_is_not_there_is_stated() -> None:
    assert ("licence-file", "COPYING (not in the distribution)") in describe(
        {}, fields=("License-File: COPYING",)
    ).root.notes


def test_a_path_that_is_there_twice_is_described_once_by_the_file_that_unpacking_leaves() -> None:
    reader = ContentsReader()
    binary = binaries.elf("libzmq-2f02442c.so.5.2.5")
    taken = {"demo-1.0/PKG-INFO": (metadata(), b"new"), "demo-1.0/x.so": (binary, b"text")}
    for path, versions in taken.items():
        for data in versions:
            reader.take(path, [data])
    found = reader.contents()
    assert [(file.path, file.sha256) for file in found.files] == [
        (path, hashlib.sha256(last).hexdigest()) for path, (_, last) in taken.items()
    ]
    assert found.texts == {"demo-1.0/PKG-INFO": b"new"}
    assert found.binaries == ()
    assert found.unexamined == tuple((path, "is there twice: only the last one is described") for path in taken)


def test_every_file_has_its_hashes() -> None:
    document = whole()
    assert document.distribution is not None
    found = {file.path: (file.sha256, file.sha1, file.size) for file in document.distribution.files}
    data = {path: content.encode() if isinstance(content, str) else content for path, content in FILES.items()}
    data[f"{INFO}/METADATA"] = metadata(*FIELDS)
    assert found == {
        path: (hashlib.sha256(each).hexdigest(), hashlib.sha1(each, usedforsecurity=False).hexdigest(), len(each))
        for path, each in data.items()
    }


def test_requirements_are_resolved_with_what_they_need() -> None:
    document = describe({}, *LOCKED, fields=FIELDS)
    found = by_name(document)
    assert set(found) == {"requests", "idna", "missing", "pytest"}
    assert found["requests"].occurrences[0].path == LOCK
    assert {name: component.scope for name, component in found.items()} == {
        "requests": InstallScope.REQUIRED,
        "idna": InstallScope.REQUIRED,
        "missing": InstallScope.REQUIRED,
        "pytest": InstallScope.OPTIONAL,
    }
    assert found["missing"].package.version == ""
    assert not document.root.depends_complete
    assert ("unresolved", "missing<3; python_version >= '3.8'") in document.root.notes
    assert document.root.depends_on == ("pkg:pypi/missing", "pkg:pypi/pytest@9.0", "pkg:pypi/requests@2.32.0")
    assert [lock.path for lock in document.locks] == [LOCK]


def test_a_version_that_the_requirement_does_not_allow_resolves_nothing() -> None:
    document = describe({}, locked_package("requests", "1.0"), fields=("Requires-Dist: requests>=2",))
    assert by_name(document)["requests"].package.version == ""
    assert not document.root.depends_complete


def test_all_requirements_in_the_lock_are_complete() -> None:
    document = describe({}, *LOCKED, fields=("Requires-Dist: requests>=2",))
    assert document.root.depends_complete
    assert document.complete


@pytest.mark.parametrize("field", ["Requires-Dist: not a requirement !", "Requires-Dist: a @@ b"])
def test_a_requirement_that_cannot_be_read_is_not_complete(field: str) -> None:
    assert not describe({}, fields=(field,)).root.depends_complete


def test_requirements_of_a_source_distribution_may_change_until_it_is_built() -> None:
    fields = ("Dynamic: Requires-Dist", "Requires-Dist: requests")
    document = describe({}, *LOCKED, file=SDIST, fields=fields)
    assert not document.root.depends_complete


@pytest.mark.parametrize(
    "files",
    [
        {},
        {f"{INFO}/METADATA": metadata(), "other-1.dist-info/METADATA": metadata()},
        {f"{INFO}/METADATA": b"Name: x\n"},
    ],
    ids=["none", "two", "malformed"],
)
def test_without_one_usable_metadata_there_is_no_document(files: dict[str, bytes]) -> None:
    reader = ContentsReader()
    for path, data in files.items():
        reader.take(path, [data])
    with pytest.raises(InputError):
        describe_distribution(WHEEL, reader.contents(), locked())


@pytest.mark.parametrize("version", [SbomFormat.CYCLONEDX_1_6, SbomFormat.CYCLONEDX_1_7])
def test_cyclonedx_is_valid_and_has_everything(version: SbomFormat) -> None:
    [output] = outputs_for([version])
    made = output.writer.render(whole())
    assert aggregate_problems(made, lambda plain: schema_problems(plain, output.cyclonedx_version)) == []
    document = json.loads(b"".join(made.chunks))
    assert document["metadata"]["component"]["hashes"] == [{"alg": "SHA-256", "content": "a" * 64}]
    assert [tool["name"] for tool in document["formulation"][0]["components"]] == ["hatchling"]
    files = {component["name"] for component in document["components"] if component["type"] == "file"}
    assert files == {*FILES, f"{INFO}/METADATA"}
    [incomplete] = [entry for entry in document["compositions"] if entry["aggregate"] == "incomplete"]
    assert incomplete["assemblies"] == [document["metadata"]["component"]["bom-ref"]]
    assert b"file:///home" not in b"".join(made.chunks)


@pytest.mark.parametrize("sbom_format", [SbomFormat.SPDX_2_3, SbomFormat.SPDX_3_0_1])
def test_spdx_is_valid(sbom_format: SbomFormat, shared_data: Path) -> None:
    from jsonschema_rs import validator_for

    document = rendered(sbom_format, whole())
    name = "spdx-2.3" if sbom_format is SbomFormat.SPDX_2_3 else "spdx-3.0.1"
    schema = json.loads((shared_data / "schemas" / f"{name}.schema.json").read_text())
    assert [error.message for error in validator_for(schema).iter_errors(document)] == []
    assert whole_problems(json.dumps(document).encode()) == []


def test_spdx_2_contains_what_is_inside_and_depends_on_the_rest() -> None:
    document = rendered(SbomFormat.SPDX_2_3, whole())
    names = {package["SPDXID"]: package["name"] for package in document["packages"]}
    names |= {file["SPDXID"]: file["fileName"] for file in document["files"]}
    [root] = [row["relatedSpdxElement"] for row in document["relationships"] if row["relationshipType"] == "DESCRIBES"]
    found = {
        (row["relationshipType"], names.get(row["relatedSpdxElement"], row["relatedSpdxElement"]))
        for row in document["relationships"]
        if row["spdxElementId"] == root
    }
    inside = {"openssl", "zeromq", "idna", "unknown", "itoa", *(f"./{path}" for path in (*FILES, f"{INFO}/METADATA"))}
    assert {name for kind, name in found if kind == "CONTAINS"} == inside
    assert {name for kind, name in found if kind == "DEPENDS_ON"} == {"requests", "missing", "NOASSERTION"}
    [package] = [package for package in document["packages"] if package["SPDXID"] == root]
    assert package["filesAnalyzed"] is True
    assert len(package["packageVerificationCode"]["packageVerificationCodeValue"]) == 40
    assert any(row["relationshipType"] == "BUILD_TOOL_OF" for row in document["relationships"])


def test_spdx_tools_accept_the_document(tmp_path: Path) -> None:
    from spdx_tools.spdx.parser.parse_anything import parse_file
    from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

    path = tmp_path / "x.spdx.json"
    path.write_text(json.dumps(rendered(SbomFormat.SPDX_2_3, whole())))
    assert [message.validation_message for message in validate_full_spdx_document(parse_file(str(path)))] == []


@pytest.mark.parametrize("sbom_format", list(SbomFormat))
def test_the_order_of_the_archive_does_not_matter(sbom_format: SbomFormat) -> None:
    order = sorted(FILES, key=lambda path: hashlib.sha256(path.encode()).digest())
    shuffled = describe({path: FILES[path] for path in order}, *LOCKED, fields=FIELDS)
    straight = describe(FILES, *LOCKED, fields=FIELDS)
    assert rendered(sbom_format, shuffled) == rendered(sbom_format, straight)


def test_a_report_about_other_bytes_names_no_tools() -> None:
    assert build_tools(_report(), WHEEL.file_name, "f" * 64) == ()


def test_names_of_documents() -> None:
    def wheel(name: str, tags: str) -> ReleasedDistribution:
        return ReleasedDistribution(f"{name}-1.0-{tags}.whl", True, tags, "a" * 64)

    one, linux, mac = (
        wheel("demo", "py3-none-any"),
        wheel("demo", "cp311-cp311-linux_x86_64"),
        wheel("demo", "cp311-cp311-macosx_11_0_arm64"),
    )
    assert document_names([one, SDIST]) == {one.file_name: "sbom-wheel", SDIST.file_name: "sbom-source"}
    assert document_names([linux, mac, SDIST]) == {
        linux.file_name: "sbom-wheel-cp311-cp311-linux_x86_64",
        mac.file_name: "sbom-wheel-cp311-cp311-macosx_11_0_arm64",
        SDIST.file_name: "sbom-source",
    }
    other = wheel("other", "py3-none-any")
    assert set(document_names([one, other]).values()) == {
        "sbom-wheel-demo-py3-none-any",
        "sbom-wheel-other-py3-none-any",
    }
    second = ReleasedDistribution("other-1.0.tar.gz", False, "", "c" * 64)
    assert set(document_names([SDIST, second]).values()) == {"sbom-source-demo", "sbom-source-other"}


def test_a_file_that_is_too_large_to_examine_is_hashed_and_stated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ops.supply_chain.inventory.distributions.contents.MOST_BINARY_BYTES", 64)
    document = describe({"demo/_x.abi3.so": binaries.elf("x")})
    assert document.distribution is not None
    assert "demo/_x.abi3.so was not examined (larger than 64 bytes)" in document.distribution.incomplete
    assert "demo/_x.abi3.so" in {file.path for file in document.distribution.files}


@pytest.mark.parametrize("sbom_format", list(SbomFormat))
def test_hostile_names_of_files_stay_apart_and_are_written_in_canonical_form(sbom_format: SbomFormat) -> None:
    names = ("demo/a\x1bb", "demo/a\u202eb", "demo/a?b", 'demo/"@files@"', "demo/@packages@", "demo/é")
    document = describe(dict.fromkeys(names, ""))
    assert document.distribution is not None
    shown = {file.path for file in document.distribution.files}
    assert {"demo/a\\u001bb", "demo/a\\u202eb", "demo/a?b", 'demo/"@files@"', "demo/é"} <= shown
    [output] = outputs_for([sbom_format])
    data = b"".join(output.writer.render(document).chunks)
    assert data == canonical.encode(json.loads(data))
