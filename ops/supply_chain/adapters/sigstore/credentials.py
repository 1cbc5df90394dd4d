"""Where the identity token comes from: a file, the environment, the CI platform, or a person with a browser.

Never from the command line, which other users of the machine can read. A source is asked again when a token
is over, so that a long batch outlives it where the platform hands out another.

Source: https://github.com/sigstore/sigstore-python (4.5), `sigstore.oidc`
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from pathlib import Path
from typing import NamedTuple

from ops.supply_chain.adapters.sigstore.deadline import within
from ops.supply_chain.adapters.sigstore.failure import ServiceError, TokenError
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.text import printable, without_credentials

PLATFORM_SECONDS = 60.0
"""For the whole exchange with the platform."""
TOKEN_VARIABLE = "SIGSTORE_ID_TOKEN"  # noqa: S105 - the variable's name
AUDIENCE = "sigstore"
MOST_TOKEN_BYTES = 64 << 10
ISSUER = "identity issuer"
AGAIN = "Run it again when it answers, or give a token in a file: --identity-token-file."
NO_TOKEN_HINT = (
    f"Run in CI with an OIDC identity, set {TOKEN_VARIABLE}, or use --identity-token-file FILE, --browser or --oob."
)
PERMISSION_HINT = "Give the workflow's job `permissions: id-token: write`."
GITLAB_HINT = f"Give the job `id_tokens: {TOKEN_VARIABLE}: aud: {AUDIENCE}`."
AGENT_HINT = "Let the job find its platform's own command on PATH, or give a token in a file: --identity-token-file."


class Credential(NamedTuple):
    """A source of tokens: what to call it, and what asks it."""

    origin: str
    read: Callable[[], str]


def from_file(path: Path) -> Credential:
    """Use the token in a file; it is read again each time."""

    def read() -> str:
        try:
            with path.open("rb") as handle:
                data = handle.read(MOST_TOKEN_BYTES + 1)
            text = data.decode("ascii").strip() if len(data) <= MOST_TOKEN_BYTES else ""
        except OSError as error:
            raise TokenError(f"{path}: cannot be read: {error.strerror or error}") from error
        except UnicodeDecodeError:
            text = ""
        if not text:
            raise TokenError(f"{path}: holds no identity token", hint=NO_TOKEN_HINT)
        return text

    return Credential("file", read)


def from_environment(environment: Mapping[str, str]) -> Credential | None:
    """Use the token in `SIGSTORE_ID_TOKEN`, or return None where there is none."""
    text = environment.get(TOKEN_VARIABLE, "").strip()
    return Credential("environment", lambda: text) if text else None


def ambient() -> Credential:
    """Ask the platform that we run on: GitHub, GitLab, Google Cloud, Buildkite, CircleCI."""
    return Credential("platform", _detected)


def interactive(issuer: Callable[[], str], *, out_of_band: bool) -> Credential:
    """Ask a person to log in.

    Args:
        issuer: Gives the address of the instance's identity issuer.
        out_of_band: Show a link and read a code, where there is no browser.
    """
    return Credential("out-of-band" if out_of_band else "browser", lambda: _asked(issuer(), out_of_band=out_of_band))


def _detected() -> str:
    import id as platforms
    from sigstore.oidc import detect_credential

    if os.environ.get("GITLAB_CI") and not os.environ.get(TOKEN_VARIABLE):
        raise TokenError(f"this job has no {TOKEN_VARIABLE}", hint=GITLAB_HINT)
    try:
        found = within(PLATFORM_SECONDS, lambda: detect_credential(AUDIENCE))
    except Exception as error:  # it leaks whatever an odd answer makes urllib3 and Python raise
        if isinstance(error.__cause__, platforms.GitHubOidcPermissionCredentialError):
            raise TokenError("this workflow may not ask for an identity token", hint=PERMISSION_HINT) from error
        if isinstance(error.__cause__, platforms.AmbientCredentialError) and ": could not find " in str(error):
            raise TokenError(f"this platform gives no identity token ({_said(error)})", hint=AGENT_HINT) from error
        raise _unusable(error) from error
    if not found:
        raise TokenError("there is no identity token to sign with", hint=NO_TOKEN_HINT)
    return found


def _asked(url: str, *, out_of_band: bool) -> str:
    import requests
    from sigstore.errors import Error
    from sigstore.oidc import Issuer, IssuerError

    try:
        # The library prompts where our result goes.
        with redirect_stdout(sys.stderr):
            return str(Issuer(url).identity_token(force_oob=out_of_band))
    except EOFError as error:
        raise TokenError("no code was entered", hint=NO_TOKEN_HINT) from error
    except (Error, IssuerError, InputError, requests.RequestException, LookupError, ValueError) as error:
        raise _unusable(error) from error


def _unusable(error: Exception) -> ServiceError:
    return ServiceError(f"{ISSUER}: gave no identity token ({_said(error)})", hint=AGAIN)


def _said(error: Exception) -> str:
    # Without the body of an answer, which platforms' errors show: a refused one may hold a token all the same.
    return printable(without_credentials(str(error).partition(", body=")[0]))[:200] or type(error).__name__
