"""Locks made by hand, and a small project of them that the golden files are written from."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from ops.supply_chain.contracts.config.locks import LockScope
from ops.supply_chain.contracts.values.core_metadata import CoreMetadata
from ops.supply_chain.contracts.values.lock import (
    InstallScope,
    Lock,
    LockEntry,
    LockKind,
    Pin,
    PinFile,
    PinSource,
    PinSourceKind,
)
from ops.supply_chain.inventory.build.documents import DescribedProject, LockInventory
from ops.supply_chain.inventory.build.union import Union
from ops.supply_chain.inventory.model.document import Component, Document, TimestampSource


def digest(text: str, algorithm: str = "sha256") -> str:
    return f"{algorithm}:{hashlib.new(algorithm, text.encode()).hexdigest()}"


def pin(name: str, version: str = "1.0", **more: Any) -> Pin:
    fields: dict[str, Any] = {"name": name, "written_name": name, "version": version}
    return Pin(**{**fields, "hashes": (digest(name + version),), **more})


def entry(what: Pin | str, line: int = 1, path: str = "requirements.txt", **more: Any) -> LockEntry:
    return LockEntry(pin=pin(what) if isinstance(what, str) else what, line=line, path=path, **more)


def lock(path: str, *entries: LockEntry, kind: LockKind = LockKind.REQUIREMENTS, **more: Any) -> Lock:
    placed = tuple(
        msgspec.structs.replace(entry, path=path) if entry.path == "requirements.txt" else entry for entry in entries
    )
    return Lock(path=path, kind=kind, sha256=digest(path)[7:], size=len(path), entries=placed, **more)


def metadata(name: str, version: str = "1.0", **more: Any) -> CoreMetadata:
    return CoreMetadata(metadata_version="2.4", name=name, version=version, **more)


def documents(inventory: LockInventory) -> tuple[list[Document], Document]:
    union = Union(inventory)
    found = [inventory.document_of(lock) for lock in inventory.locks]
    for entry in found:
        union.add(entry)
    return found, union.document()


def component(document: Document, ref: str) -> Component:
    [found] = [component for component in document.components if component.package.ref == ref]
    return found


SUBJECT = DescribedProject(
    name="acme-shop",
    version="v2.1.0",
    python_name="acme_shop",
    licence="Apache-2.0",
    author="Acme Ltd <sbom@acme.example>",
    producer="Acme Ltd",
    description="Sells anvils.",
    timestamp="2026-11-20T00:00:00Z",
    timestamp_source=TimestampSource.COMMIT,
    scopes=(LockScope(path="functions/two.txt", scope=InstallScope.EXCLUDED),),
)

_ALPHA = pin("Alpha.Tools", "1!2.0+local", hashes=(digest("a", "md5"), digest("a"), digest("a", "sha512")))
_BETA = pin(
    "beta",
    files=(
        PinFile(name="beta-1.0.tar.gz", url="https://files.example/beta-1.0.tar.gz", hashes=(digest("beta1.0"),)),
        PinFile(name="beta-1.0-py3-none-any.whl", hashes=(digest("wheel"),)),
    ),
    hashes=tuple(sorted((digest("beta1.0"), digest("wheel")))),
    marker='python_version < "3.13"',
    extras=("fast",),
)
_GAMMA = pin("gamma", "", hashes=())
_DELTA = pin(
    "delta",
    "0.3",
    hashes=(),
    source=PinSource(
        kind=PinSourceKind.VCS, url="git@git.example:acme/delta", vcs="git", commit="4b" * 20, subdirectory="py"
    ),
)
_EPSILON = pin("epsilon", "5", source=PinSource(kind=PinSourceKind.URL, url="https://u:p@files.example/epsilon-5.zip"))
_ZETA = pin(
    "zeta", "0.1", hashes=(), source=PinSource(kind=PinSourceKind.PATH, url="../libs/zeta", editable=True), local=True
)
_SELF = pin("acme-shop", "2.1.0", hashes=(), source=PinSource(kind=PinSourceKind.PATH, url="."), local=True)

LOCKS = (
    lock("empty/requirements.txt"),
    lock(
        "functions/one/requirements.txt",
        entry(_ALPHA, 3, direct=True, required_by=()),
        entry(_BETA, 7, "shared/base.txt", direct=False, required_by=("alpha-tools",)),
        entry(_EPSILON, 9, direct=False, required_by=("alpha-tools", "beta")),
        source="functions/one/requirements.in",
        compiled_at="2026-05-13T07:41:45Z",
    ),
    lock("functions/two.txt", entry(_GAMMA, 1), entry(_DELTA, 2), entry(_ALPHA, 5), entry(_ZETA, 6)),
    lock(
        "uv.lock",
        entry(_SELF, 4, direct=True, depends_on=(("alpha-tools", "1!2.0+local"),), required_by=()),
        entry(_ALPHA, 9, direct=True, depends_on=(), required_by=("acme-shop",), groups=("dev", "main")),
        kind=LockKind.UV,
    ),
)

METADATA = {
    _ALPHA: metadata(
        "Alpha.Tools",
        "1!2.0+local",
        summary="Tools, “first” of all",
        author_email='"Ann Alpha" <ann@alpha.example>, Bo <bo@alpha.example>',
        licence_expression="mit or apache-2.0",
        project_urls=(("Source Code", "https://git.example/alpha"), ("Funding", "https://pay.example")),
        requires_dist=("beta[fast]>=0.9", "epsilon; extra == 'x'", "gamma"),
    ),
    _BETA: metadata("beta", licence="BSD", classifiers=("License :: OSI Approved :: BSD License",), author="Beta Inc"),
    _EPSILON: metadata("epsilon", "5", classifiers=("License :: OSI Approved :: MIT License",)),
}


def made_project() -> LockInventory:
    return LockInventory(LOCKS, SUBJECT, METADATA)
