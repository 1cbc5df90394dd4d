"""The unmodified client, used as its documentation says, against a rehearsal instance."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sigstore.dsse import DigestSet, Statement, StatementBuilder, Subject
from sigstore.models import Bundle, ClientTrustConfig
from sigstore.oidc import IdentityToken
from sigstore.sign import Signer, SigningContext
from sigstore.verify import Verifier
from sigstore.verify.policy import Identity

from ops.supply_chain.rehearsal.instance import RehearsalInstance
from ops.supply_chain.rehearsal.options import Options

VARIANTS = {
    "as the public instance": Options(),
    "without time-stamps": Options(timestamping=False),
    "root only": Options(intermediate=False),
    "smallest": Options(intermediate=False, timestamping=False),
    "log version 2": Options(log_version=2),
    "log version 2, Ed25519": Options(log_version=2, ed25519_log=True),
    "log version 2, root only": Options(log_version=2, intermediate=False),
}
ARTEFACT = b"what is released\n"


def statement() -> Statement:
    """An in-toto statement about the artefact."""
    subject = Subject(name="artefact", digest=DigestSet(root={"sha256": "a" * 64}))
    return StatementBuilder([subject], "https://example.org/predicate", {"answer": 42}).build()


def trust(instance: RehearsalInstance) -> ClientTrustConfig:
    return ClientTrustConfig.from_json(instance.trust_config_json)


def verifier(instance: RehearsalInstance) -> Verifier:
    return Verifier(trusted_root=trust(instance).trusted_root)


def expected(options: Options) -> Identity:
    """The policy that demands exactly the identity of the options."""
    return Identity(identity=options.identity, issuer=options.issuer)


@contextmanager
def signer(instance: RehearsalInstance, token: str = "") -> Iterator[Signer]:
    """A signing session of the unmodified client."""
    identity = IdentityToken(token or instance.identity_token())
    with SigningContext.from_trust_config(trust(instance)).signer(identity) as session:
        yield session


def signed(instance: RehearsalInstance, data: bytes = ARTEFACT, token: str = "") -> Bundle:
    """The bundle over some bytes, as it is after having been written and read."""
    with signer(instance, token) as session:
        return Bundle.from_json(session.sign_artifact(data).to_json())


def attested(instance: RehearsalInstance) -> Bundle:
    """The bundle with a statement, as it is after having been written and read."""
    with signer(instance) as session:
        return Bundle.from_json(session.sign_dsse(statement()).to_json())
