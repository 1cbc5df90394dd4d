"""VEX documents that the command line names, their authors, and the product that they have to be about."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from ops.supply_chain.adapters.files.inputs import configured_input
from ops.supply_chain.adapters.files.project import Project
from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.contracts.config.file import Config
from ops.supply_chain.contracts.values.release_naming import ReleaseNaming
from ops.supply_chain.contracts.values.signature_names import bundle_name
from ops.supply_chain.contracts.values.vex import VexDocument
from ops.supply_chain.core.canonical import load_plain, read_bytes
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import InputError, StageError, UnavailableError
from ops.supply_chain.runner.rehearsal_mode import TRUST_CONFIG_VARIABLE
from ops.supply_chain.trust.identities.vex_authors import VexSignature, checked_authors, trust_of

if TYPE_CHECKING:
    from ops.supply_chain.adapters.sigstore.bundle_verifier import BundleVerifier
    from ops.supply_chain.risk.vex.bom import Bom

MISSING = "has a signature that was not checked: sigstore is not installed"
BY_KEY = "is signed with a key, which proves no identity"


class VexFile(NamedTuple):
    """One VEX file that was read: the document, its signature, and what was read, for the record."""

    document: VexDocument
    signature: VexSignature
    refs: tuple[FileRef, ...]


def load_vex(path: Path, *, boms: Sequence[Bom] = (), data: bytes | None = None) -> VexDocument:
    """Read one VEX file: OpenVEX, CycloneDX or CSAF. Its author is not checked.

    Args:
        path: The file; its name, not its folder, is shown.
        boms: BOMs that a CycloneDX VEX may refer to by BOM-Link.
        data: Its bytes if they were read already.
    Raises:
        InputError: It cannot be read, is in no known format, or is broken: with its JSON path.
    """
    from ops.supply_chain.risk.vex.read import read_vex

    data = read_bytes(path) if data is None else data
    found = read_vex(load_plain(data, where=path.name), file=path.name, boms=boms)
    return msgspec.structs.replace(found, sha256=sha256_bytes(data))


def load_vex_files(paths: Sequence[Path], boms: Sequence[Path], *, root: Path, config: Config) -> tuple[VexFile, ...]:
    """Read VEX files and verify the bundles beside them, without network.

    Args:
        paths: The files, in the order given.
        boms: BOMs that CycloneDX VEX may refer to.
        root: The project's folder.
        config: Its configuration, which may name a Sigstore instance of its own.
    Raises:
        InputError: A file cannot be read or is broken, or the configured instance is.
    """
    read = [load_bom(path) for path in boms]
    verifiers = _Verifiers(root, config)
    return tuple(_vex_file(path, read, verifiers) for path in paths)


def _vex_file(path: Path, boms: Sequence[Bom], verifiers: _Verifiers) -> VexFile:
    data = read_bytes(path)
    bundle = path.with_name(bundle_name(path.name, ReleaseNaming.VERSIONED))
    refs = [_ref(path, data)]
    signature = VexSignature()
    if os.path.lexists(bundle):
        signed = read_bytes(bundle)
        refs.append(_ref(bundle, signed))
        signature = verifiers.signature(signed, sha256_bytes(data))
    return VexFile(load_vex(path, boms=boms, data=data), signature, tuple(refs))


def _ref(path: Path, data: bytes) -> FileRef:
    """Return a file by name and digest, without its folder, which is this machine's."""
    return FileRef(path=f"vex:{path.name}", sha256=sha256_bytes(data), size=len(data))


def with_authors(files: Sequence[VexFile], config: Config) -> tuple[VexDocument, ...]:
    """Return the documents with the result of comparing their authors with a project's `[[vex_authors]]`.

    Raises:
        UsageError: An entry is invalid.
    """
    authors = checked_authors(config.vex_authors)
    return tuple(
        msgspec.structs.replace(file.document, trust=trust_of(file.document, authors, file.signature)) for file in files
    )


class _Verifiers:
    """Verifies bundles against each Sigstore instance that the project knows: its own, and the public one."""

    def __init__(self, root: Path, config: Config) -> None:
        self._root = root
        self._configured = config.signing.trust_config

    def signature(self, bundle: bytes, sha256: str) -> VexSignature:
        try:
            from ops.supply_chain.adapters.sigstore.formats import NewerFormatError, is_by_key

            verifiers = self._all
        except ImportError:
            return VexSignature(problem=MISSING)
        problems = []
        try:
            if is_by_key(bundle):
                return VexSignature(problem=BY_KEY)
            for verifier in verifiers:
                try:
                    return VexSignature(proof=verifier.file(bundle, sha256))
                except NewerFormatError:
                    raise
                except StageError as error:
                    problems.append(error.message)
        except NewerFormatError as error:
            return VexSignature(problem=f"has a signature that was not examined: {error.message}")
        except StageError as error:
            problems.append(error.message)
        return VexSignature(problem="; ".join(dict.fromkeys(problems)), broken=True)

    @cached_property
    def _all(self) -> list[BundleVerifier]:
        from ops.supply_chain.adapters.sigstore.bundle_verifier import BundleVerifier

        return [BundleVerifier(data, where=origin) for data, origin in self._roots()]

    def _roots(self) -> Iterator[tuple[bytes, str]]:
        """Yield the trusted roots, the project's own instance first."""
        from ops.supply_chain.adapters.sigstore.trust_config import given
        from ops.supply_chain.adapters.sigstore.trusted_root import embedded_root

        variable = os.environ.get(TRUST_CONFIG_VARIABLE, "")
        if variable:
            yield given(Path(variable), origin=TRUST_CONFIG_VARIABLE).trusted_root, TRUST_CONFIG_VARIABLE
        elif self._configured:
            where = "[signing].trust_config"
            yield given(configured_input(self._root, self._configured), origin=where).trusted_root, where
        try:
            public = embedded_root()
        except UnavailableError:
            return
        yield read_bytes(public.path), public.origin


def load_bom(path: Path) -> Bom:
    """Read a CycloneDX BOM, as far as VEX refers to it.

    Raises:
        InputError: It cannot be read, is no CycloneDX 1.x, or is broken: with its JSON path.
    """
    from ops.supply_chain.formats.json_reader import UnexpectedShapeError
    from ops.supply_chain.risk.vex.bom import read_bom

    try:
        return read_bom(load_plain(read_bytes(path), where=path.name))
    except UnexpectedShapeError as error:
        raise InputError(f"{path.name}: {error}") from error


def own_products(project: Project) -> tuple[str, ...]:
    """Return the purls that our product goes by: as in its SBOM, and the one for what is in no repository."""
    from ops.supply_chain.inventory.model.naming import generic_purl, project_purl

    purls = (
        project_purl(project.name, project.version, project.python_name if project.is_package else ""),
        generic_purl(project.name, project.version),
    )
    return tuple(filter(None, purls))
