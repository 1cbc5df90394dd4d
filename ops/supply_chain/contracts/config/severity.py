"""`[[severity]]`: vulnerabilities that the maintainers classified by hand."""

from __future__ import annotations

from ops.supply_chain.contracts.base import Contract


class SeverityEntry(Contract, frozen=True, kw_only=True):
    """One `[[severity]]` entry: the maintainers' own severity of a vulnerability that no record rates, or not clearly.

    `id` is any id of the vulnerability, `package` narrows it, empty means any. `severity` is `low`, `medium`, `high` or
    `critical`; it applies where the records do not rate the vulnerability, rate it in conflict, or rate it lower. A
    lower severity than the records', or than the lowest of those in conflict, has no effect: accept the finding with a
    waiver. `date` is the day of the decision. All are text here, so that a malformed entry becomes a finding that names it, not a refusal to start.
    """

    id: str = ""
    package: str = ""
    severity: str = ""
    reason: str = ""
    date: str = ""
