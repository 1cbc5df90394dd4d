"""The retained releases as the Transparency Exchange API identifies them."""

from __future__ import annotations

from collections.abc import Sequence

from ops.supply_chain.adapters.files.artifact_store import ArtifactStore
from ops.supply_chain.contracts.files.manifest import HeldRelease, Manifest
from ops.supply_chain.contracts.files.tea import TeaEndpoint, TeiDraft, TeiRelease
from ops.supply_chain.core import canonical
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.formats.cyclonedx import is_cyclonedx, read_cyclonedx
from ops.supply_chain.formats.json_reader import UnexpectedShapeError
from ops.supply_chain.gather.assurance.review import read_releases, released_sbom
from ops.supply_chain.release.publication.tea import tei_release
from ops.supply_chain.runner.context import StageRun
from ops.supply_chain.trust.verification.file_kinds import classify

GENERIC = "pkg:generic/"
"""Package URL of what is in no package repository: its type is no identifier that others could know."""


def read_teis(run: StageRun, domain: str, endpoints: Sequence[TeaEndpoint]) -> TeiDraft:
    """Return the identifiers of the intact releases; what is left out has its reason.

    Raises:
        InputError: The list of pruned releases is broken.
    """
    store = ArtifactStore(run.artifacts)
    releases, left_out = [], []
    for held in read_releases(store, run.project.name):
        if held.manifest is None or held.problems:
            left_out.append(f"{held.version}: {held.problems[0] if held.problems else 'its manifest cannot be read'}")
            continue
        releases.append((held.manifest.sequence, _release(store, held, held.manifest, domain, endpoints)))
    ordered = tuple(release for _, release in sorted(releases, key=lambda entry: entry[0]))
    return TeiDraft(component=run.project.name, domain=domain, releases=ordered, left_out=tuple(left_out))


def _release(
    store: ArtifactStore, held: HeldRelease, manifest: Manifest, domain: str, endpoints: Sequence[TeaEndpoint]
) -> TeiRelease:
    parts = classify([file.name for file in manifest.files])
    shown = set(parts.distributions or parts.sboms)
    files = [file for file in manifest.files if file.name in shown]
    purl = _purl(store, manifest)
    return tei_release(domain, held.component, held.version, purl=purl, files=files, endpoints=endpoints)


def _purl(store: ArtifactStore, manifest: Manifest) -> str:
    """Return the package URL that the SBOM states for the release; empty where it has none that others know."""
    path = released_sbom(store, manifest)
    if path is None:
        return ""
    try:
        data = canonical.read_bytes(path)
        plain = canonical.load_plain(data, where=path.name)
        root = read_cyclonedx(plain).root if is_cyclonedx(plain) else None
    except (InputError, UnexpectedShapeError):
        return ""
    expected = {file.name: file.sha256 for file in manifest.files}.get(path.name)
    purl = root.purl if root is not None and sha256_bytes(data) == expected else ""
    return "" if purl.startswith(GENERIC) or "@" not in purl or " " in purl else purl
