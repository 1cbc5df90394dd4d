"""What a release states about the run that made it: commit, times, options and records, as far as a second run needs them.

Everything here comes from the release and is typed before it is used: it becomes environment variables, options and names of files.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from ops.supply_chain import record_titles
from ops.supply_chain.contracts.files.provenance import ExternalParameters, ResourceDescriptor, Statement
from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.contracts.files.verdict import GateFile
from ops.supply_chain.core import canonical
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import InputError, UnavailableError
from ops.supply_chain.core.outcome import exit_code_of
from ops.supply_chain.runner.past import AGAIN

POLICY, PROVENANCE = "evaluate_policy", "generate_provenance"
_INVOCATION = re.compile(r"urn:uuid:[0-9a-f-]{36}")


class ReleasedRun(NamedTuple):
    """The run that made a release, by its provenance statement and its gate file."""

    statement: Statement
    gate: GateFile

    @property
    def parameters(self) -> ExternalParameters:
        """What the caller of that run could set."""
        return self.statement.predicate.build_definition.external_parameters

    @property
    def records(self) -> dict[str, Record]:
        """The records by stage."""
        return {record.stage: record for record in self.gate.records}

    @property
    def invocation(self) -> str:
        """The identifier of the run."""
        return self.statement.predicate.run_details.metadata.invocation_id

    @property
    def commit(self) -> str:
        """The commit that was released.

        Raises:
            UnavailableError: It names none, or the tree differed from it.
        """
        source = self.parameters.source
        commit = source.digest.git_commit if source else None
        if not commit:
            raise UnavailableError(
                "the release names no commit: its project was not under git, so it cannot be rebuilt",
                hint="Release from a repository.",
            )
        if any(row.annotations.get("dirty") is True for row in self.dependencies("source")):
            raise UnavailableError(
                f"the release was made from a tree that differed from commit {commit[:12]}, which no clone has",
                hint="Release from a clean tree.",
            )
        return commit

    @property
    def folder(self) -> str:
        """The project's folder in its repository; empty for its top."""
        return next((str(row.annotations.get("folder", "")) for row in self.dependencies("source")), "")

    @property
    def again(self) -> tuple[str, ...]:
        """The stages that run again, in the order in which they started: a stopped clock must not go back."""
        made = [stage for stage in AGAIN if stage in self.records or stage in (POLICY, PROVENANCE)]
        return tuple(sorted(made, key=self.moment))

    @property
    def taken(self) -> tuple[str, ...]:
        """The stages whose records are taken from the release, sorted."""
        return tuple(sorted(set(self.records) - set(AGAIN)))

    def dependencies(self, role: str) -> tuple[ResourceDescriptor, ...]:
        """Return what the release was made from, of one role."""
        rows = self.statement.predicate.build_definition.resolved_dependencies
        return tuple(row for row in rows if row.annotations.get("role") == role)

    def moment(self, stage: str) -> str:
        """Return when a stage started, RFC 3339."""
        record = self.records.get(stage)
        return record.started if record else self.statement.predicate.run_details.metadata.finished_on

    def expected_code(self, stage: str) -> int:
        """Return the exit code with which a stage ended: that of its outcome."""
        record = self.records.get(stage)
        if record is not None:
            return int(exit_code_of(record.outcome))
        return int(exit_code_of(self.gate.verdict.outcome)) if stage == POLICY else 0

    def options(self, stage: str) -> tuple[str, ...]:
        """Return the command line options of a stage, as its record has them."""
        given = self.records[stage].options if stage in self.records else self.parameters.options.get(stage, {})
        return tuple(_options(stage, given))

    def digests(self, records: Mapping[str, Record], verdict: bytes) -> frozenset[tuple[str, str]]:
        """Pair the digests of records and verdict with those of a second run.

        Args:
            records: Those of the second run, by stage.
            verdict: Its verdict, canonical.
        """
        pairs = {
            (sha256_bytes(canonical.encode(record)), sha256_bytes(canonical.encode(records[stage])))
            for stage, record in self.records.items()
            if stage in records
        }
        return frozenset({*pairs, (sha256_bytes(canonical.encode(self.gate.verdict)), sha256_bytes(verdict))})


def read_run(contents: Mapping[str, bytes], *, gate: str, provenance: str) -> ReleasedRun:
    """Read the run of a release.

    Args:
        contents: The bytes of the documents of the release, by name.
        gate: The name of the gate file.
        provenance: That of the provenance statement.
    Raises:
        InputError: One of them is absent or malformed, or names what no run of sealwright has.
    """
    for name in (provenance, gate):
        if name not in contents:
            raise InputError(
                f"{name}: is absent or no plain file, so nothing states how the release was made",
                hint="Give the folder with all files of the release.",
            )
    found = ReleasedRun(
        canonical.decode(contents[provenance], Statement, where=provenance),
        canonical.decode(contents[gate], GateFile, where=gate),
    )
    unknown = sorted(set(found.records) - set(record_titles()))
    if unknown or len(found.records) != len(found.gate.records):
        raise InputError(f"{gate}: has a record of an unknown stage, or two of one: {', '.join(unknown) or 'repeated'}")
    if not _INVOCATION.fullmatch(found.invocation):
        raise InputError(f"{provenance}: its invocation is no UUID of a run")
    for moment in (
        found.moment(PROVENANCE),
        *(text for record in found.gate.records for text in (record.started, record.finished)),
    ):
        try:
            datetime.fromisoformat(moment)
        except ValueError as error:
            raise InputError(f"{gate}: {moment} is no time") from error
    return found


def _options(stage: str, given: Mapping[str, str]) -> list[str]:
    if stage == "check_locks" and given.get("reproducible") == "yes":
        return ["--reproducible"]
    if stage == "generate_sbom":
        formats = [
            f"--formats={given.get('formats') or 'none'}",
            f"--lock-formats={given.get('lock_formats') or 'none'}",
        ]
        return [*formats, *(["--no-enrich"] if given.get("enrich") == "no" else [])]
    if stage == "build_verifier":
        return ["--for-release"]
    if stage == POLICY:
        profiles = [f"--profile={given['profiles']}"] if given.get("profiles") else []
        return [*profiles, *(["--all-sboms"] if given.get("all_sboms") == "true" else [])]
    return []
