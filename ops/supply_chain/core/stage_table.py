"""The types of the table of stages in `ops/supply_chain/__init__.py`: standard library only, because the noxfile reads it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Step(NamedTuple):
    """One place of a stage in a session.

    `place` orders the steps of the session; stages with the same place run at the same time. Places are ten apart, so
    that a stage fits between two others. `record` and `title` are set where a stage runs twice and its second run
    leaves a record of its own.
    """

    place: int
    options: str = ""
    record: str = ""
    title: str = ""


class StageRow(NamedTuple):
    """One stage.

    Attributes:
        script: Name of the module, of its session and of its record.
        title: What people call it, in a report for example.
        reads: What its docstring says after "Reads".
        writes: What its docstring says after "Writes"; "record" where the record is its only output.
        decides: What its docstring says after "Decides"; "nothing" for a stage that only writes.
        gate: Its denial does not stop the stages after it, because `evaluate_policy` decides over all records.
        required: Without its record the policy denies a release.
        covers_locks: Its record counts the pins that are locked and those that it examined, and the policy denies
            where the two differ.
        records: It leaves a record.
        secrets: What it alone of a session may see: `index` accounts, the `address` of the index without an account, identity
            tokens for `signing`, the `github` token. `WORD if OPTION ...` is needed with one of these options only,
            `WORD unless OPTION ...` without them.
        release: Its places in the `release` session; empty where it is not part of it.
        daily_scan: Its places in the `daily_scan` session.
    """

    script: str
    title: str
    reads: str
    writes: str
    decides: str = "nothing"
    gate: bool = False
    required: bool = False
    covers_locks: bool = False
    records: bool = True
    secrets: tuple[str, ...] = ()
    release: tuple[Step, ...] = ()
    daily_scan: tuple[Step, ...] = ()

    def secrets_for(self, words: Sequence[str]) -> tuple[str, ...]:
        """Return the secrets that the stage needs with a command line, as words without conditions.

        Args:
            words: Its command line.
        """
        given = {word.partition("=")[0] for word in words}
        found = []
        for entry in self.secrets:
            name, *condition = entry.split()
            if not condition or (condition[0] == "if") == bool(given & {*condition[1:]}):
                found.append(name)
        return tuple(found)

    @property
    def asks_an_index(self) -> bool:
        """Whether the index of pins that name none matters to it."""
        return any(entry.split()[0] in ("index", "address") for entry in self.secrets)


def tool(
    script: str, title: str, *, reads: str, writes: str, decides: str = "nothing", secrets: tuple[str, ...] = ()
) -> StageRow:
    """Return the row of a stage that people run by itself, and that leaves no record."""
    return StageRow(script, title, reads, writes, decides, records=False, secrets=secrets)


class StageUse(NamedTuple):
    """One use of a stage in a session."""

    stage: StageRow
    step: Step

    @property
    def name(self) -> str:
        """Name of the record that it leaves, where it leaves one."""
        return self.step.record or self.stage.script

    @property
    def title(self) -> str:
        """What people call it."""
        return self.step.title or self.stage.title

    @property
    def command(self) -> str:
        """The script with the options used here."""
        return f"{self.stage.script} {self.step.options}".strip()


def commands(steps: tuple[tuple[StageUse, ...], ...]) -> tuple[str, ...]:
    """Return the steps of a session as `runner.pipeline` takes them: ` & ` joins stages that run at the same time."""
    return tuple(" & ".join(use.command for use in step) for step in steps)


def grouped(uses: Sequence[StageUse]) -> tuple[tuple[StageUse, ...], ...]:
    """Return uses as the steps of a session, in order; those of one place run at the same time."""
    places = sorted({use.step.place for use in uses})
    return tuple(tuple(use for use in uses if use.step.place == place) for place in places)
