"""Failures of a Sigstore instance, one error type per kind.

Each has its exit code: the identity was refused (4), a missing or expired token (2), a service that does not answer
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
