"""The content of the trust page: claims of each component, computed today, and the files that the page has copies of."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from ops.supply_chain.adapters.files.artifact_store import ArtifactStore
from ops.supply_chain.adapters.files.inputs import read_input_text
from ops.supply_chain.assurance.documents.addresses import repository
from ops.supply_chain.assurance.trust_page.model import TrustComponent, TrustPage, component_of, unread, unverifiable
from ops.supply_chain.contracts.base import Sha256
from ops.supply_chain.core.errors import InputError, StageError, UnavailableError
from ops.supply_chain.gather.assurance.documents.facts import documents_report, facts_of
from ops.supply_chain.gather.assurance.statements import with_statements
from ops.supply_chain.gather.gates.fleet import FleetProject, members
from ops.supply_chain.runner.context import StageRun

POLICY_COPY = "SECURITY.md"


class SbomCopy(NamedTuple):
    """A released file that the page has a copy of: where it lies, its path in the page, and its digest."""

    source: Path
    target: str
    sha256: Sha256


class TrustFiles(NamedTuple):
    """The page; its copies of documents, path -> text; its copies of SBOMs; the errors by component, for the terminal."""

    page: TrustPage
    texts: dict[str, str]
    sboms: tuple[SbomCopy, ...]
    errors: dict[str, StageError]


class _Read(NamedTuple):
    """One component; the text of its policy where the page has a copy; its SBOMs; why its release cannot be read."""

    component: TrustComponent
    text: str = ""
    sboms: tuple[SbomCopy, ...] = ()
    error: StageError | None = None


def read_trust_page(run: StageRun, *, fleet: Path | None, title: str) -> TrustFiles:
    """Verify the newest release of each component again, and gather what the page shows.

    Args:
        run: The stage's run.
        fleet: The file with one project folder per line; None for the project alone.
        title: Of the page.
    Raises:
        InputError: The fleet file cannot be read.
        UsageError: The fleet file is invalid.
    """
    components: list[TrustComponent] = []
    texts: dict[str, str] = {}
    sboms: list[SbomCopy] = []
    errors: dict[str, StageError] = {}
    for member in members(run, fleet):
        read = _read(member)
        components.append(read.component)
        sboms += read.sboms
        if read.text:
            texts[_policy_path(member.name)] = read.text
        if read.error is not None:
            errors[member.name] = read.error
    page = TrustPage(title=title, today=run.now.date().isoformat(), components=tuple(components))
    return TrustFiles(page, texts, tuple(sboms), errors)


def _read(member: FleetProject) -> _Read:
    if member.run is None:
        error = member.error or UnavailableError("the project could not be read")
        return _Read(unread(member.name, error), error=error)
    try:
        run = with_statements(member.run)
        text = read_input_text(run.root, run.config.documents.path.value) or ""
        policy = _policy(run, text)
        text = text if policy == _policy_path(member.name) else ""
        if member.name not in ArtifactStore(run.artifacts).components():
            return _Read(_component(run, policy), text)
    except StageError as error:
        return _Read(unread(member.name, error), error=error)
    try:
        component = _component(run, policy)
        copies = _copies(run, component) if component.verified and not run.config.release.files_at else ()
        return _Read(component, text, copies)
    except (InputError, UnavailableError) as error:
        # There is a release, so "could not be read" alone would be too little.
        return _Read(unverifiable(member.name, error, policy=policy), text, error=error)
    except StageError as error:
        return _Read(unread(member.name, error), error=error)


def _component(run: StageRun, policy: str) -> TrustComponent:
    report = documents_report(run, evidence=None, rehearsals=False)
    facts = facts_of(run, report, evidence=None)
    version = report.source.version if report.source else ""
    return component_of(facts, sboms_at=f"{quote(facts.component, safe='')}/{quote(version, safe='')}", policy=policy)


def _policy(run: StageRun, text: str) -> str:
    """Return the address of the security policy: on GitHub where the repository is configured, else the page's copy."""
    if run.config.reporting.github:
        return f"https://github.com/{repository(run.config.reporting.github, where='reporting.github')}/security/policy"
    return _policy_path(run.project.name) if text else ""


def _policy_path(name: str) -> str:
    return f"{quote(name, safe='')}/{POLICY_COPY}"


def _copies(run: StageRun, component: TrustComponent) -> tuple[SbomCopy, ...]:
    store = ArtifactStore(run.artifacts)
    manifest = store.release(component.name, component.version, digests=False).manifest
    digests = {file.name: file.sha256 for file in manifest.files} if manifest else {}
    return tuple(
        SbomCopy(
            store.file(component.name, component.version, sbom.name),
            f"{component.name}/{component.version}/{sbom.name}",
            digests.get(sbom.name, ""),
        )
        for sbom in component.sboms
    )
