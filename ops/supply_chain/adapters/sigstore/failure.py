"""What can go wrong between us and a Sigstore instance, told apart.

Each has its exit code: nobody was let sign (4), a token that is none or over (2), a service that does not answer
or whose answer cannot be used (5), a bundle that does not verify (4; our own: 6).
"""

from __future__ import annotations

from typing import ClassVar

from ops.supply_chain.core.errors import ExitCode, StageError, UnavailableError, UsageError


class IdentityRefusedError(StageError):
    """The certificate authority, or we ourselves, refused to let this identity sign."""

    exit_code: ClassVar[ExitCode] = ExitCode.DENIED


class TokenError(UsageError):
    """The identity token is none, or is over."""


class ServiceError(UnavailableError):
    """A service of the instance did not answer, or its answer cannot be used."""


class NotVerifiedError(StageError):
    """A bundle does not verify; the message says why."""

    exit_code: ClassVar[ExitCode] = ExitCode.DENIED
