"""Read the documents of a retained release: provenance, SBOMs and evidence archive; evaluate the SBOM policy again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ops.supply_chain.adapters.files.evidence_archive import ArchiveContent, EvidenceMember, read_archive
from ops.supply_chain.assurance.claims.evidence import (
    ArchiveFacts,
    CoolDownFacts,
    ElementTally,
    ProvenanceFacts,
    SbomFacts,
)
from ops.supply_chain.assurance.policy.sbom import is_readable, sbom_input
from ops.supply_chain.contracts.files.verification import Verification
from ops.supply_chain.core.errors import InputError, StageError
from ops.supply_chain.core.moments import parse_timestamp, timestamp_of_epoch
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.core.start import TREE
from ops.supply_chain.dependencies.compile.header import parse_header
from ops.supply_chain.formats import json_reader
from ops.supply_chain.formats.cyclonedx import CycloneDx
from ops.supply_chain.formats.json_reader import UnexpectedShapeError
from ops.supply_chain.formats.sbom import read_sbom
from ops.supply_chain.formats.spdx2 import Spdx2
from ops.supply_chain.formats.spdx3 import Creation
from ops.supply_chain.gather.assurance.claims.release import Opened, document_of
from ops.supply_chain.gather.assurance.policy import folders_of, settings_of
from ops.supply_chain.trust.verification.file_kinds import ReleaseFileNames

if TYPE_CHECKING:
    from ops.supply_chain.runner.context import StageRun

OUR_PROFILES, LICENCES = ("base", "cisa-2026"), "licences"
"""SBOM profiles with fixed rules and limits, and the profile that a project configures."""

KINDS = {"cyclonedx": ".cdx.json", "spdx2": ".spdx.json", "spdx3": ".spdx3.json"}
"""Kind of SBOM -> suffix of its file name."""

LOCK_SBOMS, PROJECT, BASELINES = "sbom/locks/", "project/", ".provenance.json"
CYCLONEDX = KINDS["cyclonedx"]
DAY_SECONDS = 24 * 60 * 60


class Documents(NamedTuple):
    """The facts of the documents; `sbom` is the policy engine's input from CycloneDX, empty where there is none."""

    provenance: ProvenanceFacts
    sboms: dict[str, SbomFacts]
    archive: ArchiveFacts
    cool_down: CoolDownFacts
    policy: dict[str, str]
    sbom: dict[str, Any]


def read_documents(run: StageRun, opened: Opened) -> Documents:
    """Read a release's documents; facts that cannot be read stay at "not shown"."""
    names = sbom_names(opened.parts)
    plain = document_of(opened, names["cyclonedx"])
    sha256 = opened.files[names["cyclonedx"]].sha256 if names["cyclonedx"] in opened.files else ""
    sbom = _input_of(plain, names["cyclonedx"], sha256)
    epoch = _epoch(opened)
    archive, cool_down = _archive(opened, sbom, epoch)
    return Documents(
        provenance=_provenance(opened),
        sboms={kind: _sbom(kind, name, opened, sbom, epoch) for kind, name in names.items()},
        archive=archive,
        cool_down=cool_down,
        policy=_policy(run, sbom) if sbom else {},
        sbom=sbom,
    )


def sbom_names(parts: ReleaseFileNames) -> dict[str, str]:
    """Return the name of the SBOM of each kind, the shortest where there are several; empty where there is none."""
    return {
        kind: min(
            (name for name in parts.sboms if name.endswith(suffix)), key=lambda name: (len(name), name), default=""
        )
        for kind, suffix in KINDS.items()
    }


def _sbom(kind: str, name: str, opened: Opened, sbom: Mapping[str, Any], epoch: int | None) -> SbomFacts:
    if not name:
        return SbomFacts()
    format_version, timestamp = _head(document_of(opened, name))
    own = sbom if kind == "cyclonedx" else {}
    return SbomFacts(
        there=True,
        version=format_version,
        valid=_passes(opened.verification, "sbom.valid", name),
        describes=_passes(opened.verification, "sbom.describes", name),
        components=len(own["components"]) if own else -1,
        at_source_moment=epoch is not None and timestamp == timestamp_of_epoch(epoch),
        elements={
            key: ElementTally(present=element["present"], unknown=element["unknown"], missing=len(element["missing"]))
            for key, element in own.get("elements", {}).items()
        },
    )


def _input_of(document: object, name: str, sha256: str) -> dict[str, Any]:
    """Return an SBOM as the engine's input; empty where it cannot be read."""
    if not (isinstance(document, dict) and is_readable(document)):
        return {}
    try:
        return sbom_input(document, path=name, sha256=sha256, problems=())
    except InputError:
        return {}


def _head(document: object) -> tuple[str, str]:
    """Return version and timestamp of an SBOM; empty where it cannot be read, or does not state one of each."""
    try:
        found = read_sbom(document)
    except UnexpectedShapeError:
        return "", ""
    if isinstance(found, CycloneDx):
        return found.spec_version, found.timestamp
    if isinstance(found, Spdx2):
        return found.version, found.created
    creations = set(found.creations)
    creation = creations.pop() if len(creations) == 1 else Creation("", "")
    return creation.spec_version, creation.created


def _passes(verification: Verification | None, code: str, subject: str) -> bool:
    checks = verification.checks if verification else ()
    lines = [line for check in checks if check.code == code for line in check.lines if line.subject == subject]
    return bool(lines) and all(line.outcome is Outcome.PASS for line in lines)


def _provenance(opened: Opened) -> ProvenanceFacts:
    stated = opened.verification.facts if opened.verification else {}
    return ProvenanceFacts(
        commit=stated.get("commit", ""),
        source=stated.get("source", ""),
        clean=stated.get("dirty", "") == "no",
        builder=stated.get("builder", ""),
        moment_from=_parameter(opened, "sourceDateEpochFrom", ""),
        previous=stated.get("previous", ""),
    )


def _epoch(opened: Opened) -> int | None:
    found = _parameter(opened, "sourceDateEpoch", None)
    return found if isinstance(found, int) and not isinstance(found, bool) and found >= 0 else None


def _parameter(opened: Opened, key: str, other: Any) -> Any:
    try:
        statement = json_reader.read(opened.contents.get(opened.parts.provenance, b""))
        found = statement["predicate"]["buildDefinition"]["externalParameters"].table().get(key, other)
    except UnexpectedShapeError:
        return other
    return found if isinstance(found, str | int) else other


def _policy(run: StageRun, sbom: dict[str, Any]) -> dict[str, str]:
    """Ask the SBOM profiles about the released SBOM again; a policy that cannot be used answers nothing.

    A project may add rules and replace limits for its own gate; what others mean by a strong digest it cannot say.
    """
    ours = [("policy:", TREE / "policy")]
    theirs = folders_of(run, TREE / "policy")
    return {
        **_answers(ours, OUR_PROFILES, {}, sbom),
        **_answers(theirs, (LICENCES,), settings_of(run.config.policy), sbom),
    }


def _answers(
    folders: Sequence[tuple[str, Path]], profiles: Sequence[str], settings: dict[str, Any], sbom: dict[str, Any]
) -> dict[str, str]:
    from ops.supply_chain.adapters.rego import engine as rego
    from ops.supply_chain.adapters.rego.rule_files import load_policy

    document = {"schema": "policy-input/1", "subject": {}, "records": [], "sboms": [sbom]}
    try:
        policy = load_policy(folders, profiles, settings)
        return {rule.code: rule.outcome.value for rule in rego.evaluate(policy, document)}
    except StageError:
        return {}


def _archive(opened: Opened, sbom: Mapping[str, Any], epoch: int | None) -> tuple[ArchiveFacts, CoolDownFacts]:
    name = f"{opened.parts.prefix}-evidence.tar.gz"
    if name not in opened.files:
        return ArchiveFacts(), CoolDownFacts()
    try:
        content = read_archive(
            opened.folder / name,
            top=f"{opened.parts.prefix}-evidence",
            wanted=lambda path: not path.endswith(BASELINES),
        )
    except InputError as error:
        return ArchiveFacts(there=True, problem=error.message), CoolDownFacts()
    locks = [
        member for member in content.members if member.path.startswith(PROJECT) and not member.path.endswith(BASELINES)
    ]
    facts = ArchiveFacts(
        there=True,
        intact=_is_intact(content, opened.parts.prefix),
        uniform=content.plain and epoch is not None and content.moments == {epoch},
        locks=len(locks),
        lock_sboms=sum(
            member.path.startswith(LOCK_SBOMS) and member.path.endswith(CYCLONEDX) for member in content.members
        ),
        withheld=len(content.index.withheld),
        union=bool(sbom) and _union(content) == {component["ref"] for component in sbom["components"]},
    )
    return facts, _cool_down(locks, epoch)


def _is_intact(content: ArchiveContent, prefix: str) -> bool:
    index = content.index
    named = sorted((file.path, file.sha256, file.size) for file in index.files)
    held = sorted((member.path, member.sha256, member.size) for member in content.members)
    return (
        named == held
        and len({path for path, _, _ in held}) == len(held)
        and f"{index.component}-{index.version}" == prefix
    )


def _union(content: ArchiveContent) -> set[str] | None:
    """Return the references of all components of the SBOMs of single locks; None where one cannot be read."""
    found: set[str] = set()
    documents = [
        document
        for document in content.members
        if document.path.startswith(LOCK_SBOMS) and document.path.endswith(CYCLONEDX)
    ]
    for member in documents:
        try:
            rows = json_reader.read(member.data or b"").get("components")
            found.update(row["bom-ref"].text() for row in (rows.rows() if rows else ()))
        except UnexpectedShapeError:
            return None
    return found if documents else None


def _cool_down(locks: list[EvidenceMember], epoch: int | None) -> CoolDownFacts:
    dated, undated, bypasses, least = 0, 0, 0, None
    for member in locks:
        try:
            header = parse_header((member.data or b"").decode(), where=member.path)
        except (InputError, UnicodeDecodeError):
            undated += 1
            continue
        bypasses += len(header.bypasses)
        if not header.compiled_at:
            undated += not _is_empty(member)
            continue
        dated += 1
        moment = int(parse_timestamp(header.compiled_at, where=member.path).timestamp())
        days = -1 if epoch is None else (epoch - moment) // DAY_SECONDS
        least = days if least is None else min(least, days)
    return CoolDownFacts(dated=dated, undated=undated, bypasses=bypasses, days=-1 if least is None else least)


def _is_empty(member: EvidenceMember) -> bool:
    lines = (member.data or b"").splitlines()
    return all(not line.strip() or line.lstrip().startswith(b"#") for line in lines)
