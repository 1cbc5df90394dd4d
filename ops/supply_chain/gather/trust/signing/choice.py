"""The Sigstore instance and the credential to sign with, from command line, environment and configuration."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from ops.supply_chain.adapters.files.inputs import configured_input
from ops.supply_chain.adapters.sigstore import credentials
from ops.supply_chain.adapters.sigstore.trust_config import TrustConfig, given, public
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.errors import InputError, UsageError
from ops.supply_chain.runner.context import StageRun
from ops.supply_chain.runner.rehearsal_mode import REHEARSAL_VARIABLE, TRUST_CONFIG_VARIABLE, is_rehearsal
from ops.supply_chain.trust.signing.token import TokenIdentity, read_token

TUF_FOLDER = "sigstore-tuf"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that choose instance and credential."""
    parser.add_argument(
        "--trust-config",
        type=Path,
        metavar="FILE",
        help=f"Sigstore instance to use (default: ${TRUST_CONFIG_VARIABLE}, else [signing].trust_config, "
        "else the public one)",
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--identity-token-file",
        type=Path,
        metavar="FILE",
        help=f"file with the identity token (default: ${credentials.TOKEN_VARIABLE}, else the CI platform's)",
    )
    how.add_argument("--browser", action="store_true", help="log in with a browser; needs a terminal")
    how.add_argument("--oob", action="store_true", help="log in by a link and a code, where there is no browser")


def require_same_world(trust: TrustConfig, *, rehearsed: bool) -> None:
    """Keep rehearsals and real releases apart: a rehearsal never reaches a public log, and a real release never a rehearsal.

    Args:
        trust: The instance to sign with.
        rehearsed: Whether the release is marked as a rehearsal.
    Raises:
        UsageError: In a rehearsal, an instance that is not on loopback.
        InputError: The release is of the other kind.
    """
    if is_rehearsal() and not trust.is_loopback:
        raise UsageError(
            f"{REHEARSAL_VARIABLE} is set, and the Sigstore instance ({trust.origin}) is not on loopback",
            hint=f"Unset {REHEARSAL_VARIABLE}, or rehearse with {command('rehearse')}.",
        )
    if rehearsed and not is_rehearsal():
        raise InputError("dist/release/: is from a rehearsal", hint=f"Make a real release: {command('release')}.")
    if is_rehearsal() and not rehearsed:
        raise InputError("dist/release/: is from a real release, but this is a rehearsal", hint=command("rehearse"))


def trust_of(run: StageRun) -> TrustConfig:
    """Return the Sigstore instance to use.

    Raises:
        InputError: The trust config cannot be used.
        UnavailableError: The trust config of the public instance could not be fetched.
        UsageError: In a rehearsal, none is given: the public instance is never used.
    """
    if run.args.trust_config:
        return given(run.args.trust_config, origin="--trust-config")
    if os.environ.get(TRUST_CONFIG_VARIABLE):
        return given(Path(os.environ[TRUST_CONFIG_VARIABLE]), origin=TRUST_CONFIG_VARIABLE)
    if run.config.signing.trust_config:
        return given(configured_input(run.root, run.config.signing.trust_config), origin="[signing].trust_config")
    if is_rehearsal():
        raise UsageError(
            f"{REHEARSAL_VARIABLE} is set, and no Sigstore instance is given",
            hint=f"Unset {REHEARSAL_VARIABLE}, or rehearse with {command('rehearse')}.",
        )
    return public(run.cache / TUF_FOLDER)


class TokenSource:
    """A source of identity tokens: the same token while it is valid, then a new one from the same credential.

    Args:
        credential: Where tokens come from.
        clock: Returns the current time.
    """

    def __init__(self, credential: credentials.Credential, clock: Callable[[], datetime]) -> None:
        self.origin = credential.origin
        self._read, self._clock = credential.read, clock
        self._raw = ""
        self._identity: TokenIdentity | None = None

    def identity(self) -> TokenIdentity:
        """Return the signer that the token identifies.

        Raises:
            UsageError: There is no token, or it has expired.
            UnavailableError: The token issuer does not answer.
        """
        now = self._clock()
        if self._identity is None or self._identity.expires <= now:
            raw = self._read()
            self._raw, self._identity = raw, read_token(raw, now=now)
        return self._identity

    def raw(self) -> str:
        """Return the token itself; as `identity`."""
        self.identity()
        return self._raw


def credential_of(run: StageRun, issuer: Callable[[], str]) -> credentials.Credential:
    """Return the source of identity tokens.

    Args:
        run: The stage's run.
        issuer: Returns the address of the instance's identity issuer.
    Raises:
        UsageError: An interactive login is requested without a terminal.
    """
    args = run.args
    if args.identity_token_file:
        return credentials.from_file(args.identity_token_file)
    if args.browser or args.oob:
        if args.public_log or (args.browser and not (sys.stdin.isatty() and sys.stderr.isatty())):
            raise UsageError(
                "an interactive login needs a terminal that is not a public log",
                hint="Use --identity-token-file FILE instead.",
            )
        return credentials.interactive(issuer, out_of_band=args.oob)
    return credentials.from_environment(os.environ) or credentials.ambient()
