"""The SBOM of a change, what differs from that of its base, and what the licence rules find in each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from ops.supply_chain.contracts.config.sbom import SbomFormat
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.contracts.values.lock import Lock, LockEntry
from ops.supply_chain.contracts.values.package_index import MetadataAnswer
from ops.supply_chain.core import canonical
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.errors import InputError, OutputError, UsageError
from ops.supply_chain.core.moments import timestamp_of_epoch
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.core.text import printable
from ops.supply_chain.dependencies.changes.publishers import producer_finding
from ops.supply_chain.gather.assurance.policy import BUILT_IN, folders_of, settings_of
from ops.supply_chain.gather.change.states import ProjectState, ReviewStates, described
from ops.supply_chain.inventory.build.documents import DescribedProject, LockInventory
from ops.supply_chain.inventory.build.union import Union
from ops.supply_chain.inventory.comparison.compare import Change, ChangeKind, SbomComparison, compare, read_inventory
from ops.supply_chain.inventory.model.document import TimestampSource

if TYPE_CHECKING:
    from ops.supply_chain.adapters.rego.rule_files import Policy
    from ops.supply_chain.contracts.files.verdict import Reason, RuleVerdict

_OF_RELEASES = ("base", "cisa-2026", "provenance", "release")
"""Built-in profiles that are not evaluated: they are about a release, or about how its SBOM is made."""


class StateSbom(NamedTuple):
    """The aggregate of one state: its bytes, parsed, and name and version of the package of each reference."""

    data: bytes
    document: dict[str, Any]
    packages: Mapping[str, tuple[str, str]]


def read_metadata(states: ReviewStates) -> MetadataAnswer:
    """Fetch the core metadata of the distinct pins of both states: licence, producer, dependencies.

    Raises:
        UnavailableError: An index does not answer.
    """
    from ops.supply_chain.adapters.index.client import PackageIndex
    from ops.supply_chain.inventory.checks.own_output import distinct_pins

    run, config = states.run, states.run.config.index
    index = PackageIndex(
        run.cache, url=config.url, json_url=config.json_url, trusted=config.trusted, offline=run.offline
    )
    return index.core_metadata(distinct_pins((*states.base.project.locks, *states.head.project.locks)))


def sbom_of(states: ReviewStates, state: ProjectState, answer: MetadataAnswer | None, *, epoch: int) -> StateSbom:
    """Write the SBOM of one state of the project.

    Args:
        states: The review.
        state: One of its states.
        answer: Metadata of the pins of both; None where none was fetched.
        epoch: Timestamp of the commit, in Unix seconds.
    Raises:
        OutputError: What was written is not valid.
    """
    from ops.supply_chain.adapters.tools.schemas import schema_problems
    from ops.supply_chain.inventory.checks.own_output import aggregate_problems
    from ops.supply_chain.inventory.writers.outputs import outputs_for

    metadata = None if answer is None else answer.found
    inventory = LockInventory(state.project.locks, _subject(states, state, epoch), metadata)
    union = Union(inventory, complete=not state.unread)
    for lock in inventory.locks:
        union.add(inventory.document_of(lock))
    aggregate = union.document()
    [output] = outputs_for([SbomFormat.CYCLONEDX_1_6])
    rendered = output.writer.render(aggregate)
    problems = aggregate_problems(rendered, lambda plain: schema_problems(plain, output.cyclonedx_version))
    if problems:
        raise OutputError(
            f"the SBOM of the change does not pass its own check: {problems[0]}",
            hint="This is a defect of sealwright: please report it with the locks.",
        )
    data = b"".join(rendered.chunks)
    packages = {
        component.package.ref: (component.package.key, component.package.version) for component in aggregate.components
    }
    return StateSbom(data, canonical.load_plain(data, where="the SBOM of the change"), packages)


def metadata_gaps(state: ProjectState, answer: MetadataAnswer) -> tuple[Finding, ...]:
    """Return a finding for each pin of a state whose licence and producer are unknown, because the index lacks it."""
    from ops.supply_chain.inventory.summary import metadata_findings

    own = {entry.pin for lock in state.project.locks for entry in lock.entries}
    missing = tuple((pin, reason) for pin, reason in answer.missing if pin in own)
    return metadata_findings(state.project.locks, msgspec.structs.replace(answer, missing=missing))


def compare_states(before: StateSbom, after: StateSbom) -> SbomComparison:
    """Compare the SBOMs of the two states."""
    return compare(
        read_inventory(before.document, where="the SBOM of the base"),
        read_inventory(after.document, where="the SBOM of the change"),
    )


def comparison_findings(states: ReviewStates, changes: Sequence[Change]) -> list[Finding]:
    """Return the differences that are findings: other bytes of the same version, another producer."""
    entries = _entries(states.head.project.locks)
    found = []
    for change in changes:
        entry = entries.get(change.name) if change.ecosystem == "pypi" else None
        if entry is None:
            continue
        if change.kind is ChangeKind.HASH_CHANGED:
            found.append(_other_bytes(entry, change))
        elif change.kind is ChangeKind.PRODUCER_CHANGED:
            publishers = states.run.config.publishers
            found.append(producer_finding(entry, ", ".join(change.before), ", ".join(change.after), publishers))
    return found


def licence_findings(states: ReviewStates, sboms: Sequence[StateSbom]) -> list[list[Finding]]:
    """Evaluate the rules that judge an SBOM alone: the licence rules, and those of the project's own profiles.

    Args:
        states: The review; the rules are those of its configuration that decides.
        sboms: Those of the states.
    Returns:
        The findings about each SBOM.
    Raises:
        UnavailableError: The policy engine is missing.
        InputError: A rule of the project is broken.
        UsageError: A configured profile or folder is missing.
    """
    from ops.supply_chain.adapters.rego.rule_files import load_policy

    profiles = [name for name in dict.fromkeys(states.run.config.policy.profiles) if name not in _OF_RELEASES]
    if not profiles:
        return [[] for _ in sboms]
    policy = load_policy(folders_of(states.run, BUILT_IN), profiles, settings_of(states.run.config.policy))
    by_data: dict[bytes, list[Finding]] = {}
    for sbom in sboms:
        if sbom.data not in by_data:
            by_data[sbom.data] = list(_evaluated(policy, sbom))
    return [by_data[sbom.data] for sbom in sboms]


def _evaluated(policy: Policy, sbom: StateSbom) -> Iterator[Finding]:
    from ops.supply_chain.adapters.rego import engine
    from ops.supply_chain.assurance.policy.sbom import sbom_input
    from ops.supply_chain.core.digests import sha256_bytes

    digest = sha256_bytes(sbom.data)
    document = {
        "schema": "policy-input/1",
        "subject": {"component": "change", "version": "", "under_git": True, "commit": ""},
        "records": [],
        "sboms": [sbom_input(sbom.document, path=_SBOM, sha256=digest, problems=[])],
    }
    for rule in engine.evaluate(policy, document):
        for reason in rule.denials:
            yield _finding(rule, reason, sbom, Severity.HIGH, "")
        if rule.outcome is Outcome.NOT_EXAMINED:
            for reason in rule.unknowns:
                yield _finding(rule, reason, sbom, Severity.INFO, ".not-examined")


_SBOM = "the SBOM"


def _finding(rule: RuleVerdict, reason: Reason, sbom: StateSbom, severity: Severity, end: str) -> Finding:
    name, version = sbom.packages.get(reason.subject, ("", ""))
    message = reason.message.removeprefix(f"{_SBOM}: ") if name else reason.sentence
    return Finding(
        code=f"policy.{rule.code}{end}",
        severity=severity,
        message=printable(message),
        next_step=reason.fix,
        package=name,
        version=version,
    )


def _subject(states: ReviewStates, state: ProjectState, epoch: int) -> DescribedProject:
    config = states.run.config
    bare = DescribedProject(
        name=states.run.root.name,
        is_package=False,
        timestamp=timestamp_of_epoch(epoch),
        timestamp_source=TimestampSource.COMMIT,
        index_url=config.index.url,
        scopes=config.locks.scopes,
    )
    try:
        project = described(state.tree.root, config)
    except (InputError, UsageError):  # the metadata of a change may be anything
        return bare
    return msgspec.structs.replace(
        bare,
        name=project.name,
        version=project.version,
        python_name=project.python_name,
        is_package=project.is_package,
    )


def _entries(locks: Sequence[Lock]) -> dict[str, LockEntry]:
    found: dict[str, LockEntry] = {}
    for lock in locks:
        for entry in lock.entries:
            found.setdefault(entry.pin.name, entry)
    return found


def _other_bytes(entry: LockEntry, change: Change) -> Finding:
    gone = [digest for digest in change.before if digest not in change.after]
    return Finding(
        code="change.hash-changed",
        severity=Severity.HIGH,
        message=f"{change.name} {change.version}: the change replaces {len(gone)} of its hashes, "
        "so the same version now has different bytes",
        next_step=f"Check which files the index serves: {command('check_hashes')}; a released version of {change.name} "
        "never changes.",
        package=change.name,
        version=change.version,
        path=entry.path,
        line=entry.line,
    )
