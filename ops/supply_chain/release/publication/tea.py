"""The identifiers of a release for the Transparency Exchange API, and the questions that its endpoint must answer.

Source: https://github.com/CycloneDX/transparency-exchange-api/blob/main/discovery/readme.md
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from urllib.parse import quote

from ops.supply_chain.contracts.files.manifest import ManifestFile
from ops.supply_chain.contracts.files.tea import TeaEndpoint, TeiFile, TeiRelease

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:sealwright:tea")
"""Of the UUIDs of releases: the same release on the same domain has the same one in every draft."""


def tei_release(
    domain: str, name: str, version: str, *, purl: str, files: Sequence[ManifestFile], endpoints: Sequence[TeaEndpoint]
) -> TeiRelease:
    """Return the identifiers of a release.

    Args:
        domain: That of the well-known document.
        name: The component's name.
        version: Of the release.
        purl: Its package URL with version; empty for none.
        files: Those that customers have.
        endpoints: Those of the well-known document.
    """
    identifier = str(uuid.uuid5(NAMESPACE, f"{domain}/{name}/{version}"))
    own = [f"urn:tei:uuid:{domain}:{identifier}", *([f"urn:tei:purl:{domain}:{purl}"] if purl else [])]
    listed = tuple(
        TeiFile(name=file.name, sha256=file.sha256, tei=f"urn:tei:hash:{domain}:SHA256:{file.sha256}")
        for file in sorted(files, key=lambda file: file.name)
    )
    teis = [*own, *(file.tei for file in listed)]
    return TeiRelease(
        version=version,
        uuid=identifier,
        teis=tuple(own),
        files=listed,
        queries=tuple(
            f"{endpoint.url}/v{api}/discovery?tei={quote(tei, safe='')}"
            for endpoint in endpoints
            for api in endpoint.versions
            for tei in teis
        ),
    )
