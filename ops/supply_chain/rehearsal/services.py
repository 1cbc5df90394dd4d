"""All services of one instance, behind one function: a request in, an answer out. Knows no socket."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from ops.supply_chain.rehearsal import documents, rekor_v1, rekor_v2
from ops.supply_chain.rehearsal.authority import CertificateAuthority
from ops.supply_chain.rehearsal.certificates import new_timestamping
from ops.supply_chain.rehearsal.claims import claims_for
from ops.supply_chain.rehearsal.clocks import Clocks, Service
from ops.supply_chain.rehearsal.issuer import Issuer
from ops.supply_chain.rehearsal.keys import new_log_key
from ops.supply_chain.rehearsal.log import MerkleLog
from ops.supply_chain.rehearsal.options import Options
from ops.supply_chain.rehearsal.refusal import Refusal
from ops.supply_chain.rehearsal.timestamping import LoopbackTimestamping
from ops.supply_chain.rehearsal.tokens import Tokens

TOKEN_SECONDS = 600
"""How long a token lives that the issuer hands out over HTTP."""

GITHUB_PATH = "/gh"
_ROUTES: dict[tuple[str, str], Service] = {
    ("GET", "/.well-known/openid-configuration"): "oidc",
    ("GET", "/auth"): "oidc",
    ("POST", "/token"): "oidc",
    ("GET", GITHUB_PATH): "github",
    ("POST", "/api/v2/signingCert"): "fulcio",
    ("POST", documents.TIMESTAMP_PATH): "tsa",
}


class Request(NamedTuple):
    """What was asked: method, target with its query, `Authorization` header, body, and at which address."""

    method: str
    target: str
    authorization: str
    body: bytes
    base: str


@dataclass(frozen=True, kw_only=True)
class HttpReply:
    """What is answered."""

    status: int = 200
    body: bytes = b""
    kind: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


def refusal(status: int, message: str) -> HttpReply:
    """Write a refusal as the services do."""
    return _json({"code": status, "message": message}, status=status)


class Services:
    """Keys and state of one instance.

    Args:
        options: Which variant.
        clocks: Each service's time.
    """

    def __init__(self, options: Options, clocks: Clocks) -> None:
        self._clocks = clocks
        self._rekor = rekor_v1 if options.log_version == 1 else rekor_v2
        self._log_path = f"/api/v{options.log_version}/log/entries"
        start = clocks.now("fulcio")
        self.tokens = Tokens()
        self.issuer = Issuer(claims_for(options.identity, options.issuer))
        self.log = MerkleLog(new_log_key(ed25519_log=options.ed25519_log), self._rekor.ORIGIN)
        self._authority = CertificateAuthority(self.tokens, start, intermediate=options.intermediate)
        self._tsa = LoopbackTimestamping(new_timestamping(start)) if options.timestamping else None
        self.trusted_root = documents.trusted_root(
            authority=self._authority.chain,
            certificate_log=self._authority.log_key,
            log=self.log.key,
            timestamping=self._tsa.chain if self._tsa else (),
            start=start,
        )

    def service_of(self, request: Request) -> Service | None:
        """Return which service a request is for, or None."""
        path = urlsplit(request.target).path
        if (request.method, path) == ("POST", self._log_path):
            return "rekor"
        return _ROUTES.get((request.method, path))

    def answer(self, service: Service | None, request: Request) -> HttpReply:
        """Answer a request.

        Args:
            service: The result of `service_of`.
            request: What was asked.
        """
        try:
            if service == "tsa" and self._tsa:
                stamped = self._tsa.stamp(request.body, self._clocks.now("tsa"))
                return HttpReply(status=201, body=stamped, kind="application/timestamp-reply")
            if service == "fulcio":
                token = request.authorization.removeprefix("Bearer ")
                return _json(self._authority.issue(token, _loaded(request), self._clocks.now("fulcio")), status=201)
            if service == "rekor":
                return _json(self._rekor.add_entry(self.log, _loaded(request), self._clocks.now("rekor")), status=201)
            if service in ("oidc", "github"):
                return self._identify(request)
        except Refusal as error:
            return refusal(error.status, error.message)
        return refusal(404, "Not Found")

    def _identify(self, request: Request) -> HttpReply:
        target = urlsplit(request.target)
        query = dict(parse_qsl(target.query))
        if target.path == "/auth":
            code, address = self.issuer.log_in(query)
            if address:
                return HttpReply(status=302, headers={"Location": address})
            return HttpReply(body=f"{code}\n".encode(), kind="text/plain; charset=utf-8")
        if target.path == "/token":
            form = dict(parse_qsl(request.body.decode("utf-8", "replace")))
            token = self._token(self.issuer.redeem(form))
            return _json(
                {"access_token": token, "id_token": token, "token_type": "Bearer", "expires_in": TOKEN_SECONDS}
            )
        if target.path == GITHUB_PATH:
            return _json({"value": self._token(self.issuer.hand_to_workflow(request.authorization, query))})
        return _json(self.issuer.configuration(request.base))

    def _token(self, claims: Any) -> str:
        return self.tokens.issue(claims, now=self._clocks.now("oidc"), lifetime=TOKEN_SECONDS)


def _loaded(request: Request) -> dict[str, Any]:
    try:
        value = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise Refusal(400, "the request is not JSON") from error
    if not isinstance(value, dict):
        raise Refusal(400, "the request is not a JSON object")
    return value


def _json(value: dict[str, Any], *, status: int = 200) -> HttpReply:
    return HttpReply(status=status, body=json.dumps(value).encode())
