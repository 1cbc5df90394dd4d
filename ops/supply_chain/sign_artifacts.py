"""Sign every file of the release with keyless Sigstore: one bundle per file, and attestations of the documents.

A bundle that already verifies for these bytes, this trusted root and an authorized identity is kept, so an
interrupted run continues where it stopped. Mode `checksums` contacts no service and calls nothing signed.

Reads    dist/release/
Writes   *.sigstore.json for each file, with [signing].detached also .sig and .crt; the attestations
         N-V-provenance, N-V-sbom and N-V-vex (.attestation.sigstore.json), and of the own records N-V-vulns, N-V-test-result,
         N-V-release and, once everything else is signed and verifies, the verification summary N-V-vsa; with
         [signing].publish_attestations, for each wheel and source distribution FILE.publish.attestation (PEP 740), which
         a package index takes with the upload; N-V-trusted_root.json for customers without network. In a release with
         conventional names (docs/release-names.md), .bundle takes the place of .sigstore.json.
Decides  every file is signed by a configured identity: the signer must be an identity in [signing].identities
         that is valid today; checked before anything is written. Its conditions on the run (repository, ref, event,
         runner) and on what it may sign are met, and nothing is too large to verify.
Exits    0 all signed, or mode checksums; 2 usage, or no identity token or an expired one; 3 dist/release/ is
         not the release that its provenance describes, or is too large to verify; 4 the identity is not authorized, or was refused; 5 offline,
         or the certificate authority, log or timestamp authority is unavailable: signatures made so far are kept;
         6 a new bundle does not verify.
Network  the Sigstore instance: --trust-config, else $SEALWRIGHT_TRUST_CONFIG, else [signing].trust_config, else
         the public one; 8 requests at once to each service, none in a pause it asks for. Its public log keeps identity and digests permanently.
Source   https://docs.sigstore.dev ; in-toto Statement v1; https://peps.python.org/pep-0740/. The token comes from a file,
         $SIGSTORE_ID_TOKEN, the CI platform or a browser login, never from the command line.
"""

from __future__ import annotations

if __name__ == "__main__":
    from ops.supply_chain.runner.command_lines import answer_help

    answer_help("sign_artifacts")

import argparse
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from ops.supply_chain.adapters.sigstore.failure import IdentityRefusedError, ServiceError
from ops.supply_chain.adapters.sigstore.trust_config import TrustConfig
from ops.supply_chain.contracts.config.signing import SigningIdentity, SigningMode
from ops.supply_chain.contracts.files.record import FeedRef, ToolRef
from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.contracts.values.predicate_types import SUMMARY
from ops.supply_chain.contracts.values.signature_names import NOT_SIGNED
from ops.supply_chain.contracts.values.verified_bundle import VerifiedBundle
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.errors import InputError, OutputError, StageError, UnavailableError, UsageError
from ops.supply_chain.core.files import write_atomic
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.core.text import printable
from ops.supply_chain.gather.trust.signing.choice import (
    TokenSource,
    add_options,
    credential_of,
    require_same_world,
    trust_of,
)
from ops.supply_chain.gather.trust.signing.files import (
    SigningSet,
    planned,
    prepare,
    put_detached,
    read_set,
    signed_already,
    signed_summary,
    summary_item,
    verified_item,
    written,
)
from ops.supply_chain.gather.trust.signing.summary import time_of_summary, verification_summary
from ops.supply_chain.release.assembly.layout import checksums_name
from ops.supply_chain.runner.clock import read_clock
from ops.supply_chain.runner.context import StageResult, StageRun
from ops.supply_chain.runner.rehearsal_mode import identities_in_force, is_rehearsal
from ops.supply_chain.runner.stage import leave, run_stage
from ops.supply_chain.trust.identities.check import checked
from ops.supply_chain.trust.identities.entry import entry_to_add
from ops.supply_chain.trust.identities.matching import SignedRun, matching, mismatches
from ops.supply_chain.trust.signing import messages
from ops.supply_chain.trust.signing.plan import SigningItem, proves

if TYPE_CHECKING:
    from ops.supply_chain.adapters.sigstore.signer import SignedBundle, SigningClient, SigningRequest

_LOG = logging.getLogger(__name__)
NO_SUMMARY = "no verification summary: the release does not verify"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what chooses the instance and the credential."""
    add_options(parser)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stage.

    Returns:
        The exit code.
    """
    return run_stage("sign_artifacts", __doc__, arguments, _perform, argv)


def _perform(run: StageRun) -> StageResult:
    identities = checked(identities_in_force(run.config.signing))
    found = read_set(run.dist, run.project.name, run.project.version)
    if run.config.signing.mode is SigningMode.CHECKSUMS:
        return _checksums(found)
    # A rehearsal's instance is on loopback: no network is asked.
    if run.offline and not is_rehearsal():
        raise UnavailableError(
            "signing asks a Sigstore instance, and --offline forbids it",
            hint='Run it without --offline, or set [signing].mode to "checksums".',
        )
    trust = trust_of(run)
    require_same_world(trust, rehearsed=found.statement.predicate.build_definition.external_parameters.rehearsal)
    found = planned(found, trust.trusted_root, publish_attestations=run.config.signing.publish_attestations)
    return _Job(run, found, trust, identities).perform()


def _checksums(found: SigningSet) -> StageResult:
    made = [name for name in found.names if name not in found.files]
    if made:
        raise InputError(
            f'dist/release/: [signing].mode is "checksums", and {made[0]} lies there',
            hint=f"Make the release again: {command('release')}.",
        )
    return StageResult(
        outcome=Outcome.PASS,
        text=messages.checksums_text(len(found.files) - 1, checksums_name(found.component, found.version)),
        counts=messages.SigningProgress(wanted=len(found.files), kept=0, made=0).counts,
        reads=found.reads,
        options={"mode": SigningMode.CHECKSUMS.value},
        notes=(f"mode checksums: {NOT_SIGNED}",),
        document={"signed": {}},
    )


class _Refusal(Exception):  # noqa: N818 - a finding on its way to becoming the result
    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.code)
        self.finding = finding


class _Job:
    """One signing of one release with one instance."""

    def __init__(
        self, run: StageRun, found: SigningSet, trust: TrustConfig, identities: tuple[SigningIdentity, ...]
    ) -> None:
        self._run, self._found, self._trust, self._identities = run, found, trust, identities
        from ops.supply_chain.adapters.sigstore.kept_proofs import KeptProofs

        self._verifier = KeptProofs(trust.trusted_root, where=f"trusted root ({trust.origin})")
        self._tokens = TokenSource(credential_of(run, self._issuer), read_clock)
        self._items = {item.bundle: item for item in found.items}
        self._signed: dict[str, VerifiedBundle] = {}
        self._kept = 0
        self._client: SigningClient | None = None
        self._stated = found.statement.predicate.build_definition.internal_parameters.attestations

    def perform(self) -> StageResult:
        """Keep what is signed, sign the rest, and say how far it came."""
        try:
            if not self._identities:
                self._present()
            kept = signed_already(self._found, self._verifier, self._authorizes)
            self._signed, self._kept = dict(kept), len(kept)
            if len(kept) < len(self._found.items):
                self._require_first_log()
                self._present()
            self._sign_rest(self._sign)
            self._sign_rest(self._summarise)
        except _Refusal as error:
            return self._result(Outcome.FAIL, error.finding)
        except IdentityRefusedError as error:
            return self._result(Outcome.FAIL, messages.refused_finding(error.message, error.hint))
        except ServiceError as error:
            return self._result(Outcome.NOT_EXAMINED, messages.unreached_finding(error.message, error.hint))
        return self._result(Outcome.PASS)

    def _issuer(self) -> str:
        from ops.supply_chain.adapters.sigstore.signer import issuer_url

        return issuer_url(self._trust)

    def _present(self) -> None:
        """Show the signer, and stop if it is not an authorized identity.

        Raises:
            _Refusal: It is not authorized.
        """
        token, now = self._tokens.identity(), self._run.now
        who = " or ".join(token.names)
        if any(self._allows(name, token.issuer, now) for name in token.names):
            _LOG.warning(
                "signing as %s, issuer %s (token: %s)", printable(who), printable(token.issuer), self._tokens.origin
            )
            return
        entry = entry_to_add(token.names[0], token.issuer, now.date())
        if not self._identities:
            raise _Refusal(messages.no_identities_finding(token.names, token.issuer, entry))
        raise _Refusal(
            messages.unlisted_finding(token.names, token.issuer, self._near(token.names, token.issuer, now), entry)
        )

    def _near(self, names: Sequence[str], issuer: str, now: datetime) -> tuple[str, ...]:
        """Return why identities of the same name do not match."""
        return tuple(
            f"{identity.identity or identity.identity_regex} {why}"
            for name in names
            for identity, why in mismatches(self._identities, name, issuer, now)
            if why != "has another name"
        )

    def _allows(self, san: str, issuer: str, at: datetime) -> bool:
        return matching(self._identities, san, issuer, at) is not None

    def _authorizes(self, item: SigningItem, bundle: VerifiedBundle) -> bool:
        run = SignedRun(bundle.extensions, self._found.kind_of(item))
        return matching(self._identities, bundle.san, bundle.issuer, bundle.signed_at, run) is not None

    def _require_conditions(self, key: str, bundle: VerifiedBundle) -> None:
        """Refuse a bundle whose run does not meet the conditions of its identity: no customer would accept it."""
        run = SignedRun(bundle.extensions, self._found.kind_of(self._items[key]))
        signer = (bundle.san, bundle.issuer, bundle.signed_at)
        if matching(self._identities, *signer, run) is None:
            near = (why for _, why in mismatches(self._identities, *signer, run) if why != "has another name")
            raise IdentityRefusedError(
                f"{key}: {printable(bundle.san)} may not sign it in this run: the identity {'; '.join(sorted(set(near)))}",
                hint="Change the conditions of that entry of [[signing.identities]], or run it as they say.",
            )

    def _accept(self, san: str, issuer: str, at: datetime | None = None) -> None:
        """Refuse a certificate of an unauthorized identity, before anything is signed with it."""
        day = at or self._run.now
        if not self._allows(san, issuer, day):
            raise IdentityRefusedError(
                f"the certificate names {printable(san)} (issuer {printable(issuer)}), which is not an identity in "
                "[signing].identities that is valid today",
                hint=f"If this signer is authorized, add to .security-config.toml:\n{entry_to_add(san, issuer, day.date())}",
            )

    def _summarise(self) -> None:
        """Verify what was signed, and sign the summary; one of an earlier run that says the same is kept."""
        from ops.supply_chain.adapters.sigstore.signer import SigningRequest

        found = self._found
        if SUMMARY not in self._stated:
            return
        write = verification_summary(self._run, found, self._trust, self._verifier, self._identities)
        if write is None:
            return
        earlier = signed_summary(found, self._verifier)
        at = time_of_summary(earlier.payload) if earlier else None
        item = summary_item(found, write(at or self._run.now) or b"")
        if earlier is not None and proves(earlier, item) and self._authorizes(item, earlier):
            self._items[item.bundle], self._signed[item.bundle] = item, earlier
            self._kept += 1
            return
        item = self._items[item.bundle] = summary_item(found, write(self._run.now) or b"")
        if self._client is None:
            self._present()
        request = SigningRequest(key=item.bundle, sha256=item.sha256, statement=item.statement)
        client = self._client or self._certified()
        for _ in client.sign_all([request], self._keep, workers=1):
            pass

    def _sign_rest(self, sign: Callable[[], None]) -> None:
        """Sign what is not signed yet.

        Raises:
            ServiceError: Also if the token expired on the way: signatures made so far stay, and the set is incomplete.
            UsageError: The token is unusable from the start.
        """
        try:
            sign()
        except UsageError as error:
            if len(self._signed) == self._kept:
                raise
            raise ServiceError(error.message, hint=error.hint) from error

    def _sign(self) -> None:
        from ops.supply_chain.adapters.sigstore.signer import WORKERS, SigningRequest

        found, detached = self._found, self._run.config.signing.detached
        pending = [
            SigningRequest(key=item.bundle, sha256=item.sha256, statement=item.statement)
            for item in found.items
            if item.bundle not in self._signed
        ]
        client = self._certified() if pending else None
        prepare(found, self._signed, detached=detached)
        if detached:
            for item in found.items:
                if item.bundle in self._signed:
                    put_detached(found, item, self._signed[item.bundle])
        if client is None:
            return
        done = client.sign_all(pending, self._keep, workers=WORKERS)
        for _ in self._run.progress.track(done, label="signing", total=len(pending)):
            pass

    def _require_first_log(self) -> None:
        """Refuse publish attestations by an instance without version 1 of the log: they could not be verified.

        Raises:
            UsageError: The release has distributions that need one.
        """
        from ops.supply_chain.adapters.sigstore.signer import has_first_log

        if any(item.published for item in self._found.items) and not has_first_log(self._trust):
            raise UsageError(
                "publish attestations (PEP 740) need version 1 of the transparency log, which this instance does not have",
                hint="Set [signing].publish_attestations = false: the distributions are then published without them.",
            )

    def _certified(self) -> SigningClient:
        """Return a client with a certificate of an authorized identity; until then nothing is written."""
        from ops.supply_chain.adapters.sigstore.signer import SigningClient

        client = SigningClient(self._trust, self._verifier, self._tokens.raw, accept=self._accept, clock=read_clock)
        client.certify()
        self._client = client
        return client

    def _keep(self, request: SigningRequest, made: SignedBundle) -> None:
        """Write a new bundle; called by several threads, each with its own bundles."""
        bundle = made.verified
        # An identity may have expired since the run began, and conditions need the certificate.
        self._accept(bundle.san, bundle.issuer, bundle.signed_at)
        self._require_conditions(request.key, bundle)
        write_atomic(self._found.folder / request.key, self._file_of(request.key, made))
        if self._run.config.signing.detached:
            put_detached(self._found, self._items[request.key], bundle)
        self._signed[request.key] = bundle

    def _file_of(self, key: str, made: SignedBundle) -> bytes:
        """Return the bytes to write: the bundle, or the publish attestation made from it, verified as it will be read."""
        item = self._items[key]
        if not item.published:
            return made.data
        from ops.supply_chain.adapters.sigstore.publish_attestation import attestation_of

        data = attestation_of(made.data)
        try:
            verified_item(data, item, self._verifier)
        except StageError as error:
            raise OutputError(f"{key}: the new attestation does not verify: {error.message}") from error
        return data

    def _result(self, outcome: Outcome, finding: Finding | None = None) -> StageResult:
        progress = self._progress()
        detached = self._run.config.signing.detached
        return StageResult(
            outcome=outcome,
            text=messages.partial_text(progress) if finding else messages.whole_text(progress),
            counts=progress.counts,
            findings=(finding,) if finding else (),
            reads=self._found.reads,
            writes=written(self._found, detached=detached) if self._signed else (),
            tools=(_client_tool(),),
            feeds=(
                FeedRef(
                    name="sigstore trusted root", version=self._trust.origin, sha256=self._trust.trusted_root_sha256
                ),
            ),
            options={"detached": str(detached).lower(), "mode": SigningMode.SIGSTORE.value},
            notes=(
                "mode sigstore",
                *(["rehearsal"] if is_rehearsal() else []),
                *([NO_SUMMARY] if outcome is Outcome.PASS and self._lacks_summary else []),
            ),
            document={"signed": {name: messages.described(bundle) for name, bundle in sorted(self._signed.items())}},
        )

    @property
    def _lacks_summary(self) -> bool:
        return SUMMARY in self._stated and self._found.summary not in self._signed

    def _progress(self) -> messages.SigningProgress:
        signers = {f"{bundle.san}, issuer {bundle.issuer}" for bundle in self._signed.values()}
        return messages.SigningProgress(
            wanted=len(self._items),
            kept=self._kept,
            made=len(self._signed) - self._kept,
            signer="; ".join(sorted(signers)),
            trusted_root_sha256=self._trust.trusted_root_sha256,
            rehearsal=is_rehearsal(),
        )


def _client_tool() -> ToolRef:
    from importlib.metadata import version

    return ToolRef(name="sigstore", version=version("sigstore"))


if __name__ == "__main__":
    leave(main())
