"""The checksums file: what `sha256sum -c` reads, in the folder of the downloads.

Source: GNU coreutils manual, "md5sum invocation": "<digest>  <name>", one file a line.
"""

from __future__ import annotations

from collections.abc import Mapping


def format_checksums(files: Mapping[str, str]) -> bytes:
    """Write digests in the form that `sha256sum -c` reads.

    Args:
        files: Released name -> SHA-256; names hold no line break and no backslash.
    Returns:
        One line a file, sorted by name.
    """
    return "".join(f"{sha256}  {name}\n" for name, sha256 in sorted(files.items())).encode()
