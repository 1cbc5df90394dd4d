"""A mirror with every part in it, ordinary or hostile."""

from __future__ import annotations

from ops.supply_chain.assurance.techdocs.model import Mirror, MirrorPackage, MirrorRelease, MirrorScan, MirrorWaiver
from ops.supply_chain.contracts.config.dependencies import Lifecycle
from ops.supply_chain.contracts.config.mirror import MirrorConfig
from ops.supply_chain.contracts.config.signing import SigningIdentity
from ops.supply_chain.contracts.files.dependency_matrix import DependencyMatrix, DependencyRow
from ops.supply_chain.contracts.files.manifest import Manifest, ManifestFile, PreviousRelease
from ops.supply_chain.contracts.files.record import FeedRef, Record
from ops.supply_chain.contracts.values.cause import Mark
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.formats.cause_lines import AdvisoryLink, CauseStep, CauseText

EVIL = "<img src=x onerror=alert(1)>|[l](javascript:x)\r\n# h `c` =cmd|' /C calc'!A0"
SUFFIXES = ("sbom.cdx.json", "sbom.cdx.json.sigstore.json", "gate.json", "checksums.txt", "verification.md")


def record(text: str) -> Record:
    finding = Finding(
        code="vulnerability.known",
        severity=Severity.HIGH,
        message=text,
        next_step="n",
        package=text,
        version="1",
        aliases=(text,),
        waived_by=text,
    )
    return Record(
        schema="record/1",
        stage="check_vulnerabilities",
        component="N",
        version="1.0",
        outcome=Outcome.PASS,
        invocation="urn:uuid:0",
        started="2026-11-20T00:00:00Z",
        finished="2026-11-20T00:00:00Z",
        offline=False,
        tools=(),
        feeds=(FeedRef(name="osv", version=text, age_seconds=7200),),
        options={},
        counts={"locked": 1},
        reads=(),
        writes=(),
        findings=(finding,),
    )


def release(version: str, sequence: int, text: str) -> MirrorRelease:
    files = tuple(
        ManifestFile(name=name, sha256="0" * 64, size=1, media_type="text/plain")
        for name in sorted([*(f"N-{version}-{suffix}" for suffix in SUFFIXES), text])
    )
    before = PreviousRelease(version=text, manifest_sha256="0" * 64) if sequence > 1 else None
    return MirrorRelease(
        manifest=Manifest(
            schema="manifest/1",
            component="N",
            version=version,
            created="2026-11-20T00:00:00Z",
            retained_at="2026-11-20T00:00:00Z",
            retained_until="2027-11-20",
            sequence=sequence,
            previous=before,
            provenance_sha256="0" * 64,
            files=files,
        ),
        manifest_sha256="0" * 64,
        decision="allow",
        passed=1,
        rules=1,
        records=(record(text),),
        commit="c" * 40,
        source=text,
        builder=text,
        packages=(MirrorPackage(name=text, version=text, licence=text, producer=text),),
        causes=(known(text),),
        commands=(f"cosign {text}",),
        unread=(text,),
    )


def known(text: str) -> CauseText:
    """A cause whose every word comes from somewhere else."""
    return CauseText(
        mark=Mark.DENIES,
        subject=text,
        names=(AdvisoryLink(text, ""), AdvisoryLink("CVE-2026-1", "https://nvd.nist.gov/vuln/detail/CVE-2026-1")),
        more_names=0,
        severity="high",
        where=text,
        steps=(CauseStep(text, text),),
    )


def mirror(text: str, *, files_at: str = "https://example.org/d") -> Mirror:
    """Return a mirror in which everything that comes from others is this text."""
    row = DependencyRow(
        name=text, versions=(text,), owner=text, lifecycle=Lifecycle.ACTIVE, licence=text, licence_gap="", notes=text
    )
    bare = DependencyRow(
        name="bare",
        versions=("1",),
        owner="",
        lifecycle=Lifecycle.UNSTATED,
        licence="",
        licence_gap="not in that SBOM",
        notes="",
    )
    waiver = MirrorWaiver(
        id=text,
        package=text,
        owner=text,
        reason=text,
        justification=text,
        begins="2026-01-01",
        ends="2026-02-01",
        link=text,
    )
    return Mirror(
        component="N",
        description=text,
        config=MirrorConfig(owner=text, lifecycle=text, type=text),
        releases=(release("1.1", 2, text), release("1.0", 1, text)),
        damaged=(text,),
        waivers=(waiver,),
        malformed=(text,),
        identities=(SigningIdentity(identity=text, issuer=text, role=text),),
        matrix=DependencyMatrix(rows=(bare, row), left_over=(), twice=(), untold=(text,), source=text),
        files_at=files_at,
        ledger=False,
        scan=MirrorScan(
            started="2026-11-28T04:00:00Z",
            version=text,
            records=(record(text),),
            causes=(known(text),),
            compared="since the scan of 2026-11-27T04:00:00Z: 1 new, 0 updated, 2 unchanged, 0 gone",
        ),
    )
