"""Reading a binary of any format, recognised by its first bytes."""

from __future__ import annotations

from ops.supply_chain.formats.binaries import elf, macho, pe
from ops.supply_chain.formats.binaries.binary import Binary, MalformedBinaryError

STARTS = (elf.MAGIC, pe.MAGIC, *macho.THIN, *macho.FAT)
"""How a binary may begin; `read_binary` decides."""

__all__ = ["STARTS", "MalformedBinaryError", "read_binary"]


def read_binary(data: bytes) -> Binary | None:
    """Read a binary.

    Args:
        data: The whole file.
    Returns:
        None for a file that is none.
    Raises:
        MalformedBinaryError: It begins like one and cannot be read.
    """
    if data.startswith(elf.MAGIC):
        return elf.read_elf(data)
    if pe.is_pe(data):
        return pe.read_pe(data)
    return macho.read_macho(data) if macho.is_macho(data) else None
