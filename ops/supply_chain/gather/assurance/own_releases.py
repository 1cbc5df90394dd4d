"""Own releases in the registry: the SBOM of each retained release, so that a question need not read them all again."""

from __future__ import annotations

import os
from collections.abc import Collection
from typing import TYPE_CHECKING

from ops.supply_chain.adapters.files.artifact_store import ArtifactStore
from ops.supply_chain.adapters.registry.address import TENANT_VARIABLE, URL_VARIABLE, registry_address
from ops.supply_chain.adapters.registry.search import RegistrySearch
from ops.supply_chain.core.errors import StageError
from ops.supply_chain.core.text import plural, printable
from ops.supply_chain.gather.assurance.affected.releases import own_entry, read_sbom, retained_releases
from ops.supply_chain.runner.context import StageRun

if TYPE_CHECKING:
    from ops.supply_chain.adapters.registry.writer import RegistryWriter

BATCH = 20


def register_releases(store: ArtifactStore, writer: RegistryWriter, known: Collection[str] = ()) -> int:
    """Register the retained releases of all components; return how many are new.

    A release that is not as it was retained, or whose SBOM cannot be read, is left out: whoever searches reads it, and
    reports it.

    Args:
        store: The retained releases.
        writer: The registry.
        known: Digests of SBOMs that it has.
    Raises:
        StageError: The registry cannot be written.
    """
    count = 0
    batch = []
    for sbom in retained_releases(store).sboms:
        document = None if sbom.digest in known else read_sbom(sbom, whole=True)
        if document is None or isinstance(document, str):
            continue
        batch.append(own_entry(sbom, document))
        if len(batch) == BATCH:
            count += sum(writer.ingest(batch))
            batch = []
    return count + sum(writer.ingest(batch))


def registration_note(run: StageRun) -> str:
    """Register what the registry does not have, where there is one; return a note about it, or empty.

    A registry that does not answer is no reason for a scan to fail: a question reads such releases itself.
    """
    url, tenant = os.environ.get(URL_VARIABLE, ""), os.environ.get(TENANT_VARIABLE, "")
    try:
        address = registry_address(run.artifacts, url=url, tenant=tenant)
        if address.file is not None and not address.file.exists():
            return ""
        store = ArtifactStore(run.artifacts)
        with RegistrySearch(address) as reader:
            known = reader.digests(own=True)
        if all(sbom.digest in known for sbom in retained_releases(store).sboms):
            return ""
        from ops.supply_chain.adapters.registry.writer import RegistryWriter

        with RegistryWriter(address) as writer:
            count = register_releases(store, writer, known)
    except StageError as error:
        return f"retained releases were not registered: {printable(error.message)}"
    return f"{plural(count, 'retained release')} registered" if count else ""
