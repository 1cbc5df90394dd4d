"""Binaries of each format, and damaged ones: each is read, or refused with a reason."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.supply_chain.formats.binaries.binary import LONGEST_NAME, BinaryFormat, MalformedBinaryError
from ops.supply_chain.formats.binaries.read import STARTS, read_binary
from tests.fakes import binaries

NAMES = ("libc.so.6", "libz.so.1")


@pytest.mark.parametrize("wide", [True, False])
@pytest.mark.parametrize("order", ["<", ">"])
def test_elf_of_either_size_and_order(wide: bool, order: str) -> None:
    note = "GCC: (GNU) 14.2.1 20250110"
    found = read_binary(binaries.elf("libx.so.1", NAMES, comment=note, wide=wide, order=order))
    assert found is not None
    assert (found.format, found.name, found.needed, found.compilers) == (BinaryFormat.ELF, "libx.so.1", NAMES, (note,))


def test_an_extension_module_has_no_name_of_its_own() -> None:
    found = read_binary(binaries.elf("", NAMES))
    assert found is not None
    assert (found.name, found.needed) == ("", NAMES)


def test_pe_has_its_export_name_its_imports_and_the_version_of_its_resource() -> None:
    found = read_binary(binaries.pe("MSVCP140.dll", ("KERNEL32.dll", "ADVAPI32.dll"), version=(14, 44, 35229, 0)))
    assert found is not None
    assert (found.format, found.name, found.version) == (BinaryFormat.PE, "MSVCP140.dll", "14.44.35229.0")
    assert found.needed == ("ADVAPI32.dll", "KERNEL32.dll")


def test_macho_has_its_install_name_and_interface_version() -> None:
    found = read_binary(
        binaries.macho("/DLC/x/.dylibs/libpng16.16.dylib", ("/usr/lib/libSystem.B.dylib",), version=(75, 0, 0))
    )
    assert found is not None
    assert (found.format, found.name) == (BinaryFormat.MACH_O, "/DLC/x/.dylibs/libpng16.16.dylib")
    assert (found.abi_version, found.version) == ("75.0.0", "")
    assert found.needed == ("/usr/lib/libSystem.B.dylib",)


def test_of_a_file_for_several_processors_all_needed_libraries_are_read() -> None:
    found = read_binary(binaries.fat(binaries.macho("libx.dylib", ("b",)), binaries.macho("libx.dylib", ("a",))))
    assert found is not None
    assert (found.name, found.needed) == ("libx.dylib", ("a", "b"))


@pytest.mark.parametrize(
    "data",
    [b"", b"MZ", b"MZ" + b"\0" * 100, b"\xca\xfe\xba\xbe\0\0\0\x41" + b"\0" * 40, b"#!/bin/sh\n", b"PK\3\4"],
    ids=["empty", "short", "DOS", "Java class", "script", "archive"],
)
def test_what_is_no_binary_is_none(data: bytes) -> None:
    assert read_binary(data) is None


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\x7fELF", "unknown class"),
        (binaries.elf("x")[:100], "outside the file"),
        (binaries.elf("x" * (LONGEST_NAME + 1)), "has no end"),
        (binaries.pe("x.dll", ("y.dll",))[:0x210], "outside the file"),
        (binaries.macho("libx.dylib")[:40], "outside the file"),
        (binaries.fat(binaries.macho("a"))[:-4], "outside the file"),
        (binaries.fat(b"no library"), "is no Mach-O file"),
    ],
)
def test_damage_is_refused_with_a_reason(data: bytes, reason: str) -> None:
    with pytest.raises(MalformedBinaryError, match=reason):
        read_binary(data)


WHOLE = (
    binaries.elf("libx.so.1", NAMES, comment="GCC: (GNU) 1"),
    binaries.elf("libx.so.1", NAMES, wide=False, order=">"),
    binaries.pe("x.dll", ("y.dll",), version=(1, 2, 3, 4)),
    binaries.macho("libx.dylib", ("b",)),
    binaries.fat(binaries.macho("libx.dylib", ("b",))),
)


@settings(max_examples=300, derandomize=True, deadline=None)
@given(
    st.sampled_from(WHOLE),
    st.lists(st.tuples(st.integers(0, 700), st.integers(0, 255)), max_size=6),
    st.integers(0, 900),
)
def test_no_damage_ends_in_another_error(data: bytes, changes: list[tuple[int, int]], length: int) -> None:
    damaged = bytearray(data)
    for at, value in changes:
        if at < len(damaged):
            damaged[at] = value
    with contextlib.suppress(MalformedBinaryError):
        found = read_binary(bytes(damaged[: length or None]))
        assert found is None or all(len(name) <= 4 * LONGEST_NAME for name in (found.name, *found.needed))


def test_every_binary_begins_as_the_table_says() -> None:
    assert all(data.startswith(STARTS) for data in WHOLE)
