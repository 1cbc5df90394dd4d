"""SHA-256 of bytes and of files, in lower-case hexadecimal."""

from __future__ import annotations

from pathlib import Path

from ops.supply_chain.core.errors import InputError

CHUNK_BYTES = 1 << 20


def sha256_bytes(data: bytes) -> str:
    """Return the SHA-256 of some bytes as 64 lower-case hexadecimal digits."""
    import hashlib  # loads OpenSSL, which not every stage needs

    return hashlib.sha256(data).hexdigest()


def sha256_file(path: Path) -> str:
    """Return the SHA-256 of a file as 64 lower-case hexadecimal digits, reading it in chunks.

    Raises:
        InputError: The file is missing or cannot be read.
    """
    import hashlib  # as above

    try:
        with path.open("rb") as handle:
            return hashlib.file_digest(handle, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
