"""What a rehearsal signs never verifies against the public instances' roots."""

from __future__ import annotations

from pathlib import Path

import pytest
from sigstore.errors import VerificationError
from sigstore.models import TrustedRoot
from sigstore.verify import Verifier

from ops.supply_chain.adapters.sigstore.trusted_root import embedded_root
from ops.supply_chain.rehearsal.claims import GITHUB_ISSUER
from ops.supply_chain.rehearsal.instance import GITHUB_IDENTITY, RehearsalInstance
from ops.supply_chain.rehearsal.options import Options
from tests.rehearsal.support import ARTEFACT, VARIANTS, attested, expected, signed

RELEASER = {
    f"{name} as a workflow": Options(
        log_version=options.log_version,
        ed25519_log=options.ed25519_log,
        timestamping=options.timestamping,
        identity=GITHUB_IDENTITY,
        issuer=GITHUB_ISSUER,
    )
    for name, options in VARIANTS.items()
}


def _refuses(root: Path, options: Options) -> None:
    with RehearsalInstance(options) as instance:
        bundle, envelope = signed(instance), attested(instance)
    verifier = Verifier(trusted_root=TrustedRoot.from_file(str(root)))
    with pytest.raises(VerificationError):
        verifier.verify_artifact(ARTEFACT, bundle, expected(options))
    with pytest.raises(VerificationError):
        verifier.verify_dsse(envelope, expected(options))


@pytest.mark.parametrize("options", [*VARIANTS.values(), *RELEASER.values()], ids=[*VARIANTS, *RELEASER])
def test_the_root_in_the_client_refuses(options: Options) -> None:
    _refuses(embedded_root().path, options)


def test_every_public_root_refuses(shared_data: Path) -> None:
    roots = sorted((shared_data / "sigstore/trusted-roots").rglob("trusted_root*.json"))
    assert len(roots) >= 2
    for root in roots:
        _refuses(root, Options())
