"""Shared libraries in wheels: what they are called, in which version, and why."""

from __future__ import annotations

import pytest

from ops.supply_chain.inventory.distributions.libraries import bundled_libraries, library_file_name
from ops.supply_chain.inventory.distributions.library_table import BY_STEM, LIBRARIES
from ops.supply_chain.inventory.model.contents import EvidenceKind
from ops.supply_chain.inventory.model.document import Component
from tests.fakes import binaries
from tests.inventory.distributions.support import describe, read

SSL = b"\0OpenSSL 3.5.8 25 Aug 2026\0"


def libraries(files: dict[str, bytes]) -> dict[str, Component]:
    return {component.package.name: component for component in bundled_libraries(read(files))}


def notes(component: Component, label: str) -> list[str]:
    return [text for name, text in component.notes if name == label]


@pytest.mark.parametrize(
    ("path", "stem", "numbers", "library"),
    [
        ("a.libs/libcrypto-fb8d5b21.so.3", "libcrypto", "3", "openssl"),
        ("a.libs/libgfortran-040039e1-0352e75f.so.5.0.0", "libgfortran", "5.0.0", "gcc-runtime"),
        ("a.libs/libscipy_openblas64_-32a4b2a6.so", "libscipy_openblas64_", "", "openblas"),
        ("a.libs/geos-bf067cd6ff74ee0ad5f3ff52c7ef08c9.dll", "geos", "", "geos"),
        ("a.libs/libzmq-v143-mt-4_3_5-0123456789abcdef0123456789abcdef.dll", "libzmq-v143-mt-4_3_5", "", "zeromq"),
        ("a/.dylibs/libgeos.3.14.1.dylib", "libgeos", "3.14.1", "geos"),
        ("a/.dylibs/libstdc++.6.dylib", "libstdc++", "6", "gcc-runtime"),
        ("a.libs/libXau-154567c4.so.6.0.0", "libXau", "6.0.0", "libxau"),
        ("a.libs/libours-00000000.so.1", "libours", "1", None),
    ],
)
def test_file_names_of_repaired_wheels(path: str, stem: str, numbers: str, library: str | None) -> None:
    found = library_file_name(path)
    assert found is not None
    assert (found.stem, found.numbers) == (stem, numbers)
    assert (found.library.name if found.library else None) == library


@pytest.mark.parametrize(
    "path",
    ["a/_x.cpython-311-x86_64-linux-gnu.so", "a/_rust.abi3.so", "a/_x.cp311-win_amd64.pyd", "a/x.py", "a/libx.so.txt"],
)
def test_extension_modules_and_other_files_are_no_libraries(path: str) -> None:
    assert library_file_name(path) is None


def test_a_text_gives_the_version_to_all_files_of_a_library() -> None:
    found = libraries(
        {
            "demo.libs/libcrypto-fb8d5b21.so.3": binaries.elf("libcrypto-fb8d5b21.so.3", texts=SSL),
            "demo.libs/libssl-8bd944e8.so.3": binaries.elf("libssl-8bd944e8.so.3", ("libcrypto-fb8d5b21.so.3",)),
        }
    )
    openssl = found["openssl"]
    assert openssl.package.purl == "pkg:generic/openssl@3.5.8"
    assert openssl.package.cpe == "cpe:2.3:a:openssl:openssl:3.5.8:*:*:*:*:*:*:*"
    assert [place.path for place in openssl.occurrences] == [
        "demo.libs/libcrypto-fb8d5b21.so.3",
        "demo.libs/libssl-8bd944e8.so.3",
    ]
    [version] = [entry for entry in openssl.evidence if entry.field == "version"]
    assert (version.kind, version.text, version.confidence) == (EvidenceKind.STRING, "OpenSSL 3.5.8 25 Aug 2026", 0.9)
    assert notes(openssl, "abi") == ["3"]


def test_interface_numbers_are_never_a_version() -> None:
    found = libraries(
        {
            "demo.libs/libzmq-2f02442c.so.5.2.5": binaries.elf("libzmq-2f02442c.so.5.2.5"),
            "demo/.dylibs/libpng16.16.dylib": binaries.macho("/DLC/demo/.dylibs/libpng16.16.dylib", version=(75, 0, 0)),
        }
    )
    assert (found["zeromq"].package.version, found["zeromq"].package.purl) == ("", "pkg:generic/zeromq")
    assert notes(found["zeromq"], "abi") == ["5.2.5"]
    assert (found["libpng"].package.version, found["libpng"].package.purl) == ("", "pkg:generic/libpng")
    assert notes(found["libpng"], "abi") == ["16", "75.0.0"]


def test_a_suffix_is_a_version_only_of_libraries_that_name_their_files_so() -> None:
    found = libraries(
        {
            "demo.libs/libgeos-d1e818bb.so.3.14.1": binaries.elf("libgeos-d1e818bb.so.3.14.1"),
            "demo.libs/libgeos_c-ac38a227.so.1.20.5": binaries.elf("libgeos_c-ac38a227.so.1.20.5"),
            "demo.libs/libz-00000000.so.1": binaries.elf("libz-00000000.so.1"),
        }
    )
    assert found["geos"].package.version == "3.14.1"
    assert {entry.kind for entry in found["geos"].evidence if entry.field == "version"} == {EvidenceKind.SUFFIX}
    assert found["zlib"].package.version == ""


def test_code_linked_into_an_extension_is_found_by_its_text() -> None:
    extension = binaries.elf("", ("libc.so.6",), texts=b"\0 deflate 1.3.2 Copyright 1995-2026 Jean-loup\0" + SSL)
    found = libraries({"demo/_rust.abi3.so": extension})
    assert {name: component.package.version for name, component in found.items()} == {
        "openssl": "3.5.8",
        "zlib": "1.3.2",
    }
    assert notes(found["openssl"], "linked") == ["static"]
    assert found["openssl"].package.hashes == ()


def test_the_version_that_a_user_of_a_library_was_compiled_with_is_not_that_of_a_copy() -> None:
    found = libraries(
        {
            "demo/_x.cpython-311-darwin.so": binaries.elf(
                "", ("libssl-8bd944e8.so.3",), texts=b"\0OpenSSL 1.1.1w  11 Sep 2023\0"
            ),
            "demo.libs/libssl-8bd944e8.so.3": binaries.elf("libssl-8bd944e8.so.3", texts=SSL),
        }
    )
    assert found["openssl"].package.version == "3.5.8"


def test_two_versions_of_one_library_stay_apart() -> None:
    components = bundled_libraries(
        read(
            {
                "demo/a.abi3.so": binaries.elf("", texts=SSL),
                "demo/b.abi3.so": binaries.elf("", texts=b"\0OpenSSL 4.0.3 29 Sep 2026\0"),
            }
        )
    )
    assert [component.package.version for component in components] == ["3.5.8", "4.0.3"]


def test_the_version_resource_of_a_dll() -> None:
    found = libraries(
        {"demo.libs/msvcp140-a4c2229bdc2a2a630acdc095b4d86008.dll": binaries.pe("MSVCP140.dll", version=(14, 44, 1, 0))}
    )
    [version] = [entry for entry in found["msvc-runtime"].evidence if entry.field == "version"]
    assert (version.value, version.kind) == ("14.44.1.0", EvidenceKind.PE)


def test_an_unknown_library_keeps_its_name_where_repair_tools_put_it_and_is_the_project_s_own_elsewhere() -> None:
    found = libraries({"demo.libs/libours-00000000.so.1": binaries.elf("x"), "demo/lib/libmine.so": binaries.elf("y")})
    assert list(found) == ["libours"]
    assert found["libours"].package.version == ""


def test_a_binary_that_cannot_be_read_is_searched_and_listed_as_not_examined() -> None:
    document = describe({"demo/_x.abi3.so": b"\x7fELF" + b"\0" * 40 + SSL})
    assert [component.package.version for component in document.components] == ["3.5.8"]
    assert document.distribution is not None
    assert (
        "demo/_x.abi3.so was not examined (is ELF of an unknown class or order of bytes)"
        in document.distribution.incomplete
    )
    assert not document.complete


def test_system_libraries_and_compilers_are_notes_without_the_folders_of_the_builder() -> None:
    data = binaries.elf(
        "",
        ("libc.so.6", "libz-00000000.so.1"),
        comment="Linker: LLD 21.1.6 (/home/me/llvm)",
        texts=b"rustc version 1.98.1 (48a)\0",
    )
    document = describe({"demo/_x.abi3.so": data, "demo.libs/libz-00000000.so.1": binaries.elf("libz-00000000.so.1")})
    assert ("system-library", "libc.so.6") in document.root.notes
    assert [text for label, text in document.root.notes if label == "system-library"] == ["libc.so.6"]
    assert [text for label, text in document.root.notes if label == "compiler"] == [
        "Linker: LLD 21.1.6",
        "rustc version 1.98.1",
    ]


def test_the_table_names_each_file_once_and_each_pattern_finds_its_anchor() -> None:
    assert len(BY_STEM) == sum(len(library.stems) for library in LIBRARIES)
    assert [library.name for library in LIBRARIES] == sorted(library.name for library in LIBRARIES)
    for library in LIBRARIES:
        assert set(library.releases) <= set(library.stems)
        assert all(stem == stem.lower() for stem in library.stems)
