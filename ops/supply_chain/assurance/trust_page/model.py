"""What the trust page shows of each component, made from its claims: nothing is shown as good that they do not support."""

from __future__ import annotations

from urllib.parse import quote

import msgspec

from ops.supply_chain.assurance.documents.claim_renderer import ClaimRenderer
from ops.supply_chain.assurance.documents.evidence_text import files_at
from ops.supply_chain.assurance.documents.facts import DeferredCve, DocumentFacts
from ops.supply_chain.assurance.documents.release_text import slsa_reached, weakened_settings
from ops.supply_chain.assurance.report.tone import Tone
from ops.supply_chain.contracts.files.claims import ClaimStatus
from ops.supply_chain.core.errors import StageError

VERIFIES = "real-release"
"""The claim that the newest release is real and verifies today; without it nothing of a release counts."""

VERIFIED, NOT_VERIFIED, NO_RELEASE, NOT_READ = "verified", "not verified", "no release", "could not be read"
WORDS = (VERIFIED, NOT_VERIFIED, NO_RELEASE, NOT_READ)
"""The states of a component."""

MOST_REASONS = 5
"""Reasons that are shown for one component; the rest are counted."""


class TrustStatement(msgspec.Struct, frozen=True, kw_only=True):
    """One line about a component: a label, a word, a tone, and the sentence behind it."""

    label: str
    word: str
    tone: Tone
    sentence: str


class SbomLink(msgspec.Struct, frozen=True, kw_only=True):
    """One SBOM: its name, its content, and its address: https, or relative to the page."""

    name: str
    meaning: str
    address: str


class TrustComponent(msgspec.Struct, frozen=True, kw_only=True):
    """One component of the page; all texts are untrusted.

    `version` and `retained_on` are empty without a release. `state` is the first statement, which says whether the release verifies.
    `policy` is the address of its SECURITY.md, https or relative, or empty. `reasons` say why the release does not verify, or why
    the project could not be read; `more_reasons` counts those that are left out. `weakened` names settings that made its gate weaker.
    """

    name: str
    state: TrustStatement
    version: str = ""
    retained_on: str = ""
    statements: tuple[TrustStatement, ...] = ()
    sboms: tuple[SbomLink, ...] = ()
    deferred: tuple[DeferredCve, ...] = ()
    policy: str = ""
    reasons: tuple[str, ...] = ()
    more_reasons: int = 0
    weakened: str = ""

    @property
    def verified(self) -> bool:
        """Whether the newest release verified."""
        return self.state.tone is Tone.PASS

    @property
    def known(self) -> bool:
        """Whether the project could be read."""
        return self.state.word != NOT_READ


class TrustPage(msgspec.Struct, frozen=True, kw_only=True):
    """The page: its title, the day on which everything was verified, and the components by name."""

    title: str
    today: str
    components: tuple[TrustComponent, ...]

    @property
    def summary(self) -> str:
        """How many components there are, and in which state, as a sentence."""
        words = [component.state.word for component in self.components]
        counted = ", ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(WORDS) if word in words)
        return f"{len(words)} {'component' if len(words) == 1 else 'components'}: {counted}."


def unread(name: str, error: StageError) -> TrustComponent:
    """Return a component whose project or release could not be read; the page shows the kind of the error, without any path."""
    state = TrustStatement(
        label="State", word=NOT_READ, tone=Tone.UNKNOWN, sentence="Nothing is known of it, so nothing is claimed."
    )
    return TrustComponent(name=name, state=state, reasons=(str(error.kind or error.exit_code.meaning),))


def unverifiable(name: str, error: StageError, *, policy: str) -> TrustComponent:
    """Return a component of which a release is retained that cannot be read."""
    reason = str(error.kind or error.exit_code.meaning)
    return TrustComponent(name=name, state=_verification(verified=False), policy=policy, reasons=(reason,))


def component_of(facts: DocumentFacts, *, sboms_at: str, policy: str) -> TrustComponent:
    """Return a component from the facts of its documents.

    Args:
        facts: Its values. A rehearsal among the releases does not verify as one.
        sboms_at: Folder of the copies of its SBOMs, relative to the page; used where `[release].files_at` is not set.
        policy: The address of its SECURITY.md; empty for none.
    """
    source = facts.claims.source
    if source is None:
        state = TrustStatement(
            label="State", word=NO_RELEASE, tone=Tone.PLAIN, sentence="No release of it is retained here."
        )
        return TrustComponent(name=facts.component, state=state, deferred=facts.deferred, policy=policy)
    renderer = ClaimRenderer(facts.claims)
    verified = renderer.supported(VERIFIES)
    missing = () if verified else _missing(facts, VERIFIES)
    return TrustComponent(
        name=facts.component,
        version=source.version,
        retained_on=source.retained_at.partition("T")[0],
        state=_verification(verified=verified),
        statements=tuple(_statements(facts, renderer)),
        sboms=_sboms(facts, sboms_at) if verified else (),
        deferred=facts.deferred,
        policy=policy,
        reasons=missing[:MOST_REASONS],
        more_reasons=max(0, len(missing) - MOST_REASONS),
        weakened=weakened_settings(facts),
    )


def _verification(*, verified: bool) -> TrustStatement:
    if verified:
        sentence = "It was verified again for this page, as a customer verifies it."
        return TrustStatement(label="State", word=VERIFIED, tone=Tone.PASS, sentence=sentence)
    sentence = "The retained release could not be verified. Do not rely on anything about it."
    return TrustStatement(label="State", word=NOT_VERIFIED, tone=Tone.FAIL, sentence=sentence)


def _statements(facts: DocumentFacts, renderer: ClaimRenderer) -> list[TrustStatement]:
    level = slsa_reached(renderer) if renderer.supported(VERIFIES) else 0
    slsa = TrustStatement(
        label="SLSA",
        word=f"Build L{level}" if level else "no level",
        tone=Tone.PASS if level else Tone.PLAIN,
        sentence=f"SLSA 1.2 Build L{level}, and no higher level, is claimed."
        if level
        else "No SLSA Build level is claimed.",
    )
    return [
        _claimed(facts, "Release policy", "policy-gate", "allowed"),
        _claimed(facts, "Signatures", "signed-releases", "verified"),
        _claimed(facts, "Signer", "signed-by-published-identity", "published identity"),
        slsa,
        _claimed(facts, "Known vulnerabilities", "no-open-vulnerabilities", "none at release"),
    ]


def _claimed(facts: DocumentFacts, label: str, claim: str, word: str) -> TrustStatement:
    renderer = ClaimRenderer(facts.claims)
    verdict = next((verdict for verdict in facts.claims.claims if verdict.id == claim), None)
    if verdict is not None and renderer.supported(VERIFIES) and renderer.supported(claim):
        return TrustStatement(label=label, word=word, tone=Tone.PASS, sentence=verdict.sentence)
    otherwise = verdict.otherwise if verdict and verdict.standing is not ClaimStatus.SUPPORTED else ""
    return TrustStatement(
        label=label, word="not shown", tone=Tone.UNKNOWN, sentence=otherwise or f"There is no evidence for {claim}."
    )


def _missing(facts: DocumentFacts, claim: str) -> tuple[str, ...]:
    return next((verdict.missing for verdict in facts.claims.claims if verdict.id == claim), ())


def _sboms(facts: DocumentFacts, sboms_at: str) -> tuple[SbomLink, ...]:
    folder = files_at(facts) or sboms_at
    return tuple(
        SbomLink(name=file.name, meaning=file.meaning, address=f"{folder}/{quote(file.name, safe='')}")
        for file in facts.files
        if file.sbom
    )
