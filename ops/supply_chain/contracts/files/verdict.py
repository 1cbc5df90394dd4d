"""The policy's verdict, and the gate file that contains it with the records it is based on.

A verdict has no timestamp and no machine name: the same inputs and the same policy give the same bytes, unless a rule
of the policy takes effect between two runs. The gate file contains records, which have the times of their run. Both
are canonical, so that `jq -S '.records[0]' gate.json` prints the exact bytes of that record's file.
"""

from __future__ import annotations

from typing import Literal

from ops.supply_chain.contracts.base import Contract, Count, FileRef, Sha256
from ops.supply_chain.contracts.files.record import Record, ToolRef
from ops.supply_chain.contracts.values.weakening import setting_in_words
from ops.supply_chain.core.outcome import Outcome


def as_clause(title: str) -> str:
    """Return the title of a rule as it is written after a colon: `SHA-256 ...` and names keep their first letter."""
    return title[:1].lower() + title[1:] if title[1:2].islower() else title


class Reason(Contract, frozen=True, kw_only=True):
    """Why a rule denies, or what it could not decide: a sentence, what it is about, and what to do."""

    message: str
    subject: str
    fix: str

    @property
    def sentence(self) -> str:
        """The message, after what it is about where it does not begin with that."""
        return self.message if self.message.startswith(f"{self.subject} ") else f"{self.subject}: {self.message}"

    def compared_with(self, title: str, *, others: str = "") -> str:
        """Return the sentence, how many others there are, and what the rule of this title requires, as a clause."""
        return f"{self.sentence.rstrip('.')}{others}; required: {as_clause(title)}"


class RuleVerdict(Contract, frozen=True, kw_only=True, omit_defaults=True):
    """What one rule decided.

    `code` is `<profile>.<rule>`. `examined` counts what the rule examined, 0 where it did not pass.
    `unknown` counts what it passed although the input states it as unknown. `denials` and `unknowns` are
    sorted by subject, then message; a passing rule may have unknowns to report, and has no denials.

    `effective_on` is there for a rule that denies from that day on (RFC 3339 date, UTC). Before it, the rule
    passes whatever it found, and `warnings` has what will be its denials.
    """

    code: str
    title: str
    outcome: Outcome
    examined: Count
    unknown: Count
    denials: tuple[Reason, ...]
    unknowns: tuple[Reason, ...]
    effective_on: str = ""
    warnings: tuple[Reason, ...] = ()


class Weakening(Contract, frozen=True, kw_only=True, omit_defaults=True):
    """A setting that makes the release gate weaker than its default: the setting, its default and its value, as text.

    `reason`, `date` and `until` (ISO dates) are those of the `[[policy.weakened]]` entry that accepts it on the day of
    the run; without one, they are absent and the verdict denies.
    """

    setting: str
    default: str
    value: str
    reason: str = ""
    date: str = ""
    until: str = ""

    @property
    def in_words(self) -> str:
        """The setting as a clause."""
        return setting_in_words(self.setting, self.default, self.value, reason=self.reason, until=self.until)


class Verdict(Contract, frozen=True, kw_only=True, omit_defaults=True):
    """The policy's decision about one component and version.

    `decision` is `allow` only where `outcome` is `pass`. `profiles` are in the order asked for, `rules`
    sorted by code, `inputs` and `policy` by path. `policy_sha256` is that of the lines
    `<sha256>  <path>` of `policy`. `weakened` are the settings that make the gate weaker than its default, sorted; it
    is absent (None) where they were not examined: in verdicts of earlier versions, and on SBOMs alone.
    """

    schema: Literal["verdict/1"]
    decision: Literal["allow", "deny"]
    outcome: Outcome
    component: str
    version: str
    profiles: tuple[str, ...]
    engine: ToolRef
    policy_sha256: Sha256
    policy: tuple[FileRef, ...]
    inputs: tuple[FileRef, ...]
    rules: tuple[RuleVerdict, ...]
    weakened: tuple[Weakening, ...] | None = None


class GateFile(Contract, frozen=True, kw_only=True, omit_defaults=True):
    """The verdict, and each record that it is based on, sorted by stage.

    `rehearsal` is present, and true, only in a rehearsal.
    """

    schema: Literal["gate/1"]
    verdict: Verdict
    records: tuple[Record, ...]
    rehearsal: bool = False
