"""Who publishes the packages of projects: each distinct name and file is asked for once, whatever needs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from ops.supply_chain.contracts.files.publisher_baseline import PublisherBaseline
from ops.supply_chain.core import canonical
from ops.supply_chain.dependencies.publishers.collect import NO_OBSERVATIONS, Collected, Observations
from ops.supply_chain.dependencies.publishers.requests import ProjectLocks, Requests, requests_for
from ops.supply_chain.gather.gates.projects import GateProject
from ops.supply_chain.release.evidence import baseline_beside
from ops.supply_chain.runner.context import StageRun

if TYPE_CHECKING:
    from ops.supply_chain.adapters.index.publishers import PublisherSources, SourceSettings
    from ops.supply_chain.adapters.sigstore.attestation_verifier import AttestationVerifier
    from ops.supply_chain.adapters.sigstore.trusted_root import TrustedRootFile


class ProjectCheck(NamedTuple):
    """One project of the run: its locks and baselines, the requests, and what was fetched from which sources.

    `baseline_bytes` are the bytes of the existing baselines, by the path of their lock.
    """

    project: GateProject
    baseline_bytes: dict[str, bytes]
    locks: ProjectLocks
    requests: Requests
    sources: PublisherSources
    observed: Observations

    @property
    def collected(self) -> Collected:
        """The input of the counts."""
        return self.locks, self.requests, self.observed


def collect(
    run: StageRun,
    projects: Sequence[GateProject],
    root: TrustedRootFile,
    *,
    given: Mapping[str, PublisherBaseline] | None = None,
) -> list[ProjectCheck]:
    """Fetch for all projects: each distinct name and pin of one index once, however many locks need it.

    Args:
        run: The stage's run.
        projects: With different labels.
        root: Of the signatures of attestations.
        given: Baselines by the path of their lock, in place of the files beside the locks.
    Returns:
        In the order of the projects.
    Raises:
        InputError: A baseline is malformed.
        UsageError: An address of an index is malformed.
    """
    from ops.supply_chain.adapters.index.publishers import PublisherSources
    from ops.supply_chain.adapters.sigstore.attestation_verifier import AttestationVerifier
    from ops.supply_chain.adapters.sigstore.publisher_cache import PublisherCache

    verifier = AttestationVerifier(root, PublisherCache(run.cache))
    groups: dict[SourceSettings, list[GateProject]] = {}
    for project in projects:
        groups.setdefault(_settings(project), []).append(project)
    checks: dict[str, ProjectCheck] = {}
    for settings, group in groups.items():
        sources = PublisherSources(run.cache, settings, offline=run.offline, now=run.now)
        planned = [_plan(project, sources, given) for project in group]
        observed = _fetch(sources, [check.requests for check in planned], verifier)
        checks |= {check.project.label: check._replace(observed=observed) for check in planned}
    return [checks[project.label] for project in projects]


def _settings(project: GateProject) -> SourceSettings:
    from ops.supply_chain.adapters.index.publishers import SourceSettings

    config = project.config
    return SourceSettings(
        config.index.url,
        config.index.json_url,
        config.feeds.integrity_api,
        config.feeds.max_age_hours,
        config.index.trusted,
    )


def _plan(
    project: GateProject, sources: PublisherSources, given: Mapping[str, PublisherBaseline] | None
) -> ProjectCheck:
    contents = {} if given is not None else _contents(project)
    baselines = given or {
        lock: canonical.decode(data, PublisherBaseline, where=project.shown(baseline_beside(lock)))
        for lock, data in contents.items()
    }
    by_lock = {lock.path: baselines.get(lock.path) for lock in project.locks}
    locks = ProjectLocks(project.locks, by_lock, project.config.publishers)
    return ProjectCheck(project, contents, locks, requests_for(locks, sources.is_default), sources, NO_OBSERVATIONS)


def _contents(project: GateProject) -> dict[str, bytes]:
    from ops.supply_chain.adapters.files.project_files import ProjectFiles

    files = ProjectFiles(project.root)
    siblings = ((lock.path, files.read(baseline_beside(lock.path))) for lock in project.locks)
    return {lock: data for lock, data in siblings if data is not None}


def _fetch(sources: PublisherSources, planned: Sequence[Requests], verifier: AttestationVerifier) -> Observations:
    from ops.supply_chain.dependencies.compile.siblings import publisher_of

    answers = sources.projects({name for requests in planned for name in requests.names})
    current = {name: publisher_of(info) if info else None for name, info in answers.found.items()}
    wanted = {request for requests in planned for request in requests.attestations.values()}
    files = sources.attestations(wanted, verifier)
    failure = answers.failure
    return Observations(current, files, failure.message if failure else "", failure.hint if failure else "")
