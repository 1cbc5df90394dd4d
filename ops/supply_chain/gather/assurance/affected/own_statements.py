"""What an own release states about a vulnerability, in the OpenVEX document that was retained with it."""

from __future__ import annotations

import msgspec

from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.contracts.values.vex import VexDocument, VexTrust, read_waived_label
from ops.supply_chain.core import canonical
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.plain_json import load
from ops.supply_chain.formats.json_reader import UnexpectedShapeError
from ops.supply_chain.gather.assurance.affected.releases import RetainedReleases, RetainedSbom
from ops.supply_chain.runner.context import StageRun
from ops.supply_chain.suppliers.affected.model import FoundPlace, PlaceKind, PlaceStatus

ENDING = ".openvex.json"


class OwnStatements:
    """The retained statements of the project's releases, read when a release is found to be affected.

    Args:
        run: The stage's run.
        releases: All retained ones.
    """

    def __init__(self, run: StageRun, releases: RetainedReleases) -> None:
        self._run = run
        self._releases = {(sbom.manifest.component, sbom.manifest.version): sbom for sbom in releases.sboms}
        self._documents: dict[tuple[str, str], VexDocument | None] = {}

    def stated(self, place: FoundPlace) -> FoundPlace:
        """Return a place with the status that the release's own document states; unchanged without one."""
        key = (place.name, place.release)
        if place.kind is not PlaceKind.RELEASE or place.status is not PlaceStatus.AFFECTED or key not in self._releases:
            return place
        if not place.ids or place.name != self._run.project.name:
            return place
        if key not in self._documents:
            self._documents[key] = self._read(self._releases[key])
        document = self._documents[key]
        return place if document is None else self._applied(place, document)

    def _applied(self, place: FoundPlace, document: VexDocument) -> FoundPlace:
        from ops.supply_chain.gather.risk.vex import own_products
        from ops.supply_chain.risk.vex.apply import apply_vex

        finding = Finding(
            code="vulnerability.known",
            severity=Severity.HIGH,
            message="",
            next_step="",
            package=place.package,
            version=place.version,
            aliases=place.ids,
        )
        products = own_products(msgspec.structs.replace(self._run.project, version=place.release))
        applied = apply_vex([finding], [document], now=self._run.now, products=products)
        label = next((item.waived_by for item in applied if item.code == finding.code), "")
        stated = read_waived_label(label) if label else None
        if stated is None:
            return place
        why = f": {stated.justification.value}" if stated.justification else ""
        by = f"own statement {stated.status.value}{why} ({document.file})"
        return msgspec.structs.replace(place, status=PlaceStatus.STATED, by=by)

    def _read(self, sbom: RetainedSbom) -> VexDocument | None:
        """Return the OpenVEX document of a release; None where it has none that is as it was retained."""
        from ops.supply_chain.adapters.files.artifact_store import ArtifactStore
        from ops.supply_chain.risk.vex.read import read_vex

        manifest = sbom.manifest
        file = next((file for file in manifest.files if file.name.endswith(ENDING)), None)
        if file is None:
            return None
        path = ArtifactStore(self._run.artifacts).file(manifest.component, manifest.version, file.name)
        try:
            data = canonical.read_bytes(path)
            if sha256_bytes(data) != file.sha256:
                return None
            document = read_vex(load(data, where=file.name), file=file.name)
        except (InputError, UnexpectedShapeError):
            return None
        return msgspec.structs.replace(document, trust=VexTrust(basis="retained with the release", problem=""))
