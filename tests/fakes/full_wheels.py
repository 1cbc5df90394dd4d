"""Wheels with files of their own: libraries, SBOMs, whatever a test puts into them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping


def full_wheel(name: str, version: str, files: Mapping[str, bytes], *, tag: str = "py3-none-any") -> tuple[str, bytes]:
    """Return the file name and the bytes of a wheel."""
    stem = f"{name.replace('-', '_')}-{version}"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode()
    wheel = f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n".encode()
    info = f"{stem}.dist-info"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path, data in {
            **files,
            f"{info}/METADATA": metadata,
            f"{info}/WHEEL": wheel,
            f"{info}/RECORD": b"",
        }.items():
            archive.writestr(zipfile.ZipInfo(path), data)
    return f"{stem}-{tag}.whl", packed.getvalue()
