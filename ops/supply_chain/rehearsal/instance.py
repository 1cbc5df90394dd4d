"""The instance as others use it: starts on entering, ends on leaving, and leaves nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from ops.supply_chain.rehearsal.claims import GITHUB_ISSUER, claims_for
from ops.supply_chain.rehearsal.clocks import Clocks
from ops.supply_chain.rehearsal.faults import Faults
from ops.supply_chain.rehearsal.options import Options

if TYPE_CHECKING:
    from ops.supply_chain.rehearsal.server import LoopbackServer

DEFAULT_LIFETIME_SECONDS = 600
"""As a GitHub token's, roughly."""

GITHUB_IDENTITY = "https://github.com/sealwright/rehearsal/.github/workflows/release.yml@refs/tags/v1"
"""The default workflow of `github_environment`."""

LOOPBACK_NAMES = ("127.0.0.1", "localhost")


class RehearsalInstance:
    """A Sigstore instance on loopback, for the time of a `with` block.

    `clocks` and `faults` make services wrong on purpose.

    Args:
        options: Which variant; None for one that is as the public instance.
    """

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()
        self.clocks = Clocks()
        self.faults = Faults()
        self._running: LoopbackServer | None = None

    def __enter__(self) -> Self:
        from ops.supply_chain.rehearsal.server import LoopbackServer
        from ops.supply_chain.rehearsal.services import Services

        self._start = self.clocks.now("fulcio")
        self._running = LoopbackServer(Services(self.options, self.clocks), self.faults)
        self._running.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        server, self._running = self._server, None
        server.stop()

    @property
    def base(self) -> str:
        """Its address, without a slash at the end."""
        return self._server.base

    @property
    def entries(self) -> int:
        """How many entries the transparency log has."""
        return self._server.services.log.size

    @property
    def trusted_root_json(self) -> str:
        """Whom to trust, as JSON; the same wherever the instance listens, and still good when it is gone."""
        return json.dumps(self._server.services.trusted_root, indent=2) + "\n"

    @property
    def trust_config_json(self) -> str:
        """Whom to trust and where to ask, as JSON."""
        from ops.supply_chain.rehearsal import documents

        config = documents.signing_config(
            self.base,
            log_version=self.options.log_version,
            timestamping=self.options.timestamping,
            start=self._start,
        )
        return json.dumps(documents.trust_config(self._server.services.trusted_root, config), indent=2) + "\n"

    def identity_token(
        self,
        identity: str = "",
        issuer: str = "",
        claims: Mapping[str, Any] | None = None,
        lifetime: int = DEFAULT_LIFETIME_SECONDS,
    ) -> str:
        """Issue a token for which the authority certifies an identity.

        Args:
            identity: What the certificate will name; empty for that of the options.
            issuer: Which issuer it will name; empty for that of the options.
            claims: Replaces or adds single claims.
            lifetime: In seconds; negative for a token that has expired already.
        """
        named = claims_for(identity or self.options.identity, issuer or self.options.issuer)
        now = self.clocks.now("oidc")
        return self._server.services.tokens.issue({**named, **(claims or {})}, now=now, lifetime=lifetime)

    def log_in_as(self, identity: str, issuer: str) -> None:
        """Choose who logs in when the browser or the out-of-band flow asks."""
        self._server.services.issuer.person = claims_for(identity, issuer)

    def github_environment(
        self, identity: str = GITHUB_IDENTITY, claims: Mapping[str, Any] | None = None
    ) -> dict[str, str]:
        """Return the variables by which a GitHub workflow gets its token, here from this instance.

        Args:
            identity: Address of the workflow file at its ref.
            claims: Replaces or adds single claims.
        """
        issuer = self._server.services.issuer
        issuer.workflow = {**claims_for(identity, GITHUB_ISSUER), **(claims or {})}
        return {
            "GITHUB_ACTIONS": "true",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": issuer.bearer,
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"{self.base}/gh?api-version=2.0",
        }

    @property
    def _server(self) -> LoopbackServer:
        if self._running is None:
            raise RuntimeError("the rehearsal instance is not running: use it in a `with` block")
        return self._running


def without_proxy(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that keep a client from asking a proxy for loopback.

    Args:
        environment: The present one; what it exempts from proxies stays exempt.
    """
    found = {}
    for name in ("NO_PROXY", "no_proxy"):
        named = [part.strip() for part in environment.get(name, environment.get(name.swapcase(), "")).split(",")]
        kept = [part for part in named if part]
        found[name] = "*" if "*" in kept else ",".join(dict.fromkeys([*kept, *LOOPBACK_NAMES]))
    return found
