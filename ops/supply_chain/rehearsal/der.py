"""As much of DER as time-stamping and certificate transparency need: writing values, splitting what came.

Source: ITU-T X.690, section 10.
"""

from __future__ import annotations

from typing import NamedTuple

INTEGER, OCTET_STRING, OBJECT_IDENTIFIER, UTF8_STRING = 0x02, 0x04, 0x06, 0x0C
GENERALIZED_TIME, SEQUENCE, SET = 0x18, 0x30, 0x31
NULL = b"\x05\x00"
_LONG_LENGTH = 0x80


class DerElement(NamedTuple):
    """One value: its tag, its content, and all of its bytes."""

    tag: int
    content: bytes
    whole: bytes


def encode(tag: int, *contents: bytes) -> bytes:
    """Write one value from the parts of its content."""
    content = b"".join(contents)
    size = len(content)
    if size < _LONG_LENGTH:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, _LONG_LENGTH | len(length))) + length + content


def context(number: int, *contents: bytes) -> bytes:
    """Write a constructed value with a context-specific tag."""
    return encode(0xA0 | number, *contents)


def integer(value: int) -> bytes:
    """Write a number that is not negative."""
    return encode(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def oid(dotted: str) -> bytes:
    """Write an object identifier."""
    first, second, *rest = (int(part) for part in dotted.split("."))
    return encode(OBJECT_IDENTIFIER, *(_base128(number) for number in (first * 40 + second, *rest)))


def set_of(*values: bytes) -> bytes:
    """Write a set, its values in the order that DER demands."""
    return encode(SET, *sorted(values))


def split(content: bytes) -> list[DerElement]:
    """Take the values apart that follow each other in some bytes.

    Raises:
        ValueError: They are cut short, or of a form that DER does not have.
    """
    found = []
    while content:
        head, size = _header(content)
        if len(content) < head + size:
            raise ValueError("DER value is cut short")
        found.append(DerElement(content[0], content[head : head + size], content[: head + size]))
        content = content[head + size :]
    return found


def _header(content: bytes) -> tuple[int, int]:
    if len(content) < 2:  # noqa: PLR2004 - tag and length
        raise ValueError("DER value is cut short")
    if content[1] < _LONG_LENGTH:
        return 2, content[1]
    count = content[1] & ~_LONG_LENGTH
    if not 1 <= count <= 4 or len(content) < 2 + count:  # noqa: PLR2004 - nothing here has 4 GB
        raise ValueError("DER length is not readable")
    return 2 + count, int.from_bytes(content[2 : 2 + count], "big")


def _base128(number: int) -> bytes:
    digits = [number & 0x7F]
    while number := number >> 7:
        digits.append(0x80 | (number & 0x7F))
    return bytes(reversed(digits))
