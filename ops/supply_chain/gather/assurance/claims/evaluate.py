"""Evaluate today's claims: verify the newest retained release again, and apply the rules to the evidence.

Nothing in the release is trusted: it is compared with its manifest, its signatures and its provenance in this run, and
the rules of `policy/claims` decide what that supports.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import msgspec

from ops.supply_chain.assurance.claims.controls import controls_from
from ops.supply_chain.assurance.claims.document_facts import document_facts
from ops.supply_chain.assurance.claims.evidence import ClaimEvidence, GatheredEvidence, ReleaseFacts, engine_input
from ops.supply_chain.assurance.claims.verdicts import PROFILE, ClaimRule, claims_from
from ops.supply_chain.assurance.policy.verdicts import digest_of
from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.contracts.files.claims import ClaimsReport, EvidenceSource
from ops.supply_chain.contracts.files.control_catalogue import Catalogue
from ops.supply_chain.core import canonical
from ops.supply_chain.core.start import TREE
from ops.supply_chain.gather.assurance.claims.documents import KINDS, read_documents, sbom_names
from ops.supply_chain.gather.assurance.claims.project import project_facts
from ops.supply_chain.gather.assurance.claims.release import Opened, open_release, release_facts
from ops.supply_chain.gather.assurance.claims.source import SelectedRelease, choose
from ops.supply_chain.gather.assurance.statements import with_statements
from ops.supply_chain.runner.context import StageRun

POLICY = TREE / "policy"
CATALOGUES = POLICY / PROFILE / "controls"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options by which the evidence is chosen."""
    parser.add_argument(
        "--evidence",
        type=Path,
        metavar="FOLDER",
        help="retained release to rest claims on (default: the newest retained one, else the last rehearsal)",
    )
    parser.add_argument(
        "--attestations",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="further attestations of that release: GitHub, PEP 740",
    )


def claims_of(run: StageRun, *, evidence: Path | None = None, rehearsals: bool = True) -> ClaimsReport:
    """Compute every claim and control from the newest retained release.

    Args:
        run: The stage's run; the files that its option `--attestations` names are further evidence.
        evidence: Folder of one retained release; None for the newest.
        rehearsals: Whether the last rehearsal counts where no release is retained; without, `source` is None.
    Raises:
        InputError: The named folder holds no retained release, or a rule or catalogue is broken.
        UsageError: The configuration names a control that is none, or the folder is of another component.
        UnavailableError: The policy engine cannot be loaded.
    """
    from ops.supply_chain.adapters.rego import engine as rego
    from ops.supply_chain.adapters.rego.rule_files import load_policy

    run = with_statements(run)
    gathered = gather(run, choose(run, evidence, rehearsals=rehearsals))
    policy = load_policy([("policy:", POLICY)], [PROFILE], {})
    rules = [claim_rule(rule.code, rule.metadata.title, rule.metadata.more) for rule in policy.rules]
    answers = rego.evaluate(policy, engine_input(gathered.evidence))
    claims = claims_from(rules, answers, gathered)
    catalogues, files = read_catalogues()
    return ClaimsReport(
        schema="claims/1",
        component=run.project.name,
        source=gathered.source,
        policy_sha256=digest_of(sorted((*policy.files, *files), key=lambda file: file.path)),
        claims=claims,
        controls=controls_from(
            catalogues,
            claims,
            gathered.evidence.release.policy,
            run.config.controls,
            role=run.config.compliance.cra_role,
        ),
    )


def reference() -> str:
    """Return the reference of all claims and controls, `docs/controls.md`, from rules and catalogues.

    Raises:
        InputError: A rule or catalogue is broken.
    """
    from ops.supply_chain.adapters.rego.rule_files import load_policy
    from ops.supply_chain.assurance.claims.page import reference_page

    policy = load_policy([("policy:", POLICY)], [PROFILE], {})
    rules = [claim_rule(rule.code, rule.metadata.title, rule.metadata.more) for rule in policy.rules]
    return reference_page(rules, read_catalogues()[0])


def claim_rule(code: str, sentence: str, more: dict[str, str]) -> ClaimRule:
    """Return a claim from its rule's code, title and further metadata."""
    words = {key: tuple(more.get(key, "").split()) for key in ("evidence", "facts")}
    return ClaimRule(code=code, sentence=sentence, otherwise=more.get("otherwise", ""), **words)


def read_catalogues() -> tuple[tuple[Catalogue, ...], tuple[FileRef, ...]]:
    """Read the catalogues of controls, sorted by folder.

    Raises:
        InputError: One is broken.
    """
    from ops.supply_chain.core.digests import sha256_bytes

    catalogues, files = [], []
    for path in sorted(CATALOGUES.glob("*/catalogue.json")):
        data = canonical.read_bytes(path)
        where = f"policy:{path.relative_to(POLICY).as_posix()}"
        catalogues.append(canonical.decode(data, Catalogue, where=where))
        files.append(FileRef(path=where, sha256=sha256_bytes(data), size=len(data)))
    return tuple(catalogues), tuple(files)


def gather(run: StageRun, chosen: SelectedRelease | None) -> GatheredEvidence:
    """Gather the facts of the project and, where one was selected, of its release."""
    project, files, shown = project_facts(run)
    if chosen is None:
        return GatheredEvidence(
            evidence=ClaimEvidence(component=run.project.name, project=project), files=files, facts=shown
        )
    opened, verification = open_release(run, chosen)
    release = release_facts(run, chosen, opened, verification)
    if opened is not None:
        read = read_documents(run, opened)
        release = msgspec.structs.replace(
            release,
            provenance=read.provenance,
            sboms=read.sboms,
            archive=read.archive,
            cool_down=read.cool_down,
            policy=read.policy,
        )
        files = {**files, **_files(chosen, opened)}
    return GatheredEvidence(
        evidence=ClaimEvidence(component=run.project.name, release=release, project=project),
        source=_source(chosen, release),
        files=files,
        facts={**shown, **document_facts(release), **_signers(opened), **_moments(chosen)},
    )


def _source(chosen: SelectedRelease, release: ReleaseFacts) -> EvidenceSource | None:
    held = chosen.release
    if held is None or held.manifest is None:
        return None
    return EvidenceSource(
        component=held.manifest.component,
        version=held.manifest.version,
        rehearsal=release.rehearsal,
        manifest_sha256=held.manifest_sha256,
        created=held.manifest.created,
        retained_at=held.manifest.retained_at,
    )


def _files(chosen: SelectedRelease, opened: Opened) -> dict[str, tuple[FileRef, ...]]:
    """Return the release's files by the words of rules."""
    parts = opened.parts
    sboms = sbom_names(parts)
    words = {
        "archive": (f"{parts.prefix}-evidence.tar.gz",),
        "attestations": tuple(parts.attestation(what) for what in ("provenance", "sbom", "vex")),
        "bundles": parts.bundles,
        "checksums": (parts.checksums,),
        "gate": (parts.gate,),
        "kept": parts.kept,
        "manifest": ("manifest.json",),
        "provenance": (parts.provenance,),
        "root": (parts.trusted_root,),
        "vex": tuple(name for name in parts.vex if name.endswith((".cdx.json", ".openvex.json"))),
        **{kind: (sboms[kind],) for kind in KINDS},
    }
    return {
        word: tuple(_ref(chosen, opened, name) for name in names if name in opened.files)
        for word, names in words.items()
    }


def _ref(chosen: SelectedRelease, opened: Opened, name: str) -> FileRef:
    file = opened.files[name]
    return FileRef(path=f"{chosen.label}/{name}", sha256=file.sha256, size=file.size)


def _signers(opened: Opened | None) -> dict[str, str]:
    checks = opened.verification.checks if opened and opened.verification else ()
    signers = [line.signer for check in checks if check.code == "files.signed" for line in check.lines if line.signer]
    return {
        "signers": ", ".join(sorted({signer.identity for signer in signers})),
        "log_ids": ", ".join(sorted({signer.log_id for signer in signers})),
    }


def _moments(chosen: SelectedRelease) -> dict[str, str]:
    manifest = chosen.release.manifest if chosen.release else None
    if manifest is None:
        return {}
    return {
        "version": manifest.version,
        "released": manifest.retained_at,
        "retained_until": manifest.retained_until,
        "source_moment": manifest.created,
        "files": str(len(manifest.files)),
    }
