"""The encoding of a requirements file, decided as pip decides it: a byte order mark, else a PEP 263 comment, else UTF-8.

pip falls back to the encoding of the machine; a file that needs this means something else on the next machine, and is
refused here.

Source: https://pip.pypa.io/en/stable/reference/requirements-file-format/#encoding
"""

from __future__ import annotations

import codecs
import re

# The marks of UTF-32 come first: that of UTF-16 in little-endian order is their beginning.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_COMMENT = re.compile(rb"#.*?coding[:=]\s*(?P<codec>[-\w.]+)")
_COMMENT_LINES = 2


class UndecodableError(ValueError):
    """Bytes are not text of the encoding that they should have.

    Args:
        message: Expected and found; safe to show.
        line: Of the first wrong byte, from 1.
    """

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


def decode_requirements(data: bytes) -> str:
    """Decode a requirements file.

    Args:
        data: The file's bytes.
    Returns:
        The text without byte order mark, line ends as they are.
    Raises:
        UndecodableError: The bytes do not have the encoding that they should have, or it is unknown.
    """
    for mark, codec in _MARKS:
        if data.startswith(mark):
            return _decode(data[len(mark) :], codec)
    for line in data.split(b"\n", _COMMENT_LINES)[:_COMMENT_LINES]:
        found = _COMMENT.match(line)
        if found is not None:
            return _decode_declared(data, found["codec"].decode("ascii"))
    return _decode(data, "utf-8")


def _decode(data: bytes, codec: str) -> str:
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        line = data[: error.start].decode(codec, "replace").count("\n") + 1
        message = f"expected {codec.upper()}, found byte 0x{data[error.start]:02x}"
        raise UndecodableError(message, line) from error


def _decode_declared(data: bytes, codec: str) -> str:
    try:
        text = data.decode(codec)
        text.encode()  # UTF-7 and others make halves of surrogate pairs, which are no text
    except (LookupError, UnicodeError) as error:
        raise UndecodableError(f"expected text in the declared encoding {codec}", 1) from error
    return text
