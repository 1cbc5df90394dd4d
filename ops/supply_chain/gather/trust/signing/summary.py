"""The verification summary of a release that was just signed, before it is signed itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from ops.supply_chain.contracts.config.signing import SigningIdentity
from ops.supply_chain.contracts.files.verification import Expectations
from ops.supply_chain.contracts.values.predicate_types import SUMMARY
from ops.supply_chain.core.addresses import URI_BASE
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.moments import parse_timestamp
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.formats import json_reader
from ops.supply_chain.formats.json_reader import UnexpectedShapeError
from ops.supply_chain.gather.trust.signing.files import SigningSet
from ops.supply_chain.gather.trust.verification.check import BundleChecker, check_release
from ops.supply_chain.gather.trust.verification.inputs import Root, Trust
from ops.supply_chain.gather.trust.verification.summary import summary_statement
from ops.supply_chain.runner.context import StageRun
from ops.supply_chain.runner.rehearsal_mode import is_rehearsal

if TYPE_CHECKING:
    from ops.supply_chain.adapters.sigstore.bundle_verifier import BundleVerifier
    from ops.supply_chain.adapters.sigstore.trust_config import TrustConfig


def verification_summary(
    run: StageRun,
    found: SigningSet,
    trust: TrustConfig,
    verifier: BundleVerifier,
    identities: Sequence[SigningIdentity],
) -> Callable[[datetime], bytes | None] | None:
    """Verify the release as a customer does, and return what writes the summary of it for a time.

    Args:
        run: The stage's run.
        found: The release; everything but the summary is signed.
        trust: The instance.
        verifier: Verifies against its trusted root.
        identities: The authorized identities.
    Returns:
        Time of verification -> statement; None where the release does not verify, for which `verify_release` gives the reasons.
    """
    root = Root(data=trust.trusted_root, origin=trust.origin, private=True)
    trusted = Trust(checker=BundleChecker(verifier, identities), identities=tuple(identities), root=root)
    wanted = Expectations(
        bases=tuple(dict.fromkeys(filter(None, (URI_BASE, run.config.provenance.uri_base)))),
        rehearsal=is_rehearsal(),
        root=root.origin,
        root_sha256=trust.trusted_root_sha256,
        private_root=True,
        pending=(SUMMARY,),
    )
    checked = check_release(found.folder, wanted, trusted.checker)
    if checked.verification.ruling is not Outcome.PASS:
        return None
    return lambda now: summary_statement(checked, wanted, trusted, now=now)


def time_of_summary(payload: bytes) -> datetime | None:
    """Return when an earlier summary was made; None where it cannot be read."""
    try:
        node = json_reader.read(payload)["predicate"]["timeVerified"]
        return parse_timestamp(node.text(), where=node.path)
    except (UnexpectedShapeError, InputError):
        return None
