"""The SBOM that is put into a wheel: what the wheel contains, from nothing but the rest of the wheel.

It has what the SBOM beside the release has, except for what cannot be known inside: the digest of the wheel, that of RECORD
(which has the digest of the SBOM), the SBOM itself; and except for what is not in the wheel: versions of the requirements,
which an installer chooses, and the build environment. So whoever has the wheel can make it again.

Source: https://peps.python.org/pep-0770/
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence

import msgspec

from ops.supply_chain.formats.wheel import EMBEDDED_SBOM, SIGNATURES
from ops.supply_chain.inventory.distributions.contents import Contents
from ops.supply_chain.inventory.distributions.describe import ReleasedDistribution, describe_distribution
from ops.supply_chain.inventory.model.document import Component, Document
from ops.supply_chain.inventory.writers import cyclonedx

_RECORD = re.compile(r"[^/]+\.dist-info/RECORD")


def embedded_path(paths: Sequence[str]) -> str:
    """Return where the SBOM of a wheel lies in it.

    Args:
        paths: Those of its files.
    Raises:
        ValueError: It has not exactly one RECORD, is signed, or has a file there.
    """
    records = [path for path in paths if _RECORD.fullmatch(path)]
    if len(records) != 1:
        raise ValueError(f"has {len(records)} files *.dist-info/RECORD, and a wheel has one")
    folder = posixpath.dirname(records[0])
    signature = next((f"{folder}/{name}" for name in SIGNATURES if f"{folder}/{name}" in paths), "")
    if signature:
        raise ValueError(f"has {signature}, a signature of its RECORD, which an SBOM would break")
    path = f"{folder}/{EMBEDDED_SBOM}"
    if path in paths:
        raise ValueError(f"has {path} already")
    return path


def embedded_sbom(file_name: str, tags: str, contents: Contents, head: Document) -> bytes:
    """Return the SBOM for a wheel.

    Args:
        file_name: Of the wheel.
        tags: Its wheel tags.
        contents: What is in it; its RECORD and an SBOM of this kind are left out.
        head: A document with the author and the timestamp.
    Raises:
        InputError: It has no core metadata, several, or none that can be read.
    """
    bare = msgspec.structs.replace(head, components=(), locks=(), enriched=False)
    file = ReleasedDistribution(file_name, is_wheel=True, tags=tags, sha256="")
    unlisted = sorted(entry.path for entry in contents.files if _is_unlisted(entry.path))
    document = describe_distribution(file, _without(contents, unlisted), bare)
    return cyclonedx.render(msgspec.structs.replace(document, root=_with_notes(document.root, unlisted)))


def without_own(file: ReleasedDistribution, contents: Contents, head: Document) -> Contents:
    """Return contents without the text of the embedded SBOM if it is exactly that which the rest of the wheel gives.

    Then it states nothing that is not read from the wheel itself; any other is read like every SBOM in a distribution.

    Args:
        file: A distribution.
        contents: What is in it.
        head: As for `embedded_sbom`.
    """
    own = [path for path in contents.texts if path.endswith(f".dist-info/{EMBEDDED_SBOM}")]
    if not file.is_wheel or len(own) != 1:
        return contents
    if embedded_sbom(file.file_name, file.tags, contents, head) != contents.texts[own[0]]:
        return contents
    texts = {path: text for path, text in contents.texts.items() if path != own[0]}
    return contents._replace(texts=texts)


def _is_unlisted(path: str) -> bool:
    return bool(_RECORD.fullmatch(path)) or path.endswith(f".dist-info/{EMBEDDED_SBOM}")


def _without(contents: Contents, paths: Sequence[str]) -> Contents:
    return contents._replace(
        files=tuple(entry for entry in contents.files if entry.path not in paths),
        texts={path: text for path, text in contents.texts.items() if path not in paths},
    )


def _with_notes(root: Component, unlisted: Sequence[str]) -> Component:
    """State which files have no entry: the same two whether the SBOM is there yet or not."""
    records = [path for path in unlisted if _RECORD.fullmatch(path)]
    paths = {path for record in records for path in (record, f"{posixpath.dirname(record)}/{EMBEDDED_SBOM}")}
    return msgspec.structs.replace(
        root, notes=tuple(sorted({*root.notes, *(("unlisted-file", path) for path in paths)}))
    )
