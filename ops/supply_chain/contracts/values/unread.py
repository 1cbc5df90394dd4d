"""Files of a project that pin or declare packages and are not read, and what `[locks].exclude` leaves out."""

from __future__ import annotations

from typing import NamedTuple

from ops.supply_chain.contracts.values.finding import Finding, Severity

UNREAD = "lock.unread"
"""The code of a file that was recognised and not read: nothing in it was examined."""


class UnwalkedFile(NamedTuple):
    """A path that the walk of a project passes by, and why.

    `whole` is True if the path counts whatever its name: what is behind it cannot be seen.
    """

    path: str
    why: str
    whole: bool = False


class UnreadFile(NamedTuple):
    """A file that was recognised and not read.

    `path` is relative to the project, printable. `why` continues the sentence that begins with the path. `declares` is
    True if it declares dependencies that a lock could contain.
    """

    path: str
    why: str
    next_step: str
    declares: bool = False

    @property
    def finding(self) -> Finding:
        """The finding that every stage reports for it."""
        return Finding(
            code=UNREAD,
            severity=Severity.INFO,
            message=f"found, not read: it {self.why}",
            next_step=self.next_step,
            path=self.path,
        )
